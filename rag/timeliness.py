"""What an article's date adds to its score where a question names a time, or asks for what is newest."""

from collections.abc import Sequence

from rag.dates import read_date
from rag.time_words import AskedTime

# Fitted by benchmarks/timeliness.py: the scores that it adds to run from 0 to 2.5.
WEIGHT = 0.3
# What bears less than half as well as the best is not about the question, whatever its date.
LEAST_SHARE = 0.5


def weigh_dates(
    asked: AskedTime, dates: Sequence[str | None], scores: Sequence[float], weight: float = WEIGHT
) -> list[float]:
    """Return what the date of each candidate's document adds to the score that it has; nothing is ever taken off.

    An article of a time that is named gets ``weight`` if it bears on the question. Where what is newest is asked for,
    the newest of the articles that bear on it about as well as the best, which is to within ``weight``, gets as much,
    the next half of it, and so on: for a weight of 0.4, equal scores and dates 2024-12, 2025-05 and 2025-03 it is 0.1,
    0.4 and 0.2. An article without a date gets nothing.
    """
    least = LEAST_SHARE * max(scores, default=0.0)
    spans = [read_date(date) if score >= least else None for date, score in zip(dates, scores, strict=True)]
    added = [weight if span and asked.names(span) else 0.0 for span in spans]
    if not asked.latest or not dates:
        return added
    # The newest of a time that is named is one of that time.
    able = [number for number, more in enumerate(added) if more] or range(len(dates))
    best = max(scores[number] for number in able)
    near = {number for number in able if scores[number] >= best - weight}
    newest = sorted({span for number in near if (span := spans[number])}, reverse=True)
    return [
        more + (weight / 2 ** newest.index(span) if span and number in near else 0.0)
        for number, (span, more) in enumerate(zip(spans, added, strict=True))
    ]
