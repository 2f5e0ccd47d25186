"""A prompt in, text out, piece by piece: the messages, and the protocol of what writes."""

import collections.abc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from rag.datatypes import Usage


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of an answer as it comes; the last piece alone has the usage, and may have no text.

    Attributes:
        text: what was written.
        usage: the tokens of all that was read and written.
        borne: of each sentence that was written the logarithm of how much likelier the model's inner state has it that
            what it read bears it than not; the last piece has it, where there is a probe for the model.
    """

    text: str
    usage: Usage | None = None
    borne: Mapping[str, float] = field(default_factory=dict)


def join_pieces(pieces: Iterable[Piece]) -> collections.abc.Generator[Piece, None, Piece]:
    """Pass on the pieces of a reply, and return it as one piece."""
    whole = Piece("", Usage())
    for piece in pieces:
        whole = Piece(whole.text + piece.text, piece.usage or whole.usage, piece.borne)
        yield piece
    return whole


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a model makes of a question before it answers.

    Attributes:
        replies: how likely its reply is each of the words that were asked about, from 0 to 1.
        usage: what was read for it.
        answered: the logarithm of how much likelier its inner state has it that what it read answers the question than
            not; None where there is no probe for the model.
    """

    replies: tuple[float, ...]
    usage: Usage
    answered: float | None = None


class Generator(Protocol):
    """Writes text in reply to messages."""

    @property
    def name(self) -> str:
        """The name under which the model was asked for."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens."""
        ...

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        until: Callable[[str], bool] | None = None,
        retry: bool = False,
    ) -> Iterator[Piece]:
        """Write at most ``max_tokens`` tokens; the same messages give the same text.

        It stops where ``until`` says so of the text so far. ``retry`` asks for another text, since the first was no
        good; that, too, is the same each time.

        Raises QuestionError where messages and answer do not fit into the model's context.
        """
        ...

    def weigh(self, messages: Sequence[Message], replies: Sequence[str], question: str) -> Weighed:
        """Weigh how likely the reply is each word, capitalised or not, to messages that end with the question."""
        ...
