"""The things that pass from step to step; all frozen, derived values are properties."""

from bisect import bisect_right
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its Document a stretch of text stands, for people to find it again: it reaches to the next Place.

    ``start`` is an offset into the Document's text, ``page`` counts from 1.
    """

    start: int
    page: int | None = None
    heading: str | None = None

    @property
    def label(self) -> str:
        """The place in words, as in ``page 3, Results``."""
        return ", ".join(part for part in (self.page and f"page {self.page}", self.heading) if part)


@dataclass(frozen=True, slots=True)
class Document:
    """A source text with its metadata.

    ``source`` is the file, as it is shown to people and matched by them; ``part`` tells which entry of it this is,
    where a file holds several (a message, a chapter, a file in an archive). ``publisher`` is what the front matter
    calls ``source`` (an agency, a newspaper, an address), ``url`` the page's own address. ``date`` is ISO 8601
    (``2025-03-30``) where it could be read as a date, else as written, and ``date_from`` tells where it stood.
    ``language`` is a code of ISO 639 (``en``). ``places`` are ordered by their start.
    """

    id: str
    text: str
    title: str
    source: str
    date: str | None = None
    author: str | None = None
    publisher: str | None = None
    part: str | None = None
    url: str | None = None
    language: str | None = None
    date_from: str | None = None
    places: tuple[Place, ...] = ()

    def place_at(self, offset: int) -> Place | None:
        """Return the Place that an offset of the text lies in, None before the first."""
        number = bisect_right(self.places, offset, key=lambda place: place.start)
        return self.places[number - 1] if number else None


@dataclass(frozen=True, slots=True)
class Sentence:
    """The smallest thing that can be cited: ``document.text[start:end] == text``, without surrounding white space."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive whole sentences of one Document: ``document.text[start:end] == text``."""

    document_id: str
    text: str
    start: int
    end: int
    sentences: tuple[Sentence, ...]
    id: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A Chunk found for one question, its score (higher is better) and its rank from 1 at each stage that saw it.

    ``relevance`` scores each of the chunk's sentences for the question, from 0 to 1.5, ``late_interaction`` how close
    its words come to the question's, from 0 to 1; higher is better. ``timeliness`` is what the document's date gives
    to the score where the question names a time. ``also`` are the Hits further down that say the same, as papers do
    that print one agency's report.
    """

    chunk: Chunk
    document: Document
    score: float
    ranks: dict[str, int | None]
    relevance: tuple[float, ...]
    late_interaction: float = 0.0
    timeliness: float = 0.0
    also: tuple["Hit", ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the Hit as the contract of an answer shows it."""
        return {
            "chunk_id": self.chunk.id,
            "document_id": self.document.id,
            "source": self.document.source,
            "title": self.document.title,
            "date": self.document.date,
            "part": self.document.part,
            "url": self.document.url,
            "place": place.label if (place := self.document.place_at(self.chunk.start)) else None,
            "start": self.chunk.start,
            "end": self.chunk.end,
            "text": self.chunk.text,
            "score": self.score,
            "timeliness": self.timeliness,
            "ranks": self.ranks,
            "also": [
                {
                    "chunk_id": copy.chunk.id,
                    "document_id": copy.document.id,
                    "source": copy.document.source,
                    "title": copy.document.title,
                    "date": copy.document.date,
                }
                for copy in self.also
            ],
        }


@dataclass(frozen=True, slots=True)
class EvidenceSpan:
    """Consecutive sentences of a Hit's chunk, ``document.text[start:end]``, with the relevance of the best of them."""

    chunk_id: int
    start: int
    end: int
    relevance: float


class Status(StrEnum):
    """How well the cited words bear a sentence of an answer."""

    QUOTED = "quoted"
    SUPPORTED = "supported"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Citation:
    """A marker and an exact span of a Document: ``document.text[start:end] == quote``, always.

    ``place`` is the page and heading that it stands at, in words.
    """

    marker: int
    document_id: str
    title: str
    source: str
    date: str | None
    author: str | None
    publisher: str | None
    part: str | None
    url: str | None
    place: str | None
    chunk_id: int
    start: int
    end: int
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence that the model wrote, or that was put in the place of one, with what was found out about it.

    ``start`` and ``end`` are offsets into the answer's text; both are None for a sentence that is not said. ``missing``
    are its words that no source has.
    """

    text: str
    start: int | None
    end: int | None
    status: Status
    citations: tuple[int, ...] = ()
    checks: dict[str, bool] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


class Refusal(StrEnum):
    """Why a question is not answered."""

    NOTHING_FOUND = "nothing_found"
    """No article bears on the question."""
    NOT_ANSWERED = "not_answered"
    """Articles on the subject were found, but the model did not find the answer in them."""
    NOT_SUPPORTED = "not_supported"
    """The model wrote an answer that the articles do not bear."""
    WENT_WRONG = "went_wrong"
    """Nothing that the model wrote could be used; the fault says why."""


class Fault(StrEnum):
    """What went wrong where the model wrote: what is wrong is cut off, and nothing of it is said."""

    LOOP = "loop"
    """It wrote the same again and again."""
    CUT_OFF = "cut_off"
    """It used up its tokens in the middle of a sentence."""
    TEMPLATE = "template"
    """It wrote what chat templates put around messages."""
    ECHO = "echo"
    """It said the question, or the prompt's words on how to answer, again."""
    SCRIPT = "script"
    """It went on in a script that neither the question nor the articles have."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the language model read and wrote."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation, as it was asked, and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What a search says of itself.

    ``likely`` is how likely it is that something in the library bears on the question, from 0 to 1: where articles on
    the subject are there but do not answer it, it is high, for that takes a reader. ``absent_words`` are the question's
    content words that occur nowhere in the library; ``contradicted_words`` are those that the sentence which bears best
    on it says otherwise: another number, the opposite, or no denial.
    """

    likely: float
    absent_words: tuple[str, ...]
    contradicted_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said in reply to a question, and everything it rests on.

    ``standalone_question`` is the question as it was understood within its conversation: the same, or rewritten.
    ``fault`` is what went wrong where the model wrote: the answer is what was sound, or was written at a second try.
    ``disagreements`` are pairs of markers: of words that the answer rests on, and of words that say otherwise; they are
    the same where one sentence gives both sides.
    ``shown`` are the spans of the Hits that the language model read, ``not_shown`` those that it did not; both are
    empty where it was not asked. ``timings`` are seconds by step; ``model`` names the language model;
    ``library`` is the library's fingerprint.
    """

    question: str
    standalone_question: str
    text: str
    refused: bool
    refusal_reason: Refusal | None
    fault: Fault | None
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    shown: tuple[EvidenceSpan, ...]
    not_shown: tuple[EvidenceSpan, ...]
    near_miss: NearMiss
    timings: dict[str, float]
    usage: Usage
    model: str
    library: str
    disagreements: tuple[tuple[int, int], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the contract of an answer as plain values that ``json.dumps`` takes."""
        first = ("question", "standalone_question", "text", "refused", "refusal_reason", "fault")
        plain = {name: getattr(self, name) for name in first}
        plain["sentences"] = [asdict(sentence) for sentence in self.sentences]
        plain["citations"] = [asdict(citation) for citation in self.citations]
        plain["disagreements"] = [list(pair) for pair in self.disagreements]
        plain["hits"] = [hit.to_dict() for hit in self.hits]
        plain["shown"] = [asdict(span) for span in self.shown]
        plain["not_shown"] = [asdict(span) for span in self.not_shown]
        plain["near_miss"] = asdict(self.near_miss)
        plain |= {"timings": self.timings, "usage": asdict(self.usage)}
        return plain | {"model": self.model, "library": self.library}
