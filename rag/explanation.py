"""What there is to tell of a search: each candidate's way through its stages, and where a document was lost."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from rag.conditions import Condition
from rag.datatypes import Chunk, Document, Hit, Sentence
from rag.questions import QuestionKind


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk stands at one stage: its rank from 1, and its score; higher is better."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk on its way through a search.

    ``places`` are by stage: dense, lexical, fused, reranked; None where the stage did not see it. ``terms`` are the
    words of the question that matched. ``timeliness`` is what of the reranked score the document's date gives.
    ``folded_into`` is the Hit further up that it repeats. ``shown`` are the sentences that the language model is given,
    None where it is not asked, or where that cannot be told because its weights are not on this machine.
    """

    chunk: Chunk
    document: Document
    places: Mapping[str, Place | None]
    terms: tuple[str, ...]
    best_sentence: Sentence
    relevance: float
    timeliness: float
    folded_into: Hit | None
    shown: tuple[Sentence, ...] | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that ``json.dumps`` takes."""
        return {
            "chunk_id": self.chunk.id,
            "document_id": self.document.id,
            "source": self.document.source,
            "title": self.document.title,
            "date": self.document.date,
            "start": self.chunk.start,
            "end": self.chunk.end,
            "places": {stage: place and asdict(place) for stage, place in self.places.items()},
            "terms": list(self.terms),
            "best_sentence": asdict(self.best_sentence) | {"relevance": self.relevance},
            "timeliness": self.timeliness,
            "folded_into": self.folded_into
            and {"chunk_id": self.folded_into.chunk.id, "source": self.folded_into.document.source},
            "shown": None if self.shown is None else [asdict(sentence) for sentence in self.shown],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """All candidates of a search, best first.

    ``kind`` is what kind of answer the question asks for; of a yes/no question no language model is asked. ``terms``
    are the words that were searched for, each with the number of chunks of the library that have it.
    """

    question: str
    kind: QuestionKind
    terms: dict[str, int]
    candidates: tuple[Candidate, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that ``json.dumps`` takes."""
        candidates = [candidate.to_dict() for candidate in self.candidates]
        return {"question": self.question, "kind": self.kind, "terms": self.terms, "candidates": candidates}


class Stage(StrEnum):
    """Where a document can be lost."""

    FILTER = "filter"
    """It does not meet the conditions."""
    QUOTED = "quoted"
    """It lacks the words that the question quotes, and other documents have them."""
    SEARCH = "search"
    """Neither of the two searches proposed it."""
    RERANKED = "reranked"
    """Others bear better on the question."""
    FOLDED = "folded"
    """It repeats a hit further up, which lists it."""
    RELEVANCE = "relevance"
    """It is a hit, but nothing that was found bears on the question, so the language model is shown nothing."""
    BEHIND = "behind"
    """It is a hit, but another bears so much better on the question that the language model is not shown this one."""
    BUDGET = "budget"
    """It is a hit, but others took all the tokens that the language model is shown."""


@dataclass(frozen=True, slots=True)
class Absence:
    """What became of a file in a search.

    Attributes:
        question: the question.
        source: the file.
        lost_at: the stage that dropped it; None where it came all the way, or as far as can be told without a model.
        gaps: by how much it fell short there, by the name of the score, or in ``evidence_tokens``.
        remedy: the settings that would bring it in, to the values that are needed, all others staying as they are;
            empty where none would.
        unmet: the conditions that it does not meet.
        candidates: its chunks; dense and lexical places are among all chunks, beyond what a search looks at.
    """

    question: str
    source: str
    lost_at: Stage | None
    gaps: dict[str, float] = field(default_factory=dict)
    remedy: dict[str, int] = field(default_factory=dict)
    unmet: tuple[Condition, ...] = ()
    candidates: tuple[Candidate, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that ``json.dumps`` takes."""
        return {
            "question": self.question,
            "source": self.source,
            "lost_at": self.lost_at,
            "gaps": self.gaps,
            "remedy": self.remedy,
            "unmet": [str(condition) for condition in self.unmet],
            "candidates": [candidate.to_dict() for candidate in self.candidates],
        }
