"""Short answers against gold answers, by the definitions of SQuAD 2.0's evaluation script.

Pass "" for an answer that is refused. Where there is no gold answer the question has none, and saying nothing is
right: exact match and F1 are then 1 for an empty answer and 0 for any other.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise_answer(text: str) -> str:
    """Return the text in lower case, without ASCII punctuation, English articles and superfluous white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_WITHOUT_PUNCTUATION)).split())


def exact_match(answer: str, golds: Sequence[str]) -> float:
    """Return 1 where the normalised answer equals one of the gold answers, else 0."""
    return float(normalise_answer(answer) in _normalised(golds))


def token_f1(answer: str, golds: Sequence[str]) -> float:
    """Return the harmonic mean of precision and recall over tokens, for the gold answer where it is highest."""
    said = normalise_answer(answer).split()
    return max(_overlap_f1(said, gold.split()) for gold in _normalised(golds))


def contains_gold(answer: str, golds: Sequence[str]) -> float | None:
    """Return 1 where the tokens of a gold answer stand in the answer, one after the other; None without gold."""
    wanted = [gold for gold in _normalised(golds) if gold]
    said = f" {normalise_answer(answer)} "
    return float(any(f" {gold} " in said for gold in wanted)) if wanted else None


def contains_borne_gold(answer: str, golds: Sequence[str], quotes: Sequence[str], cites_evidence: bool) -> float | None:
    """Return 1 where the answer contains a gold answer and cites words that bear it; None without gold.

    These are a quote with a gold answer in it, or, as ``cites_evidence`` tells, any from the evidence's paragraph.
    """
    contains = contains_gold(answer, golds)
    bears = cites_evidence or any(contains_gold(quote, golds) for quote in quotes)
    return None if contains is None else contains * bears


def _normalised(golds: Sequence[str]) -> list[str]:
    """Return the gold answers that say something; the empty answer where there is none."""
    return [gold for gold in map(normalise_answer, golds) if gold] or [""]


def _overlap_f1(said: Sequence[str], gold: Sequence[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    shared = (Counter(said) & Counter(gold)).total()
    # 2pr / (p + r) with p = shared/len(said), r = shared/len(gold).
    return 2 * shared / (len(said) + len(gold))
