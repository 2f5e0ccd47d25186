"""Assertions about answers pass on good answers, and explain what is wrong with others."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.datatypes import Answer
from rag.errors import DataError
from rag.evaluate.answer import KIND, measure_answer
from rag.evaluate.cases import Case, CaseSet, Evidence
from rag.evaluate.gold import Gold
from rag.evaluate.run import Run, Setup
from rag.testing import (
    ScriptedGenerator,
    assert_answers,
    assert_cites,
    assert_no_regression,
    assert_refuses,
    assert_supported,
    tiny_library,
)

ARTICLES = {
    "news/missiles.md": "# Pyongyang objects\n\nThe agreement covers 1,200 missiles. Nobody named a price.\n",
    "cats.md": "# Cats\n\nCats sleep sixteen hours a day. Old cats sleep longer than young ones.\n",
}
QUESTION = "How long do cats sleep each day?"
REFUSAL = "The articles do not say."


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str], Answer]:
    """Ask how long cats sleep; the model writes what is passed in."""
    shelf = tiny_library(tmp_path, ARTICLES)
    return lambda written: Assistant(shelf, generator=ScriptedGenerator([written])).ask(QUESTION)


def failure(check: Callable[..., None], *args: object, **kwargs: object) -> list[str]:
    """Return the lines of the message with which an assertion fails."""
    with pytest.raises(AssertionError) as caught:
        check(*args, **kwargs)
    return str(caught.value).splitlines()


def test_a_good_answer_passes_every_assertion_but_one(ask: Callable[[str], Answer]) -> None:
    answer = ask("Cats sleep sixteen hours a day.")
    assert_answers(answer)
    assert_answers(answer, "eight hours", "the Sixteen  hours!")
    assert_cites(answer)
    assert_cites(answer, document="cats.md")
    assert_cites(answer, quote="sleep sixteen\nhours")
    assert_cites(answer, document="cats.md", quote="Cats sleep sixteen hours a day. Old cats")
    assert_supported(answer)
    assert failure(assert_refuses, answer) == [
        "An answer is given where the articles hold none.",
        f"  question: {QUESTION}",
        "  answer: Cats sleep sixteen hours a day [1].",
        "  sentence at fault: Cats sleep sixteen hours a day [1].",
        "  [1] cats.md: “Cats sleep sixteen hours a day.”",
        "  nearest source text, cats.md: “Cats sleep sixteen hours a day.”",
    ]


def test_a_refusal_passes_only_as_a_refusal(ask: Callable[[str], Answer]) -> None:
    answer = ask(REFUSAL)
    assert_refuses(answer)
    assert failure(assert_answers, answer, "sixteen") == [
        "No answer is given.",
        f"  question: {QUESTION}",
        f"  answer: {REFUSAL} (not_answered)",
        "  nearest source text, cats.md: “Cats sleep sixteen hours a day.”",
    ]
    assert failure(assert_supported, answer)[0] == "No answer is given, so there is nothing to support."
    assert failure(assert_cites, answer)[0] == "Nothing is cited."


def test_what_was_written_and_not_said_is_shown(ask: Callable[[str], Answer]) -> None:
    answer = ask("Elephants dream in colour under moonlight.")
    message = failure(assert_answers, answer, "sixteen")
    assert "  not said, because nothing bears it: Elephants dream in colour under moonlight." in message


def test_an_answer_that_says_something_else_is_shown_beside_the_source(tmp_path: Path) -> None:
    # A strict answer would say the sentence that bears on the question in its place.
    shelf = tiny_library(tmp_path, ARTICLES, policy="mark")
    answer = Assistant(shelf, generator=ScriptedGenerator(["Old cats sleep longer than young ones."])).ask(QUESTION)
    message = failure(assert_answers, answer, "sixteen", "16")
    assert message[0] == "The answer says none of: “sixteen”, “16”."
    assert message[-1] == "  nearest source text, cats.md: “Cats sleep sixteen hours a day.”"


def test_a_marker_is_not_part_of_what_an_answer_says(ask: Callable[[str], Answer]) -> None:
    answer = ask("Cats sleep sixteen hours a day.")
    assert "[1]" in answer.text
    assert failure(assert_answers, answer, "1")[0] == "The answer says none of: “1”."


@pytest.mark.parametrize(
    ("wanted", "first_line"),
    [
        ({"document": "missiles.md"}, "Nothing of missiles.md is cited."),
        ({"document": "ats.md"}, "Nothing of ats.md is cited."),
        (
            {"document": "cats.md", "quote": "Old cats sleep longer"},
            "These words of cats.md are not cited: “Old cats sleep longer”.",
        ),
        ({"quote": "Dogs sleep"}, "These words of the library are not cited: “Dogs sleep”."),
    ],
    ids=["another document", "part of a file name", "another sentence", "words that stand nowhere"],
)
def test_a_missing_citation_is_named(ask: Callable[[str], Answer], wanted: dict[str, str], first_line: str) -> None:
    message = failure(assert_cites, ask("Cats sleep sixteen hours a day."), **wanted)
    assert message[0] == first_line
    assert "  [1] cats.md: “Cats sleep sixteen hours a day.”" in message


def test_the_sentence_that_is_not_borne_is_shown(tmp_path: Path) -> None:
    written = ScriptedGenerator(["Cats sleep sixteen hours a day. Old cats sleep longer than 99 young dogs."])
    answer = Assistant(tiny_library(tmp_path, ARTICLES, policy="mark"), generator=written).ask(QUESTION)
    message = failure(assert_supported, answer)
    assert re.fullmatch(
        r"A sentence is not fully borne by the articles \(partial; fails on .*numbers.*\)\.", message[0]
    )
    at_fault = "Old cats sleep longer than 99 young dogs [2] [only in part in the articles]."
    assert f"  sentence at fault: {at_fault}" in message
    assert message[-1] == "  nearest source text, cats.md: “Old cats sleep longer than young ones.”"


def test_a_document_is_named_by_the_end_of_its_path(tmp_path: Path) -> None:
    written = ScriptedGenerator(["The agreement covers 1,200 missiles."])
    answer = Assistant(tiny_library(tmp_path, ARTICLES), generator=written).ask("How many missiles does it cover?")
    assert_cites(answer, document="missiles.md")
    assert_cites(answer, document="news/missiles.md")


@pytest.fixture
def measure(tmp_path: Path) -> Callable[..., Path]:
    """Make a run over eight cases; the model writes the right sentence for all but the first few of them."""
    articles = {f"cat-{n}.md": f"# Cat number {n}\n\nCat number {n} sleeps {n + 20} hours a week.\n" for n in range(8)}
    shelf = tiny_library(tmp_path, articles)
    cases = [
        Case(
            id=f"cat-{n}",
            question=f"How many hours sleeps cat number {n}?",
            answerable=True,
            answers=(f"{n + 20} hours",),
            evidence=(Evidence(f"cat-{n}.md", f"Cat number {n} sleeps {n + 20} hours a week."),),
        )
        for n in range(8)
    ]

    def make(name: str, wrong: int) -> Path:
        replies = {case.question: REFUSAL if n < wrong else case.evidence[0].quote for n, case in enumerate(cases)}
        assistant = Assistant(shelf, generator=ScriptedGenerator(replies))
        gold = Gold(shelf, CaseSet("cats", tuple(cases)))
        run = Run.start(tmp_path / name, Setup(KIND, "cats", {}, {}), len(cases))
        run.complete(cases, lambda case: measure_answer(case, assistant, gold), lambda done, total: None)
        return run.folder

    return make


def test_a_run_as_good_as_its_baseline_is_no_regression(measure: Callable[..., Path]) -> None:
    baseline, run = measure("before", wrong=1), measure("after", wrong=1)
    assert_no_regression(run, baseline)
    assert_no_regression(measure("better", wrong=0), baseline, contains_gold=0.0, refusal_f1=0.0)


def test_a_regression_is_shown_with_its_interval_and_the_questions_that_got_worse(measure: Callable[..., Path]) -> None:
    baseline, run = measure("before", wrong=0), measure("after", wrong=5)
    message = failure(assert_no_regression, run, baseline, contains_gold=0.1)
    assert re.fullmatch(
        r"contains_gold went from 1\.000 to 0\.375 over 8 cases "
        r"\(95 % interval of the difference: -0\.\d+ to -0\.\d+\)\.",
        message[0],
    )
    assert message[1:] == [f"  -1.000 cat-{n}: How many hours sleeps cat number {n}?" for n in range(3)]


def test_a_regression_within_its_tolerance_passes(measure: Callable[..., Path]) -> None:
    baseline, run = measure("before", wrong=0), measure("after", wrong=5)
    assert_no_regression(str(run), str(baseline), contains_gold=0.7)
    assert failure(assert_no_regression, run, baseline)[0].startswith("token_f1 went from ")


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no run in"):
        assert_no_regression(tmp_path, tmp_path)
