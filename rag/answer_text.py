"""The text of an answer as it grows: each sentence with its status and markers, and the fixed words around it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.attribute import Attribution, attribute_sentence
from rag.datatypes import AnswerSentence, Citation, Status
from rag.disagreement import Disagreement, gives_both_sides
from rag.prompt import Evidence
from rag.remarks import date_remark, introduce, is_reckoned, side_remark
from rag.sentences import BULLET
from rag.settings import Policy
from rag.verify import Verdict, Verifier, verify_attribution

# Markers are built from what is cited; one that the model typed, "[1]" or "[2, 3]", would name nothing.
TYPED_MARKER = re.compile(r"\s*\[[\d\s,;[\]–-]*\d[\d\s,;[\]–-]*\]")
BORNE = {Status.QUOTED, Status.SUPPORTED}
REMARKS = {Status.PARTIAL: "[only in part in the articles]", Status.UNSUPPORTED: "[not in the articles]"}
SENTENCE_END = re.compile(r"\s*(?:[.!?…:]+[\"'”’)]*)?$")


class AnswerText:
    """The text of an answer as it grows, sentence by sentence.

    Args:
        policy: what is done with a sentence that its sources do not bear in full.
        dated: whether each sentence names the dates of its articles.
        verify: decides how well its sources bear a sentence.
    """

    def __init__(self, policy: Policy, dated: bool, verify: Verifier = verify_attribution) -> None:
        self.verify = verify
        self.policy = policy
        self.dated = dated
        self.text = ""
        self.sentences: list[AnswerSentence] = []
        self.citations: dict[tuple[str, int], Citation] = {}
        self.disagreements: list[tuple[int, int]] = []
        self._known: set[str] = set()

    def leave_out(self, attribution: Attribution, verdict: Verdict) -> None:
        """Keep a sentence that is not said."""
        self._known.add(attribution.sentence.text)
        self.sentences.append(
            AnswerSentence(
                attribution.sentence.text, None, None, verdict.status, checks=verdict.checks, missing=verdict.missing
            )
        )

    def say(
        self, saying: Attribution, disagreement: Disagreement | None, introduction: str = "", remark: str = ""
    ) -> None:
        """Say a sentence that is new, between its introduction and its remark, and what says otherwise after it."""
        if saying.sentence.text in self._known:
            return
        verdict = self.verify(saying)
        # What does not bear a sentence is no source of it.
        sources = () if verdict.status is Status.UNSUPPORTED else saying.sources
        remarks = [remark, REMARKS.get(verdict.status, "") if self.policy is Policy.MARK else ""]
        disagreement = disagreement if sources else None
        side = side_remark(disagreement) if disagreement else ""
        if side or self.dated or is_reckoned(saying.sentence.text):
            remarks.append(side or date_remark([source for source, _ in sources]))
        self._add(saying, verdict, sources, introduction=introduction, remark=" ".join(filter(None, remarks)))
        if disagreement:
            self._add_other_side(saying, disagreement)

    def _add_other_side(self, saying: Attribution, disagreement: Disagreement) -> None:
        pair = disagreement.said, disagreement.other
        in_one = disagreement.said == disagreement.other
        if not (gives_both_sides(saying.sentence.text) if in_one else disagreement.other.place in self.citations):
            quote = quote_source(disagreement.other)
            verdict = self.verify(quote)
            if verdict.status not in BORNE:
                return
            self._add(quote, verdict, quote.sources, introduction=introduce(disagreement))
        one, other = (self.citations[source.place].marker for source in pair)
        self.disagreements.append((one, other))

    def _add(
        self,
        saying: Attribution,
        verdict: Verdict,
        sources: Sequence[tuple[Evidence, float]],
        *,
        introduction: str = "",
        remark: str = "",
    ) -> None:
        self._known.add(saying.sentence.text)
        markers = tuple(sorted({self._cite(source, share) for source, share in sources}))
        marked = f"{introduction} {mark_sentence(saying.sentence.text, markers, remark)}".strip()
        start = len(self.text) + bool(self.text)
        self.text = f"{self.text} {marked}".strip()
        self.sentences.append(
            AnswerSentence(marked, start, len(self.text), verdict.status, markers, verdict.checks, verdict.missing)
        )

    def _cite(self, source: Evidence, share: float) -> int:
        """Return the marker of a source sentence, the next free one if it has none; its best share is its score."""
        known = self.citations.get(source.place)
        if known:
            self.citations[source.place] = replace(known, score=max(known.score, share))
            return known.marker
        document = source.document
        place = document.place_at(source.sentence.start)
        self.citations[source.place] = Citation(
            marker=len(self.citations) + 1,
            document_id=document.id,
            title=document.title,
            source=document.source,
            date=document.date,
            author=document.author,
            publisher=document.publisher,
            part=document.part,
            url=document.url,
            place=place.label if place else None,
            chunk_id=source.chunk_id,
            start=source.sentence.start,
            end=source.sentence.end,
            quote=document.text[source.sentence.start : source.sentence.end],
            score=share,
        )
        return len(self.citations)


def quote_source(source: Evidence) -> Attribution:
    """Return a source sentence as one of the answer's, on one line, without a bullet and what looks like a marker."""
    return attribute_sentence(plain_line(source, BULLET), [source])


def plain_line(source: Evidence, mark: re.Pattern[str]) -> str:
    """Return a source sentence on one line, without the mark that it begins with and what looks like a marker."""
    return TYPED_MARKER.sub("", mark.sub("", " ".join(source.sentence.text.split()), count=1))


def mark_sentence(sentence: str, markers: Sequence[int], remark: str = "") -> str:
    """Put markers, and a remark after them, before the full stop, as in ``It did [1][2].`` of a sentence."""
    marks = " ".join(filter(None, ("".join(f"[{marker}]" for marker in markers), remark)))
    if not marks:
        return sentence
    body = SENTENCE_END.sub("", sentence, count=1)
    return f"{body} {marks}{sentence[len(body) :].lstrip()}"
