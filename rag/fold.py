"""Near-copies, such as one agency's report in three papers, folded into the Hit that bears best on the question."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise

from rag.datatypes import Hit
from rag.terms import FUNCTION_WORDS

WORD = re.compile(r"\w+(?:[.,:'’]\w+)*")
NEGATIONS = frozenset("no not never without cannot".split())
# Fitted to tests/cases/near-copies.jsonl, in the middle of the gaps: copies share .78 of their pairs of words and
# more, and .85 of their names; of reports that give the same figures but are no copies, the nearest share .61 of the
# pairs, and one that shares .92 of them .67 of the names.
LEAST_PAIRS, LEAST_NAMES = 0.7, 0.75
# Only where half of the longer words agree are texts compared at all: it costs a tenth, and no copy shares fewer.
LONG, LEAST_LONG = 7, 0.5


def fold_copies(hits: Sequence[Hit]) -> list[Hit]:
    """Return the Hits, in their order, without those that only repeat one above, which lists them as ``also``.

    A chunk repeats another if nearly all its pairs of neighbouring words stand in it (the containment of Broder, "On
    the resemblance and containment of documents", 1997), nearly all its names, and every number, and if neither denies
    what the other says. So a copy that was cut is folded, and one that says more than the Hit above is kept.
    """
    kept: list[Hit] = []
    copies: list[list[Hit]] = []
    wordings: list[_Wording] = []
    holders: dict[str, list[int]] = {}
    for hit in hits:
        wording = _Wording(hit.chunk.text)
        long_words = _long_words(wording.text)
        shared = Counter(chain.from_iterable(holders[word] for word in long_words if word in holders))
        near = sorted(place for place, count in shared.items() if count >= LEAST_LONG * len(long_words))
        above = next((place for place in near if wording.repeats(wordings[place])), None)
        if above is not None:
            copies[above].append(hit)
            continue
        for word in long_words:
            holders.setdefault(word, []).append(len(kept))
        kept.append(hit)
        copies.append([])
        wordings.append(wording)
    return [replace(hit, also=tuple(found)) if found else hit for hit, found in zip(kept, copies, strict=True)]


def _long_words(text: str) -> set[str]:
    """Return the longer words of a text, or all where it has none."""
    words = text.lower().split()
    return {word for word in words if len(word) >= LONG} or set(words)


@dataclass(frozen=True)
class _Wording:
    """What of a text is compared, each part found out when it is asked for."""

    text: str

    def repeats(self, other: "_Wording") -> bool:
        """Tell whether the other text has nearly all that this one says."""
        return (
            len(self.pairs & other.pairs) >= LEAST_PAIRS * len(self.pairs)
            and self.numbers <= other.numbers
            and len(self.names & other.vocabulary) >= LEAST_NAMES * len(self.names)
            and not (self.denied - other.denied) & other.affirmed
            and not (other.denied - self.denied) & self.affirmed
        )

    @cached_property
    def words(self) -> list[str]:
        return WORD.findall(self.text.lower())

    @cached_property
    def vocabulary(self) -> set[str]:
        return set(self.words)

    @cached_property
    def pairs(self) -> set[tuple[str, str]]:
        return set(pairwise(["", *self.words]))

    @cached_property
    def numbers(self) -> set[str]:
        return {word for word in self.words if any(character.isdigit() for character in word)}

    @cached_property
    def names(self) -> set[str]:
        return {word.lower() for word in WORD.findall(self.text) if word[0].isupper()}

    @cached_property
    def denied(self) -> set[str]:
        """The first word with content after each word that denies."""
        return {word for before, word in self._said() if before}

    @cached_property
    def affirmed(self) -> set[str]:
        return {word for before, word in self._said() if not before}

    def _said(self) -> Iterator[tuple[bool, str]]:
        """Give each word with content, and whether it is denied."""
        denied = False
        for word in self.words:
            if word in NEGATIONS or word.endswith(("n't", "n’t")):
                denied = True
            elif word not in FUNCTION_WORDS:
                yield denied, word
                denied = False
