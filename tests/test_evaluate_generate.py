from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.evaluate.generate import Outcome, generate_cases
from rag.generate import Message
from rag.library import Library
from rag.testing import ScriptedGenerator, tiny_library
from tests.conftest import Command

FACT = "The lighthouse keeper lit 40 lamps every evening."
NOT_SAID = "The articles do not say."
GOOD = f"Question: How many lamps did the lighthouse keeper light?\nAnswer: 40 lamps\nQuote: “{FACT}”"


def scripted(written: Mapping[str, str], answer: Callable[[str], str]) -> ScriptedGenerator:
    """Make a model that writes a case by the title of the excerpt, and answers a prompt by what stands in it."""

    def reply(messages: Sequence[Message]) -> str:
        task, shown = messages[0].content, messages[1].content
        if not task.startswith("You write a question"):
            return answer(shown)
        return next((text for title, text in written.items() if shown.startswith(f"[{title}]")), "What shall I write?")

    return ScriptedGenerator(reply)


def answer_from_source(shown: str) -> str:
    return FACT if FACT in shown else NOT_SAID


def outcomes(library: Library, generator: ScriptedGenerator) -> list[Outcome]:
    """Return what came of the excerpts for which the model had something to write."""
    made = [attempt.outcome for attempt in generate_cases(Assistant(library, generator=generator), 4)]
    return [outcome for outcome in made if outcome is not Outcome.NOT_UNDERSTOOD]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return tiny_library(tmp_path, {"tower.md": FACT, "dough.md": "Yeast makes the dough rise in the kitchen."})


def test_a_case_that_holds_in_the_round_trip_is_kept(library: Library) -> None:
    generator = scripted({"Tower": GOOD}, answer_from_source)
    kept = [attempt.case for attempt in generate_cases(Assistant(library, generator=generator), 2) if attempt.case]
    (case,) = kept
    assert case.question == "How many lamps did the lighthouse keeper light?"
    assert case.answers == ("40 lamps",)
    assert [(evidence.document, evidence.quote) for evidence in case.evidence] == [("tower.md", FACT)]


@pytest.mark.parametrize(
    ("written", "answered", "outcome"),
    [
        (GOOD.replace("40 lamps every", "50 lamps every"), FACT, Outcome.QUOTE_NOT_FOUND),
        (GOOD.replace("Answer: 40 lamps", "Answer: fifty lamps"), FACT, Outcome.ANSWER_NOT_QUOTED),
        (GOOD, NOT_SAID, Outcome.NOT_ANSWERED),
        (GOOD, "Somebody painted the tower white.", Outcome.NOT_ANSWERED),
    ],
)
def test_a_case_that_does_not_hold_is_dropped_for_its_reason(
    library: Library, written: str, answered: str, outcome: Outcome
) -> None:
    assert outcomes(library, scripted({"Tower": written}, lambda _: answered)) == [outcome]


def test_a_question_that_is_answered_without_its_source_is_dropped(tmp_path: Path) -> None:
    library = tiny_library(tmp_path, {"tower.md": FACT, "copy.md": f"As told before: {FACT}"})
    assert outcomes(library, scripted({"Tower": GOOD}, answer_from_source)) == [Outcome.ANSWERED_WITHOUT]


def test_a_question_that_does_not_find_its_source_is_dropped(tmp_path: Path) -> None:
    others = {f"{n}.md": f"Somebody asks how many boats number {n} has." for n in range(10)}
    library = tiny_library(tmp_path, {"tower.md": FACT} | others)
    lost = GOOD.replace("How many lamps did the lighthouse keeper light?", "Who asks how many boats somebody has?")
    generator = scripted({"Tower": lost}, answer_from_source)
    assert outcomes(library, generator) == [Outcome.NOT_RETRIEVED]


def test_one_case_in_five_is_one_that_the_articles_do_not_answer(tmp_path: Path) -> None:
    boats = dict(zip("Anna Bert Cora Dora Emil Fritz Gerd Hans Ida Jan".split(), range(20, 30), strict=True))
    facts = {name: f"{name} painted {count} boats." for name, count in boats.items()}
    library = tiny_library(tmp_path, {f"{name}.md": fact for name, fact in facts.items()})

    def reply(messages: Sequence[Message]) -> str:
        task, shown = messages[0].content, messages[1].content
        if task.startswith("You write a question about"):
            return f"Question: Whom did {shown[1:].partition(']')[0]} meet?"
        if task.startswith("You write a question that"):
            name = shown[1:].partition("]")[0]
            return f"Question: How many boats did {name} paint?\nAnswer: {boats[name]}\nQuote: {facts[name]}"
        question = shown.rpartition("Question:")[2]
        known = [fact for name, fact in facts.items() if f"{name} paint" in question and fact in shown]
        return known[0] if known else NOT_SAID

    assistant = Assistant(library, generator=ScriptedGenerator(reply))
    kept = [attempt.case for attempt in generate_cases(assistant, 10) if attempt.case]
    assert len(kept) == 10
    assert sum(not case.answerable for case in kept) == 2


def test_a_file_of_cases_is_not_overwritten(command: Command, library: Library, tmp_path: Path) -> None:
    weights = tmp_path / "model.gguf"
    weights.write_bytes(b"GGUF")
    (tmp_path / "cases.jsonl").write_text("mine")
    ran = command("eval", "generate", "-l", library.folder, "--llm", weights, "--out", "cases.jsonl")
    assert ran.status == 2
    assert "cases.jsonl cannot be made (File exists); name another file with --out." in ran.stderr
    assert (tmp_path / "cases.jsonl").read_text() == "mine"
