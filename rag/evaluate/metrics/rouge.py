"""Long answers against gold answers: ROUGE-L, as Google's rouge-score package computes it, without stemming."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class RougeL:
    """The longest common subsequence as a share of the answer's tokens (precision) and of the gold's (recall)."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def rouge_l(answer: str, golds: Sequence[str]) -> RougeL | None:
    """Compare the answer with each gold answer and return the comparison with the highest F1.

    A token is a run of ASCII letters and digits, in lower case; None where no gold answer has one. "the cat sat" and
    the gold "the black cat sat down" share 3 tokens in order: precision 3/3, recall 3/5. Source: Lin, "ROUGE: A
    Package for Automatic Evaluation of Summaries", 2004.
    """
    said = _tokens(answer)
    compared = [_compare(said, gold) for gold in map(_tokens, golds) if gold]
    return max(compared, key=lambda score: score.f1, default=None)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _compare(said: Sequence[str], gold: Sequence[str]) -> RougeL:
    if not said:
        return RougeL(0.0, 0.0)
    common = _common_subsequence(said, gold)
    return RougeL(common / len(said), common / len(gold))


def _common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest sequence that both hold in order, not necessarily without gaps."""
    # lengths[j] is the answer for what was read of `first` and for second[:j].
    lengths = [0] * (len(second) + 1)
    for token in first:
        diagonal = 0
        for j, other in enumerate(second, 1):
            above = lengths[j]
            lengths[j] = diagonal + 1 if token == other else max(above, lengths[j - 1])
            diagonal = above
    return lengths[-1]
