"""The default models answer over the sample articles, through the command itself: a few questions, no recordings."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SEEDS = Path(__file__).parent.parent / "seeds"

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    assert rag("index", str(SEEDS), folder=folder)[0] == 0
    return folder


def rag(*arguments: str, folder: Path, questions: str = "") -> tuple[int, str]:
    command = [sys.executable, "-m", "rag.cli", *arguments]
    done = subprocess.run(command, cwd=folder, input=questions, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def ask(question: str, folder: Path) -> tuple[int, dict[str, Any]]:
    status, printed = rag("ask", "--json", question, folder=folder)
    return status, json.loads(printed)


@pytest.mark.parametrize(
    ("question", "said", "quoted"),
    [
        ("What did North Korea object to?", "AIM-120 air-to-air missiles", "objected to the agreement"),
        ("When did Pete Hegseth visit Tokyo?", "30 March 2025", "visited Tokyo on 30 March 2025"),
        ("What policy did Kim Jong Un order in December 2024?", "toughest anti-U.S. counteraction", "December 2024"),
    ],
)
def test_what_the_articles_say_is_answered_with_its_words(folder: Path, question: str, said: str, quoted: str) -> None:
    status, answer = ask(question, folder)
    assert status == 0
    assert said in answer["text"]
    assert any(quoted in citation["quote"] for citation in answer["citations"])
    assert Path(answer["citations"][0]["source"]).name == "missiles.md"


@pytest.mark.parametrize("question", ["Who won the 2022 World Cup?", "How many missiles will be produced each year?"])
def test_what_they_do_not_say_is_refused(folder: Path, question: str) -> None:
    status, answer = ask(question, folder)
    assert status == 1
    assert answer["refused"]
    assert answer["citations"] == []


def test_questions_from_standard_input_are_answered_one_a_line(folder: Path) -> None:
    questions = "When did Pete Hegseth visit Tokyo?\n\nWho won the 2022 World Cup?\n"
    status, printed = rag("ask", "-", folder=folder, questions=questions)
    answers = [json.loads(line) for line in printed.splitlines()]
    assert status == 0
    assert [answer["refused"] for answer in answers] == [False, True]
