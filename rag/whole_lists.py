"""Lists of the articles are told as lists: the line above the points, and the points, word for word."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answer_text import BORNE, plain_line, quote_source
from rag.attribute import Attribution, attribute_sentence
from rag.bearing import speaks_as_fully, speaks_of
from rag.checks.comparisons import has_superlative
from rag.prompt import Evidence
from rag.questions import asks_list, number_to_name
from rag.sayings import Sayings, give_up
from rag.sentences import HEADING, LIST_MARKER
from rag.source_lists import SourceList, find_lists
from rag.verify import Verifier

MOST_POINTS = 12
GOES_ON = "(the list goes on there)"
# What a point or a heading begins with, and how the line above the points ends.
LINE_MARK = re.compile(rf"\A(?:{LIST_MARKER.pattern}|{HEADING.pattern})")
LINE_END = re.compile(r"(?<![\s.:])[\s.:]*\Z")


def with_whole_lists(
    chosen: Sequence[Sayings], found: Sequence[Evidence], question: str, verify: Verifier
) -> list[Sayings]:
    """Say a list of an article in place of what rests on a part of it, where a list was asked for.

    What has all of the points stays, and so does what tells of the largest or the first one. A point is left out that
    speaks of less of the question than those that the model named. The line above a list is not said without its
    points, whatever was asked. What was not said, since a sentence can rest on so many points no more, is told too.
    """
    chosen = list(chosen)
    for source_list in find_lists(found):
        resting = [sayings for sayings in chosen if _rests_on(sayings, source_list, question, found)]
        if resting and (whole := _tell_whole(resting, source_list, question, verify)):
            chosen = _put_in(whole, chosen, resting, source_list)
    return chosen


def quote_with_points(source: Evidence, found: Sequence[Evidence]) -> list[Attribution]:
    """Return a source sentence word for word; one that ends with a colon has the points below it, if all were found."""
    for source_list in find_lists(found) if source.sentence.text.endswith(":") else ():
        if source_list.lead == source and source_list.is_whole and len(source_list.points) <= MOST_POINTS:
            return [_quote_lead(source), *map(_quote_point, source_list.points)]
    return [quote_source(source)]


def _rests_on(sayings: Sayings, source_list: SourceList, question: str, found: Sequence[Evidence]) -> bool:
    if sayings.said:
        return any(map(source_list.bears, sayings.said))
    written = sayings.written.sentence.text
    return source_list.has_nothing_besides(written) and speaks_of(question, [source_list.lead.document], found)


def _tell_whole(resting: Sequence[Sayings], source_list: SourceList, question: str, verify: Verifier) -> Sayings | None:
    """Return the list in place of the sentences that rest on it; None where these are better left as they are."""
    told = [saying.sentence.text for sayings in resting for saying in sayings.said or [sayings.written]]
    is_asked = asks_list(question) and not has_superlative(question) and not source_list.is_told_in(" ".join(told))
    if not is_asked and not any(text.endswith(":") for text in told):
        return None
    named = [source for sayings in resting for source, _ in sayings.written.sources if source in source_list.points]
    lead = _quote_lead(source_list.lead)
    points = [_quote_point(point) for point in source_list.points if speaks_as_fully(question, point, named)]
    points = [point for point in points if verify(point).status in BORNE]
    verdict = verify(lead)
    if len(points) < 2 or verdict.status not in BORNE:
        return None
    number = number_to_name(question)
    goes_on = number is None and (len(points) > MOST_POINTS or not source_list.is_whole)
    said = [lead, *points[: number or MOST_POINTS]]
    return Sayings(lead, verdict, said, is_list=True, remark=GOES_ON if goes_on else "")


def _put_in(
    whole: Sayings, chosen: Sequence[Sayings], resting: Sequence[Sayings], source_list: SourceList
) -> list[Sayings]:
    """Put a list behind the first of the sentences that rest on it; these are left out, unless the list tells them."""
    texts = {saying.sentence.text for saying in whole.said}
    answer: list[Sayings] = []
    for sayings in chosen:
        written = sayings.written.sentence.text
        kept = _without(sayings, source_list) if sayings in resting else sayings
        if written not in texts and (kept.said or not source_list.tells(written)):
            answer.append(kept)
        if sayings is resting[0]:
            answer.append(whole)
    return answer


def _without(sayings: Sayings, source_list: SourceList) -> Sayings:
    kept = [saying for saying in sayings.said if not source_list.bears(saying)]
    return give_up(sayings, kept) if sayings.written in sayings.said else replace(sayings, said=kept)


def _quote_lead(line: Evidence) -> Attribution:
    """Return the line above a list as a sentence of an answer; it ends with a colon, however the article ends it."""
    return attribute_sentence(LINE_END.sub(":", plain_line(line, LINE_MARK)), [line])


def _quote_point(line: Evidence) -> Attribution:
    """Return a point of a list as a sentence of an answer."""
    return attribute_sentence(plain_line(line, LINE_MARK), [line])
