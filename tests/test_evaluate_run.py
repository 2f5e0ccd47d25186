import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from rag.errors import DataError
from rag.evaluate.run import RECORDS_FILE, RUN_FILE, Record, Run, Setup
from rag.evaluate.sample import draw_sample
from rag.evaluate.scorers import rescore_run

SETUP = Setup("verify", "pairs", {"sample": None}, {"code": "1"})

# Answers five questions from a library, each after a moment, as a language model would.
ANSWERING = """
import sys, time
from functools import partial
from pathlib import Path
from rag.assistant import Assistant
from rag.evaluate.answer import measure_answer
from rag.evaluate.cases import Case, CaseSet, Evidence
from rag.evaluate.gold import Gold
from rag.evaluate.run import Run, Setup
from rag.testing import ScriptedGenerator, tiny_library

FACT = "Cats sleep sixteen hours a day."

def reply(messages):
    time.sleep(0.2)
    return FACT

cases = tuple(
    Case(str(n), f"How long do cats sleep on day {n}?", True, ("sixteen hours",), (Evidence("cats.md", FACT),))
    for n in range(5)
)
library = tiny_library(Path("."), {"cats.md": FACT})
assistant = Assistant(library, generator=ScriptedGenerator(reply))
run = Run.start(Path("run"), Setup("answer", "cases", {}, {"library": library.fingerprint}), len(cases))
measure = partial(measure_answer, assistant=assistant, gold=Gold(library, CaseSet("cases", cases)))
print("started with", len(run.records()), flush=True)
run.complete(cases, measure, lambda done, total: print("done", done, flush=True))
"""


@dataclass(frozen=True)
class Item:
    id: str


ITEMS = [Item(str(n)) for n in range(4)]


def ignore(done: int, total: int) -> None:
    """Be a CaseProgress."""


def measure_item(item: Item) -> Record:
    found = {"status": "supported", "supported": True, "score": 1.0, "sentences": []}
    return found | {"kinds": [], "seconds": float(item.id)}


def test_a_record_is_on_disk_before_the_next_case_is_measured(tmp_path: Path) -> None:
    run = Run.start(tmp_path / "run", SETUP, len(ITEMS))
    seen = []

    def look(item: Item) -> Record:
        seen.append([record["id"] for record in run.records()])
        return measure_item(item)

    run.complete(ITEMS, look, ignore)
    assert seen == [[], ["0"], ["0", "1"], ["0", "1", "2"]]


def test_a_torn_last_line_is_dropped_and_its_case_measured_again(tmp_path: Path) -> None:
    run = Run.start(tmp_path / "run", SETUP, len(ITEMS))
    run.complete(ITEMS, measure_item, ignore)
    path = tmp_path / "run" / RECORDS_FILE
    path.write_bytes(path.read_bytes()[:-7])
    assert [record["id"] for record in run.records()] == ["0", "1", "2"]
    again = []

    def note(item: Item) -> Record:
        again.append(item.id)
        return measure_item(item)

    Run.start(tmp_path / "run", SETUP, len(ITEMS)).complete(ITEMS, note, ignore)
    assert again == ["3"]
    assert [record["id"] for record in run.records()] == ["0", "1", "2", "3"]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    run = Run.start(tmp_path / "run", SETUP, len(ITEMS))
    (tmp_path / "run" / RECORDS_FILE).write_text('{"id": "0"}\n{"id"\n{"id": "2"}\n')
    with pytest.raises(DataError, match=r"answers.jsonl, line 2: not a record"):
        run.records()


def test_a_run_with_other_settings_is_refused_and_the_difference_named(tmp_path: Path) -> None:
    Run.start(tmp_path / "run", SETUP, len(ITEMS))
    other = Setup("verify", "pairs", {"sample": 10}, {"code": "1"})
    with pytest.raises(DataError, match=r"other settings \(settings.sample: None, not 10\); name another --out"):
        Run.start(tmp_path / "run", other, len(ITEMS))


def test_the_default_folder_depends_on_the_setup_alone() -> None:
    same = Setup("verify", "pairs", {"sample": None}, {"code": "1"})
    other = Setup("verify", "pairs", {"sample": None}, {"code": "2"})
    assert SETUP.default_folder == same.default_folder
    assert SETUP.default_folder != other.default_folder
    assert SETUP.default_folder.parent == Path("runs")
    assert SETUP.default_folder.name.startswith("pairs-verify-")


def test_two_processes_do_not_work_on_one_run(tmp_path: Path) -> None:
    run = Run.start(tmp_path / "run", SETUP, len(ITEMS))
    with FileLock(tmp_path / "run" / ".lock"), pytest.raises(DataError, match="Another process is at work"):
        run.complete(ITEMS, measure_item, ignore)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "There is no run in"),
        ("{", "is not the description of a run"),
        ("[]", "is not the description of a run"),
        ('{"format": 99}', "another version of this program"),
    ],
)
def test_what_is_no_run_is_told_in_one_line(tmp_path: Path, content: str | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / RUN_FILE).write_text(content)
    with pytest.raises(DataError, match=complaint):
        Run.read(tmp_path)


def test_an_unfinished_run_is_not_scored(tmp_path: Path) -> None:
    run = Run.start(tmp_path / "run", SETUP, len(ITEMS))
    run.complete(ITEMS[:2], measure_item, ignore)
    with pytest.raises(DataError, match="has 2 of 4 cases"):
        rescore_run(run)
    assert not run.finished


def test_a_finished_run_says_how_sure_its_figures_are_and_what_they_depend_on(tmp_path: Path) -> None:
    run = Run.start(tmp_path / "run", SETUP, len(ITEMS))
    run.complete(ITEMS, measure_item, ignore)
    rescore_run(run)
    read = Run.read(tmp_path / "run")
    assert read.finished
    assert read.metrics["seconds_p50"].mean == 1.5
    assert read.metrics["accuracy"].n == 4
    head = json.loads((tmp_path / "run" / RUN_FILE).read_text())
    assert head["fingerprints"] == {"code": "1"}
    assert head["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert head["machine"]["cores"] == os.cpu_count()


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, "-c", ANSWERING]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line == "done 2\n":
            break
    time.sleep(0.05)  # in the middle of the third answer
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    before = Run.read(tmp_path / "run").records()
    assert [record["id"] for record in before] == ["0", "1"]

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["started with 2", "done 2", "done 3"]
    run = Run.read(tmp_path / "run")
    assert [record["id"] for record in run.records()] == ["0", "1", "2", "3", "4"]
    assert run.records()[:2] == before
    rescore_run(run)
    assert run.metrics["contains_gold"].mean == 1.0


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_order() -> None:
    items = range(100)
    drawn = draw_sample(items, 10, seed=1, limit=None)
    assert drawn == draw_sample(items, 10, seed=1, limit=None)
    assert drawn != draw_sample(items, 10, seed=2, limit=None)
    assert list(drawn) == sorted(set(drawn))
    assert draw_sample(items, 10, seed=1, limit=3) == drawn[:3]
    assert draw_sample(items, 1000, seed=1, limit=None) == tuple(items)
