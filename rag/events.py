"""The events of an answer that is being made, in their order: what a stream yields."""

from dataclasses import dataclass
from typing import TypeAlias

from rag.datatypes import Answer, AnswerSentence, Citation, Hit


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The first event of a stream: what was found for the question.

    ``rewritten`` tells whether the question is another one than was asked: a follow-up that was made to stand alone.
    """

    hits: tuple[Hit, ...]
    question: str
    rewritten: bool


@dataclass(frozen=True, slots=True)
class Written:
    """Some text as the model writes it, not verified yet."""

    text: str


@dataclass(frozen=True, slots=True)
class Discarded:
    """What was written so far is no good; the model begins anew."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A sentence of the answer's text with what it cites; they come in their order, once the text is known.

    ``before`` is the text between it and the sentence before: a space, or in a list the start of a line.
    """

    sentence: AnswerSentence
    citations: tuple[Citation, ...]
    before: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The last event of a stream: the answer as it stands after verification."""

    answer: Answer


Event: TypeAlias = Retrieved | Written | Discarded | Verified | Answered
