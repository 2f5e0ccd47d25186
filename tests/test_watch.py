"""``rag index --watch`` follows a folder and ends cleanly; Ctrl-C loses nothing done."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.library import Library
from rag.settings import Settings
from rag.watch import QUIET_SECONDS, watch_paths

INDEX = [sys.executable, "-m", "rag.cli", "index", ".", "--encoder", "hashing"]


@contextmanager
def running(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*INDEX, *options], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_burst_of_changes_gives_one_line_and_ctrl_c_a_clean_end(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("One thing.")
    with running(tmp_path, "--watch") as process:
        assert said(process).startswith("1 added; 1 chunks encoded in ")
        assert process.stderr is not None
        assert process.stderr.readline() == "Watching .; Ctrl-C ends it.\n"
        time.sleep(1)
        for number in range(20):
            (tmp_path / f"{number}.md").write_text(f"Number {number}.")
            time.sleep(QUIET_SECONDS / 20)
        assert re.match(r"\d\d:\d\d:\d\d 20 added, 1 unchanged; 20 chunks encoded in ", said(process))
        (tmp_path / "a.md").rename(tmp_path / "b.md")
        (tmp_path / "7.md").unlink()
        assert re.search(r" 1 moved, 19 unchanged, 1 removed; \d chunks", said(process))
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "Stopped watching.\n")
    library = Library.open(tmp_path / ".rag", Settings.read(encoder="hashing"))
    assert len(library.documents()) == 20


def test_a_file_that_cannot_be_read_is_named_once_when_it_comes(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("One thing.")
    with running(tmp_path, "--watch") as process:
        assert said(process).startswith("1 added; ")
        assert process.stderr is not None
        assert process.stderr.readline() == "Watching .; Ctrl-C ends it.\n"
        (tmp_path / "empty.md").touch()
        assert re.search(r" 1 unchanged, 1 skipped; 0 chunks", said(process))
        (tmp_path / "b.md").write_text("Another thing.")
        assert re.search(r" 1 added, 1 unchanged, 1 skipped; 1 chunks", said(process))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert errors == (
        "rag: skipped empty.md: no text in this file; add some or leave the file out.\nStopped watching.\n"
    )


def test_a_watched_folder_tells_programs_one_line_of_json_for_each_burst(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("One thing.")
    with running(tmp_path, "--watch", "--json") as process:
        assert json.loads(said(process))["added"] == ["a.md"]
        (tmp_path / "b.md").write_text("Another thing.")
        assert json.loads(said(process))["added"] == ["b.md"]


class Bursts:
    """Counts how often ``watch_paths`` yields, in a thread."""

    def __init__(self, paths: list[Path], ignored: Path) -> None:
        self.count = 0
        self._began = threading.Event()
        threading.Thread(target=self._run, args=(paths, ignored), daemon=True).start()
        assert self._began.wait(10)

    def _run(self, paths: list[Path], ignored: Path) -> None:
        for number, _ in enumerate(watch_paths(paths, ignored)):
            self.count = number
            self._began.set()

    def wait_for(self, count: int) -> int:
        deadline = time.monotonic() + 10
        while self.count < count and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.count


def test_reading_and_what_is_to_be_ignored_are_no_changes(tmp_path: Path) -> None:
    (tmp_path / ".rag").mkdir()
    (tmp_path / "a.md").write_text("Text.")
    bursts = Bursts([tmp_path], tmp_path / ".rag")
    (tmp_path / "a.md").read_text()
    (tmp_path / ".rag" / "library.sqlite").write_text("rows")
    time.sleep(3 * QUIET_SECONDS)
    assert bursts.count == 0
    (tmp_path / "a.md").write_text("Other text.")
    assert bursts.wait_for(1) == 1


def test_a_single_file_is_followed_when_another_takes_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text.")
    bursts = Bursts([tmp_path / "a.md"], tmp_path / ".rag")
    (tmp_path / "new").write_text("Other text.")
    (tmp_path / "new").replace(tmp_path / "a.md")
    assert bursts.wait_for(1) == 1


def test_changes_that_come_in_while_watching_ends_are_no_errors(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folders = [tmp_path / str(number) for number in range(10)]
    for folder in folders:
        folder.mkdir()
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(0.001):
            for folder in folders:
                (folder / "a.md").touch()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        # Without care, every fourth end has a message.
        for _ in range(40):
            bursts = watch_paths(folders, tmp_path / ".rag")
            next(bursts)
            bursts.close()
    finally:
        ended.set()
        writer.join()
    assert caplog.records == []


@pytest.mark.skipif(os.name == "nt", reason="there, Ctrl-C is no signal that can be sent to one process")
def test_ctrl_c_keeps_what_is_done_and_ends_in_one_line(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"{number:04}.md").write_text(f"Article {number} tells of event {number}. It is over now.")
    # Read slowly, and in a process of its own.
    (tmp_path / "5.txt").write_text("(" * 250_000 + ". " + "A sentence. " * 20_000)
    library = Library.open(tmp_path / ".rag", Settings.read(encoder="hashing"))
    with running(tmp_path) as process:
        while not library.exists() or len(library.documents()) < 100:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert (printed, errors) == (
        "",
        "rag: stopped; what is done is kept, and the same command goes on with the rest.\n",
    )
    done = len(library.documents())
    assert 100 <= done < 3001
    assert library.database.problems() == []
    report = library.index(tmp_path)
    assert (len(report.unchanged), len(report.added)) == (done, 3001 - done)
