"""The figures in the README are those of the stored runs."""

import re
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


@pytest.mark.parametrize(("name", "least", "share"), [("answerable", 0.06, 0.0), ("near_miss", 0.0, 0.05)])
def test_the_constants_in_use_are_those_that_the_kept_questions_ask_for(name: str, least: float, share: float) -> None:
    done = check(f"benchmarks/{name}.py", "fit")
    assert done.returncode == 0, done.stderr
    kept = ROOT / "benchmarks" / "runs" / f"{name.replace('_', '-')}.txt"
    assert done.stdout == kept.read_text(encoding="utf-8")
    fitted, used = done.stdout.splitlines()[:2]
    assert numbers(used) == pytest.approx(numbers(fitted.partition("fitted:")[2]), abs=least, rel=share)


@pytest.mark.models
def test_follow_ups_are_understood_as_in_the_kept_run() -> None:
    done = check("benchmarks/conversation.py", "--rules")
    kept = (ROOT / "benchmarks" / "runs" / "conversation.txt").read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr
    # The model is not asked here, and SQuAD is counted only where the public data is there.
    left_out = re.compile(r" model  |SQuAD")
    rows, wanted = ([row for row in text.splitlines() if not left_out.search(row)] for text in (done.stdout, kept))
    assert rows == wanted


def numbers(text: str) -> list[float]:
    return [float(word.strip("[]")) for word in text.split() if word.strip("[]-.0123456789") == ""]
