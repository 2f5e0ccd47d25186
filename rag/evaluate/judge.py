"""A language model that says whether an answer agrees with the gold answer; off by default, for it errs too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import QuestionError
from rag.generate import Generator
from rag.prompt import render_prompt

VERDICT = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)
MOST_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the answer agrees, None where the judge gave no verdict, and what the judge wrote."""

    agrees: bool | None
    reply: str


class Judge:
    """Asks a language model for a yes or a no.

    Args:
        generator: the language model.
        prompts: the user's folder of templates, if there is one.
    """

    def __init__(self, generator: Generator, prompts: Path | None = None) -> None:
        self.generator = generator
        self.prompts = prompts

    def judge_answer(self, question: str, golds: Sequence[str], answer: str) -> Verdict:
        """Say whether the answer agrees with one of the gold answers."""
        messages = render_prompt("judge", self.prompts, question=question, golds=golds, answer=answer)
        try:
            reply = "".join(piece.text for piece in self.generator.stream(messages, MOST_TOKENS))
        except QuestionError as error:
            return Verdict(None, str(error))
        found = VERDICT.match(reply)
        return Verdict(found[1].lower() == "yes" if found else None, reply)
