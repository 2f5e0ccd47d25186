"""Questions with the excerpts that a model reads them behind: each behind its own, or many behind those of one."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from rag.answerable import LEAST_RELEVANCE, best_relevance
from rag.assistant import Assistant
from rag.datatypes import Hit
from rag.evaluate.cases import Case
from rag.generate import Generator, Message
from rag.prompt import Passage, lay_out, render_prompt, select_evidence
from rag.questions import with_question_mark


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what search found for it."""

    text: str
    answerable: bool
    document: str
    relevance: float
    passages: Sequence[Passage]

    @property
    def asked(self) -> str:
        """The question as it stands in the prompt."""
        return with_question_mark(self.text)

    @property
    def prompt(self) -> list[Message]:
        """What the model is asked."""
        return render_prompt("answerable", passages=self.passages, question=self.asked)


def by_best_chunk(assistant: Assistant, cases: Sequence[Case]) -> list[list[tuple[Case, list[Hit]]]]:
    """Return the cases, with what is found, in groups with the same best chunk, the largest first."""
    found: dict[int, list[tuple[Case, list[Hit]]]] = defaultdict(list)
    for case in cases:
        if hits := assistant.search(case.question):
            found[hits[0].chunk.id].append((case, hits))
    return sorted(found.values(), key=len, reverse=True)


def behind_one(
    assistant: Assistant,
    generator: Generator,
    groups: Sequence[Sequence[tuple[Case, list[Hit]]]],
    chosen: random.Random,
) -> Iterator[list[Question]]:
    """Give each group's questions behind the excerpts of one of them; without those whose answer does not stand there.

    Where a case names no answer, that is taken for granted.
    """
    for group in groups:
        passages = show(assistant, generator, chosen.choice(group)[1])
        shown = " ".join(passage.text for passage in passages).casefold()
        yield [
            Question(case.question, case.answerable, name_of(hits[0]), best_relevance(hits), passages)
            for case, hits in group
            if not case.answerable or not case.answers or any(answer.casefold() in shown for answer in case.answers)
        ]


def alone(assistant: Assistant, generator: Generator, cases: Sequence[Case]) -> Iterator[Question]:
    """Give questions with their own excerpts, but for those to which nothing relevant is found."""
    for case in cases:
        hits = assistant.search(case.question)
        if best_relevance(hits) >= LEAST_RELEVANCE:
            # A question of CLAP NQ's is named for its passage, which questions that were written for it share.
            passages = show(assistant, generator, hits)
            yield Question(case.question, case.answerable, f"{case.id}.md", best_relevance(hits), passages)


def name_of(hit: Hit) -> str:
    """Return the name of the article's file."""
    return PurePath(hit.document.source).name


def show(assistant: Assistant, generator: Generator, hits: Sequence[Hit]) -> list[Passage]:
    """Return what the model is shown of the Hits."""
    return lay_out(select_evidence(hits, generator.count_tokens, assistant.settings.evidence_tokens))
