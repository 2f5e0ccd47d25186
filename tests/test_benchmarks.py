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


@pytest.mark.parametrize(("name", "closeness"), [("answerable", {"abs": 0.06}), ("near_miss", {"rel": 0.05})])
def test_the_constants_in_use_are_those_that_the_kept_questions_ask_for(name: str, closeness: dict[str, float]) -> None:
    done = check(f"benchmarks/{name}.py", "fit")
    assert done.returncode == 0, done.stderr
    kept = ROOT / "benchmarks" / "runs" / f"{name.replace('_', '-')}.txt"
    assert done.stdout == kept.read_text(encoding="utf-8")
    fitted, used = done.stdout.splitlines()[:2]
    assert numbers(used) == [pytest.approx(wanted, **closeness) for wanted in numbers(fitted.partition("fitted:")[2])]


def numbers(text: str) -> list[float]:
    return [float(word.strip("[]")) for word in text.split() if word.strip("[]-.0123456789") == ""]
