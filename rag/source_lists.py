"""Lists in the articles: a line and the points below it, among the sentences that were found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.attribute import Attribution, telling_words
from rag.bearing import PARAGRAPH
from rag.checks.negation import denies
from rag.prompt import Evidence
from rag.questions import COUNT
from rag.sentences import LIST_MARKER
from rag.terms import content_words

# A point is told where a text has this share of its words.
TOLD = 0.5
# What announces the points below it, besides a colon.
ANNOUNCES = re.compile(rf"\b(?:(?:following|as follows|below|these)\b|(?!\d{{3}}){COUNT}\s+[a-z])", re.IGNORECASE)
NEXT_POINT = re.compile(rf"\s*{LIST_MARKER.pattern}")


@dataclass(frozen=True, slots=True)
class SourceList:
    """A list in an article: the sentence right above it, and the first sentence of each of its points.

    ``is_whole`` tells whether the last of its points is among them.
    """

    lead: Evidence
    points: tuple[Evidence, ...]
    is_whole: bool

    def bears(self, saying: Attribution) -> bool:
        """Tell whether a sentence rests chiefly on a point, or on the line above if this announces the points."""
        chief = saying.sources[0][0] if saying.sources else None
        text = self.lead.sentence.text
        announced = text.endswith(":") or ANNOUNCES.search(text)
        return chief in self.points or (chief == self.lead and bool(announced))

    def has_nothing_besides(self, sentence: str) -> bool:
        """Tell whether a sentence is no more than the line above, or has two points or more and no other name."""
        said = frozenset(content_words(sentence))
        names_some = sum(words <= said for point in self.points if (words := _words_of(point))) > 1
        return bool(said) and (
            said <= _words_of(self.lead) or (names_some and telling_words(sentence) <= self._known())
        )

    def tells(self, sentence: str) -> bool:
        """Tell whether a sentence has no words but those of the list, and denies only what the line above denies."""
        return set(content_words(sentence)) <= self._known() and denies(sentence) == denies(self.lead.sentence.text)

    def is_told_in(self, text: str) -> bool:
        """Tell whether a text has all of the points."""
        told = frozenset(content_words(text))
        return all(len(words & told) >= TOLD * len(words) for words in map(_words_of, self.points))

    def _known(self) -> frozenset[str]:
        """Return the words of all lines and of the article's title."""
        return frozenset(content_words(self.lead.document.title)).union(*map(_words_of, (self.lead, *self.points)))


def find_lists(found: Sequence[Evidence]) -> list[SourceList]:
    """Return the lists of two points or more among sentences, without those whose line above was not found."""
    ordered = sorted({item.place: item for item in found}.values(), key=lambda item: item.place)
    groups: list[list[Evidence]] = []
    for item in ordered:
        if groups and _goes_on(groups[-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    lists = []
    for lead, *below in groups:
        points = tuple(item for item in below if LIST_MARKER.match(item.sentence.text))
        if len(points) > 1 and not LIST_MARKER.match(lead.sentence.text):
            follows = NEXT_POINT.match(lead.document.text, below[-1].sentence.end)
            lists.append(SourceList(lead, points, is_whole=not follows))
    return lists


def _goes_on(group: Sequence[Evidence], item: Evidence) -> bool:
    """Tell whether a sentence is a point below the sentences before it, or goes on with the last point."""
    last = group[-1]
    if not last.stands_before(item):
        return False
    between = item.document.text[last.sentence.end : item.sentence.start]
    return LIST_MARKER.match(item.sentence.text) is not None or (len(group) > 1 and PARAGRAPH not in between)


def _words_of(line: Evidence) -> frozenset[str]:
    return frozenset(content_words(line.sentence.text))
