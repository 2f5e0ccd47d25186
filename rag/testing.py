"""For tests of what stands on this project: assertions about answers, a scripted language model, a tiny library.

For example:

    library = tiny_library(tmp_path, {"cats.md": "Cats sleep sixteen hours a day."})
    generator = ScriptedGenerator({"How long": "Cats sleep sixteen hours a day."})
    answer = Assistant(library, generator=generator).ask("How long do cats sleep?")
    assert_answers(answer, "sixteen hours")
    assert_cites(answer, document="cats.md", quote="Cats sleep sixteen hours a day.")
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from rag.assertions import assert_answers, assert_cites, assert_no_regression, assert_refuses, assert_supported
from rag.datatypes import Usage
from rag.generate import Message, Piece, Weighed
from rag.library import Library
from rag.settings import Settings

__all__ = [
    "Replies",
    "ScriptedGenerator",
    "assert_answers",
    "assert_cites",
    "assert_no_regression",
    "assert_refuses",
    "assert_supported",
    "tiny_library",
]

Replies: TypeAlias = Mapping[str, str] | Iterable[str] | Callable[[Sequence[Message]], str]

WORD = re.compile(r"\s*\S+\s*")


class ScriptedGenerator:
    """A Generator that writes what it was told to, word by word; a word is a token.

    Args:
        replies: replies by some words of the prompt, of which the first that stand in it count; or replies to be
            given in turn; or a function from the messages to the reply.
        name: what the answers call the model.
        doubts: words of a prompt that make it reply "no" where it is asked whether it can answer.
        borne: what its state says of sentences that it writes, as ``Piece`` has it.
    """

    def __init__(
        self,
        replies: Replies,
        name: str = "scripted",
        doubts: Sequence[str] = (),
        borne: Mapping[str, float] | None = None,
    ) -> None:
        self.name = name
        self.doubts = doubts
        self.borne = borne or {}
        self.seen: list[tuple[Message, ...]] = []
        """The messages of every prompt that was given, the first one first."""
        self._reply = _as_function(replies)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's words."""
        return [len(text.split()) for text in texts]

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        until: Callable[[str], bool] | None = None,
        retry: bool = False,
    ) -> Iterator[Piece]:
        """Write the reply's first ``max_tokens`` words, which differ in a retry where replies are given in turn.

        Raises LookupError where no reply was scripted.
        """
        self.seen.append(tuple(messages))
        written: list[str] = []
        for word in WORD.findall(self._reply(messages))[:max_tokens]:
            written.append(word)
            yield Piece(word)
            if until and until("".join(written)):
                break
        yield Piece("", self._read(messages) + Usage(completion_tokens=len(written)), self.borne)

    def weigh(self, messages: Sequence[Message], replies: Sequence[str], question: str) -> Weighed:
        """Hold the first reply for certain, or the last one where the prompt has a word of doubt."""
        self.seen.append(tuple(messages))
        prompt = "\n".join(message.content for message in messages)
        chosen = replies[-1] if any(doubt in prompt for doubt in self.doubts) else replies[0]
        return Weighed(tuple(float(reply == chosen) for reply in replies), self._read(messages))

    def _read(self, messages: Sequence[Message]) -> Usage:
        return Usage(sum(self.count_tokens([message.content for message in messages])))


def tiny_library(folder: Path, articles: Mapping[str, str], **settings: object) -> Library:
    """Write articles into a folder, index them into ``.rag`` in it with the encoder ``hashing``, and open the library.

    Args:
        folder: where to write.
        articles: the text of each file, by its name, which ends in ``.md`` or ``.txt``.
        settings: values for other settings, such as ``chunk_tokens=64``.
    """
    for name, text in articles.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    chosen = {"library": folder / ".rag", "encoder": "hashing", "offline": True} | settings
    library = Library.open(settings=Settings.read(**chosen))
    library.index(folder)
    return library


def _as_function(replies: Replies) -> Callable[[Sequence[Message]], str]:
    if callable(replies):
        return replies
    if isinstance(replies, Mapping):
        return lambda messages: _find_reply(replies, "\n".join(message.content for message in messages))
    turns = iter(replies)

    def next_reply(messages: Sequence[Message]) -> str:
        for reply in turns:
            return reply
        raise LookupError(f"All the scripted replies are given; there is none left for: {messages[-1].content}")

    return next_reply


def _find_reply(replies: Mapping[str, str], prompt: str) -> str:
    for words, reply in replies.items():
        if words in prompt:
            return reply
    raise LookupError(f"None of {list(replies)} stands in the prompt: {prompt}")
