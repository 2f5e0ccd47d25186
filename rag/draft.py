"""A reply as the model writes it, watched while it comes: where it goes wrong it is stopped, and cut or begun anew."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial

from rag.datatypes import Fault, Usage
from rag.generate import Generator, Message
from rag.prompt import Passage
from rag.wrong_output import Given, breaks_off, mend_output


class Draft:
    """What a model replies to a prompt.

    Attributes:
        text: the sound part of what it wrote last.
        fault: what went wrong first, if anything did.
        usage: the tokens of all that it wrote.
        borne: of each sentence that it wrote last what the model's state says of whether it is borne.
    """

    def __init__(
        self,
        generator: Generator,
        messages: Sequence[Message],
        max_tokens: int,
        question: str,
        passages: Sequence[Passage],
    ) -> None:
        self.text = ""
        self.fault: Fault | None = None
        self.usage = Usage()
        self.borne: Mapping[str, float] = {}
        self._generator = generator
        self._messages = messages
        self._max_tokens = max_tokens
        self._given = Given(
            prompt="\n".join(message.content for message in messages),
            question=question,
            evidence="\n".join(f"{passage.title} {passage.text}" for passage in passages),
        )

    @property
    def wants_retry(self) -> bool:
        """Whether nothing sound was written; a reply that was too long would be so again."""
        return not self.text and self.fault not in {None, Fault.CUT_OFF}

    def write(self, *, retry: bool = False) -> Iterator[str]:
        """Have the model write, and yield the text piece by piece until it is complete or goes wrong."""
        written, usage = "", Usage()
        # The model is stopped, and the text held back, by what one look at it says.
        broken = lru_cache(maxsize=1)(partial(breaks_off, given=self._given))
        for piece in self._generator.stream(self._messages, self._max_tokens, until=broken, retry=retry):
            usage += piece.usage or Usage()
            self.borne = piece.borne
            written += piece.text
            if piece.text and not broken(written):
                yield piece.text
        mended = mend_output(written, self._given, cut_off=usage.completion_tokens >= self._max_tokens)
        self.text = mended.text
        self.fault = self.fault or mended.fault
        self.usage += usage
