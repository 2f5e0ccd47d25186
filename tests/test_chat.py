"""``rag chat`` as a process: the real encoder, a model that does as it is told, a terminal or a pipe."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pexpect
import pytest

ROOT = Path(__file__).parent.parent
QUESTION = "How many troops are taking part in Grey Heron?"
TOLD = "Some 9,200 troops, 64 aircraft and nine ships"
FOLLOW_UP = "And who commands it?"
UNDERSTOOD = "Understood as: Who commands it? (troops are taking part in Grey Heron)"
HELD_UP = "What did North Korea object to? SLOWLY"

Terminal: TypeAlias = "pexpect.spawn[str]"

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]


@pytest.fixture
def command(seeds_library: Path, tmp_path: Path) -> list[str]:
    weights = tmp_path / "scripted.gguf"
    weights.write_bytes(b"GGUF")
    options = ["--library", str(seeds_library), "--llm", str(weights), "--offline"]
    return [sys.executable, "-m", "tests.run_scripted", "chat", *options]


@pytest.fixture
def environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
        "COLUMNS": "200",
        "LINES": "50",
    }


@pytest.fixture
def terminal(command: list[str], environment: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    """A conversation at a pseudo-terminal, at its first prompt."""
    child: Terminal = pexpect.spawn(
        command[0],
        command[1:],
        cwd=str(tmp_path),
        env=environment,
        encoding="utf-8",
        timeout=20,
        dimensions=(50, 200),
    )
    child.expect(">")
    yield child
    child.close(force=True)


def talk(command: list[str], environment: dict[str, str], *lines: str) -> subprocess.CompletedProcess[str]:
    typed = "\n".join(lines) + "\n"
    return subprocess.run(command, env=environment, input=typed, capture_output=True, text=True, check=False)


def test_a_follow_up_is_understood_at_the_prompt(terminal: Terminal) -> None:
    terminal.sendline(QUESTION)
    terminal.expect(rf"{TOLD}.*\[1\] Russia hands over protest note")
    terminal.sendline(FOLLOW_UP)
    terminal.expect_exact(UNDERSTOOD)
    terminal.expect("Russia protested on Thursday against Grey Heron")
    terminal.sendline("/sources")
    terminal.expect("1. Russia hands over protest note")
    terminal.sendline("/why")
    terminal.expect("reranked")
    terminal.sendline("/new")
    terminal.expect("A new conversation.")
    terminal.sendline("/sources")
    terminal.expect("Nothing has been asked yet.")


def test_ctrl_c_stops_an_answer_and_ctrl_d_the_program(terminal: Terminal) -> None:
    terminal.sendline(HELD_UP)
    terminal.expect("objected to the agreement.*objected to the agreement")
    terminal.sendintr()
    terminal.expect("Stopped.")
    terminal.sendline(QUESTION)
    terminal.expect(rf"{TOLD}.*\[1\] Russia hands over protest note")
    terminal.sendintr()
    terminal.sendline("/help")
    terminal.expect("Ctrl-D ends the conversation.*>")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_a_line_can_be_edited_and_called_back(terminal: Terminal) -> None:
    terminal.send("/hlp")
    terminal.send("\x1b[D\x1b[De\r")  # twice to the left, and the letter that is missing
    terminal.expect("/save FILE")
    terminal.send("\x1b[A\r")  # up: the line before
    terminal.expect("/save FILE")


def test_questions_can_be_piped_in(command: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    done = talk(command, environment, QUESTION, "", FOLLOW_UP, "/save talk.md", "/save talk.json")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "> " not in done.stdout
    assert UNDERSTOOD in done.stdout
    text = (tmp_path / "talk.md").read_text(encoding="utf-8")
    assert text.startswith(f"## {QUESTION}\n\n{TOLD}")
    assert f"*{UNDERSTOOD}*" in text
    assert "[1] Russia hands over protest note" in text
    answers = json.loads((tmp_path / "talk.json").read_text(encoding="utf-8"))
    assert [answer["question"] for answer in answers] == [QUESTION, FOLLOW_UP]


def test_what_goes_wrong_is_told_in_a_line_and_ends_nothing(
    command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "there.md").write_text("mine", encoding="utf-8")
    lines = [
        "/sauces",
        "/save",
        QUESTION,
        "/save",
        "/save there.md",
        "/save none/talk.md",
        "REFUSE the beetle",
        QUESTION,
    ]
    done = talk(command, environment, *lines)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines()[1:] if line.strip()] == [
        "There is no command /sauces; /help lists those that there are.",
        "Nothing has been asked yet.",
        "Name the file to write, as in /save talk.md.",
        "there.md is there already; name another file.",
        "none/talk.md cannot be written: No such file or directory.",
    ]
    assert (tmp_path / "there.md").read_text(encoding="utf-8") == "mine"
    assert "The articles do not say." in done.stdout
    assert done.stdout.count(TOLD) == 4
