"""A server process for tests: the real command and encoder, and a language model that does as it is told.

``python -m tests.serve_scripted --library FOLDER --port 0`` takes the options of ``rag serve``. The model answers with
the first sentence of what it is shown, or as the question says where it holds one of these words:

    SLOWLY      again and again, a twentieth of a second a word
    BREAK OFF   with an error after three words
    REFUSE      "The articles do not say."
    DOUBT       "no" where it is asked whether it can answer
    embroider   with a second sentence that has a year of its own, and a third that nothing bears
"""

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import rag.llama
from rag.cli import main
from rag.generate import Message, Piece
from rag.sentences import split_sentences
from rag.testing import ScriptedGenerator

QUESTION = re.compile(r"^Question: (.*)$", re.MULTILINE)
PACE = float(os.environ.get("SCRIPTED_PACE", "0"))  # seconds a word


class ObedientGenerator(ScriptedGenerator):
    """Writes what the question tells it to; takes the arguments of the generator that it stands in for."""

    def __init__(self, path: Path, name: str, *rest: object) -> None:
        super().__init__(obedient_reply, name, doubts=["DOUBT"])

    def stream(self, messages: Sequence[Message], max_tokens: int, **rest: Any) -> Iterator[Piece]:
        """Write the reply, slowly or with an error where the question says so."""
        question = asked(messages)
        self.seen.clear()  # or a long run would keep every prompt
        for number, piece in enumerate(super().stream(messages, max_tokens, **rest)):
            if "BREAK OFF" in question and number == 3:
                raise RuntimeError("The model broke off.")
            time.sleep(0.05 if "SLOWLY" in question else PACE)
            yield piece


def asked(messages: Sequence[Message]) -> str:
    """Return the question that a prompt asks."""
    questions: list[str] = QUESTION.findall("\n".join(message.content for message in messages))
    return questions[-1] if questions else ""


def obedient_reply(messages: Sequence[Message]) -> str:
    """Return what the model has to say to a prompt."""
    question = asked(messages)
    if "REFUSE" in question:
        return "The articles do not say."
    shown = next(message.content for message in messages if message.role == "user")
    lines = [line for line in shown.split("\nQuestion: ")[0].splitlines() if not line.startswith("[")]
    sentences = [sentence.text for line in lines for sentence in split_sentences(line)]
    if not sentences:
        return "Nothing is shown."
    first = sentences[0]
    if "embroider" in question:
        return f"{first} {sentences[1][:-1]} in 1907. Elephants invented the wireless telegraph."
    if "SLOWLY" in question:
        # Numbered, for the same again and again would be taken for a loop.
        return " ".join([first, *(f"Again {number}: {first}" for number in range(40))])
    return first


if __name__ == "__main__":
    sys.argv.insert(1, "serve")
    vars(rag.llama)["LlamaCppGenerator"] = ObedientGenerator
    main()
