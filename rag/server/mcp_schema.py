"""What the tools of the MCP server are given, and what they return."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from rag.datatypes import Answer, AnswerSentence, Citation, Document, Fault, Hit, NearMiss, Refusal
from rag.stored import ListedDocument

URI = "footnoted://documents/"
NEAREST = 3  # passages that a refusal shows

Question = Annotated[str, Field(description="A question that can be understood by itself.", max_length=4_000)]
Where = Annotated[
    Sequence[str],
    Field(
        description="Only articles like this: date, author, title, publisher or source, then = != < <= > >= or ~ "
        "(contains), then a value, as 'date>=2025-01-01' or 'author~oakes'. Several must all hold.",
        max_length=20,
    ),
]


@dataclass(frozen=True)
class DocumentEntry:
    """An article; ``uri`` names it as a resource."""

    document_id: str
    uri: str
    title: str
    source: str
    date: str | None
    author: str | None
    publisher: str | None

    @classmethod
    def of(cls, document: Document | ListedDocument) -> "DocumentEntry":
        """Return the entry of a document."""
        return cls(
            document_id=document.id,
            uri=f"{URI}{document.id}",
            title=document.title,
            source=document.source,
            date=document.date,
            author=document.author,
            publisher=document.publisher,
        )


@dataclass(frozen=True)
class DocumentList:
    """Some of the articles; ``total`` counts all that match."""

    documents: list[DocumentEntry]
    total: int


@dataclass(frozen=True)
class DocumentText:
    """A part of an article's text, from ``start`` to ``end`` of ``total_characters``."""

    document: DocumentEntry
    text: str
    start: int
    end: int
    total_characters: int


@dataclass(frozen=True)
class Passage:
    """A passage that was found, from ``start`` to ``end`` of its article's text; a higher score is better."""

    document: DocumentEntry
    text: str
    start: int
    end: int
    score: float

    @classmethod
    def of(cls, hit: Hit) -> "Passage":
        """Return the passage of a Hit."""
        return cls(DocumentEntry.of(hit.document), hit.chunk.text, hit.chunk.start, hit.chunk.end, hit.score)


@dataclass(frozen=True)
class Passages:
    """What a search found, the best first."""

    passages: list[Passage]


@dataclass(frozen=True)
class CitedAnswer:
    """An answer and what it rests on; ``text`` has markers such as [1], which name its citations.

    Where the articles do not say, it is ``refused``, and the nearest passages are given. ``disagreements`` are pairs of
    markers whose words say different things. Of ``near_miss``, ``absent_words`` are words of the question that no
    article has, ``contradicted_words`` those that the closest sentence says otherwise.
    """

    text: str
    refused: bool
    refusal_reason: Refusal | None
    fault: Fault | None
    sentences: list[AnswerSentence]
    citations: list[Citation]
    disagreements: list[tuple[int, int]]
    near_miss: NearMiss
    nearest: list[Passage]

    @classmethod
    def of(cls, answer: Answer) -> "CitedAnswer":
        """Return what a tool tells of an answer."""
        return cls(
            text=answer.text,
            refused=answer.refused,
            refusal_reason=answer.refusal_reason,
            fault=answer.fault,
            sentences=list(answer.sentences),
            citations=list(answer.citations),
            disagreements=list(answer.disagreements),
            near_miss=answer.near_miss,
            nearest=[Passage.of(hit) for hit in answer.hits[:NEAREST]] if answer.refused else [],
        )
