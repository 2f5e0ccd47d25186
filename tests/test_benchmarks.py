"""The figures in the README are those of the stored runs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def check(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)


def test_the_table_is_that_of_the_stored_runs() -> None:
    done = check("benchmarks/table.py", "--check")
    assert done.returncode == 0, done.stderr


def test_the_constants_in_use_are_those_that_the_kept_questions_ask_for() -> None:
    done = check("benchmarks/answerable.py", "fit")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "benchmarks" / "runs" / "answerable.txt").read_text(encoding="utf-8")
    fitted, used = done.stdout.splitlines()[:2]
    for wanted, taken in zip(numbers(fitted.partition("fitted:")[2]), numbers(used), strict=True):
        assert abs(wanted - taken) < 0.06


@pytest.mark.models
def test_follow_ups_are_understood_as_in_the_kept_run() -> None:
    done = check("benchmarks/conversation.py", "--replay")
    kept = (ROOT / "benchmarks" / "runs" / "conversation.txt").read_text(encoding="utf-8")
    squad = "questions of SQuAD 2.0"  # counted only where the public data is there
    wanted = [line for line in kept.splitlines() if squad not in line]
    assert [line for line in done.stdout.splitlines() if squad not in line] == wanted, done.stderr


def numbers(text: str) -> list[float]:
    return [float(word.strip("[]")) for word in text.split() if word.strip("[]-.0123456789") == ""]
