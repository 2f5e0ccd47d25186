"""A file that crashes its reader, never ends or wants all memory costs one line, and the others are read."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from rag.errors import RagError
from rag.extract import Extract, Task
from rag.workers import MOST_MEMORY, PLAIN_BYTES, Worker, extract_files

FAULTS = {
    "a.crash": "a.crash: crashes the program that reads it, it may be damaged; leave it out.",
    "a.killed": "a.killed: was stopped while it was read, most likely because memory ran out; leave it out.",
    "a.endless": "a.endless: takes more than 2 seconds to read; leave it out.",
    "a.stubborn": "a.stubborn: takes more than 2 seconds to read; leave it out.",
    "a.hoard": "a.hoard: takes more memory than one file may; leave it out.",
    "a.raise": "a.raise: damaged, or not what its name says (KeyError); get it again or leave it out.",
}


def task(path: Path, content: str) -> Task:
    path.write_text(content)
    return Task(path.name, path, len(content))


def outcomes(*tasks: Task) -> list[Extract | RagError]:
    read = extract_files(tasks, seconds=2, memory=500_000_000, module="tests.faulty_worker")
    return [outcome for _, outcome in read]


def test_each_fault_costs_one_line_and_no_other_file(tmp_path: Path) -> None:
    tasks = []
    for name in FAULTS:
        tasks += [task(tmp_path / name, "x"), task(tmp_path / f"after-{name}.print", f"What comes after {name}.")]
    read = outcomes(*tasks)
    assert [str(outcome) for outcome in read[::2]] == list(FAULTS.values())
    texts = [outcome.articles[0][0].text for outcome in read[1::2] if isinstance(outcome, Extract) and outcome.articles]
    assert texts == [f"What comes after {name}." for name in FAULTS]


def test_files_come_in_order_and_are_read_at_once_by_processes_that_stay(tmp_path: Path) -> None:
    naps = [0.6, 0.1, 0.1, 0.1, 0.1, 0.1]
    tasks = [task(tmp_path / f"{number}.sleep", str(nap)) for number, nap in enumerate(naps)]
    read = list(extract_files(tasks, module="tests.faulty_worker"))
    assert [given.source for given, _ in read] == [given.source for given in tasks]
    said = [outcome.articles[0][0].text for _, outcome in read if isinstance(outcome, Extract) and outcome.articles]
    assert len(said) == 6
    assert 1 < len(set(said)) <= (os.cpu_count() or 1)


def test_processes_end_with_the_run_even_in_the_middle_of_a_file(tmp_path: Path) -> None:
    tasks = [task(tmp_path / "first.txt", "Text."), *(task(tmp_path / f"{n}.sleep", "50") for n in range(9))]
    began = time.monotonic()
    with closing(extract_files(tasks, module="tests.faulty_worker")) as read:
        assert next(read)[0].source == "first.txt"
        time.sleep(0.5)
        assert psutil.Process().children() != []
    assert time.monotonic() - began < 10
    assert psutil.Process().children() == []


def test_a_little_plain_text_needs_no_process(tmp_path: Path) -> None:
    with closing(extract_files([task(tmp_path / "a.md", "Text."), task(tmp_path / "b.txt", "Text.")])) as read:
        for _, outcome in read:
            assert isinstance(outcome, Extract)
            assert psutil.Process().children() == []


def test_much_plain_text_is_read_apart_and_to_the_same_end(tmp_path: Path) -> None:
    text = "A sentence of some words. " * 10_000
    assert len(text) > PLAIN_BYTES
    [(_, outcome)] = extract_files([task(tmp_path / "long.txt", text)])
    assert isinstance(outcome, Extract)
    assert outcome.articles is not None
    [(document, sentences)] = outcome.articles
    assert document.text == text.strip()
    assert len(sentences) == 10_000


def test_an_orphan_ends_by_itself(tmp_path: Path) -> None:
    (tmp_path / "a.endless").write_text("x")
    script = (
        "import sys; from pathlib import Path; from rag.extract import Task; from rag.workers import extract_files\n"
        "print('here', flush=True)\n"
        f"list(extract_files([Task('a.endless', Path({str(tmp_path / 'a.endless')!r}), 1)], 2, 10**9,"
        " 'tests.faulty_worker'))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        time.sleep(1)
        orphans = psutil.Process(process.pid).children()
        process.kill()
    assert orphans != []
    gone, alive = psutil.wait_procs(orphans, timeout=10)
    assert (len(gone), alive) == (len(orphans), [])


def test_a_script_without_a_guard_around_its_main_part_can_index(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("A sentence of some words. " * 10_000)
    script = tmp_path / "script.py"
    script.write_text(
        "from rag import Library, Settings\n"
        "library = Library.open(settings=Settings.read(library='shelf', encoder='hashing'))\n"
        "print(library.index('long.txt').added)\n"
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("['long.txt']\n", "")


@pytest.mark.parametrize("heavy", ["torch", "numpy", "faiss", "transformers"])
def test_a_worker_loads_nothing_heavy(heavy: str) -> None:
    script = "import rag.worker, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert heavy not in done.stdout.split()


def test_a_large_parent_does_not_cost_its_workers_their_lives_after_each_file(tmp_path: Path) -> None:
    held = b"x" * (MOST_MEMORY // 2)
    path = tmp_path / "a.html"
    path.write_text("<p>They met on Friday, and nobody named a price.</p>")
    worker = Worker(60.0, MOST_MEMORY, "rag.worker")
    try:
        worker.extract(Task("a.html", path, path.stat().st_size))
        assert worker._process is not None
    finally:
        worker.close()
    assert len(held) == MOST_MEMORY // 2
