"""A library that may only be read: all that reads works and leaves nothing behind, all that writes says so."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from rag.errors import LibraryError
from rag.library import Library
from rag.library_files import DATABASE_FILE, VECTORS_FILE
from rag.settings import Settings
from rag.testing import tiny_library
from tests.conftest import ARTICLES, QUESTION, Command
from tests.serving import ROOT, serving

LOG = f"{DATABASE_FILE}-wal"
COMMAND = (sys.executable, "-m", "rag.cli")
READING: dict[str, list[str]] = {
    "search": ["search", QUESTION],
    "ask": ["ask", QUESTION],
    "why": ["why", QUESTION],
    "list": ["list"],
    "index --dry-run": ["index", ".", "--dry-run"],
    "eval retrieve": ["eval", "retrieve", "cases.jsonl"],
}
WRITING: dict[str, list[str]] = {
    "index": ["index", "."],
    "index --rebuild": ["index", ".", "--rebuild"],
    "remove": ["remove", "bread.md"],
}


class Kept:
    """A library that somebody keeps, and that the test may read alone; as another, it may write."""

    def __init__(self, keeper: Path, reader: Path) -> None:
        self.keeper = keeper
        self.reader = reader

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Be who may write."""
        _permit(self.keeper, write=True)
        try:
            yield self.keeper
        finally:
            _permit(self.keeper, write=False)

    def open(self) -> Library:
        return Library.open(settings=Settings.read(library=self.reader, encoder="hashing"))

    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.keeper.iterdir()}


def _permit(folder: Path, *, write: bool) -> None:
    for path in (folder, *folder.iterdir()):
        with suppress(FileNotFoundError):  # a log that goes with who wrote it
            path.chmod(path.stat().st_mode | 0o200 if write else path.stat().st_mode & ~0o222)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A library that may only be read: by its permissions, or where these do not bind (root), on a mount of its own."""
    library = tiny_library(tmp_path / "kept", ARTICLES)
    library.close()
    with ExitStack() as stack:
        _permit(library.folder, write=False)
        stack.callback(_permit, library.folder, write=True)
        reader = library.folder
        if os.access(reader, os.W_OK):
            reader = tmp_path / "read" / ".rag"
            reader.mkdir(parents=True)
            stack.enter_context(_mounted(library.folder, reader))
        yield Kept(library.folder, reader)


@contextmanager
def _mounted(folder: Path, place: Path) -> Iterator[None]:
    mount = shutil.which("mount")
    if not mount or subprocess.run([mount, "--bind", folder, place], capture_output=True, check=False).returncode:
        pytest.skip("permissions do not bind this user, and it cannot mount a folder to be read only")
    try:
        subprocess.run([mount, "-o", "remount,ro,bind", place], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def cases(tmp_path: Path) -> None:
    evidence = {"document": "shells.txt", "quote": "The oldest shell in the museum is 4,000 years old."}
    case = {"id": "shell", "question": "How old is the oldest shell?", "answerable": True, "evidence": [evidence]}
    (tmp_path / "cases.jsonl").write_text(json.dumps(case))


@pytest.mark.usefixtures("scripted", "cases")
@pytest.mark.parametrize("arguments", READING.values(), ids=READING.keys())
def test_what_reads_works_and_leaves_nothing_behind(kept: Kept, command: Command, arguments: Sequence[str]) -> None:
    before = kept.contents()
    ran = command(*arguments, "--library", kept.reader)
    assert ran.status == 0, ran.stderr
    assert ran.stdout
    assert kept.contents() == before


@pytest.mark.parametrize("arguments", WRITING.values(), ids=WRITING.keys())
def test_what_writes_says_in_one_line_that_it_may_not(kept: Kept, command: Command, arguments: Sequence[str]) -> None:
    before = kept.contents()
    ran = command(*arguments, "--library", kept.reader)
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr == (
        f"rag: The library in {kept.reader} may only be read; get the right to write there, or name another one with "
        "--library or RAG_LIBRARY.\n"
    )
    assert kept.contents() == before


def test_a_library_cannot_be_made_in_a_folder_that_may_only_be_read(kept: Kept, command: Command) -> None:
    ran = command("index", kept.keeper.parent, "--library", kept.reader / "new")
    assert ran.status == 2
    assert ran.stderr.startswith(f"rag: The library's folder {kept.reader / 'new'} cannot be written (")
    assert ran.stderr.count("\n") == 1


def test_a_missing_vector_index_is_made_in_memory(kept: Kept) -> None:
    with kept.writing() as folder:
        (folder / VECTORS_FILE).unlink()
    library = kept.open()
    assert len(library.vector_index()) == 3
    assert VECTORS_FILE not in kept.contents()


def test_what_a_process_has_written_that_goes_on_is_read(kept: Kept) -> None:
    with kept.writing() as folder:
        writer = _add_article(folder)
    assert (kept.keeper / LOG).stat().st_size > 0
    searched = subprocess.run(
        [*COMMAND, "search", "Who paints watercolours?", "--json", "--library", kept.reader],
        env=os.environ | {"PYTHONPATH": str(ROOT), "RAG_ENCODER": "hashing"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert searched.returncode == 0, searched.stderr
    assert "Elephants paint watercolours." in searched.stdout
    writer.close()


def test_what_is_written_between_two_readings_is_read(kept: Kept) -> None:
    library = kept.open()
    assert len(library.documents()) == 3
    with kept.writing() as folder:
        writer = _add_article(folder)
        assert len(library.documents()) == 4  # from the log
        writer.close()
    assert len(library.documents()) == 4
    assert len(library.vector_index()) == 4
    library.close()


def test_a_reading_that_somebody_writes_into_is_not_trusted(kept: Kept) -> None:
    library = kept.open()
    with library.database.transaction("DEFERRED"):
        assert len(library.documents()) == 3
        with kept.writing() as folder:
            _add_article(folder).close()
        with pytest.raises(LibraryError, match="written to while it was read; try again"):
            library.documents()
    assert len(library.documents()) == 4


def test_a_log_that_cannot_be_read_is_not_passed_over(kept: Kept, command: Command) -> None:
    with kept.writing() as folder:
        writer = _add_article(folder)
        log = (folder / LOG).read_bytes()
        writer.close()
        (folder / LOG).write_bytes(log)
    ran = command("list", "--library", kept.reader)
    assert ran.status == 2
    assert ran.stderr.startswith(f"rag: The library's database {kept.reader / DATABASE_FILE} cannot be used now")
    assert "copy it to where you may write" in ran.stderr
    shutil.copytree(kept.reader, "copy")
    Path("copy").chmod(0o755)
    for path in Path("copy").iterdir():
        path.chmod(0o644)
    assert "elephants.md" in command("list", "--library", "copy").stdout


def test_a_server_answers_and_takes_no_articles(kept: Kept) -> None:
    with serving(kept.reader) as server:
        assert server.client.get("/api/documents").json()["total"] == 3
        answer = server.events("How old is the oldest shell?")[-1][1]
        assert "4,000" in answer["text"]
        assert server.client.get("/api/me").json() == {"read_only": True}
        document_id = server.client.get("/api/documents").json()["documents"][0]["document_id"]
        refused = [
            server.client.post("/api/documents", files=[("files", ("new.md", b"A new article."))]),
            server.client.delete(f"/api/documents/{document_id}"),
        ]
        assert [(each.status_code, each.json()["error"]["code"]) for each in refused] == [
            (403, "read_only_library")
        ] * 2
        with kept.writing() as folder:
            _add_article(folder, rebuild=True).close()
        began = time.monotonic()
        while server.client.get("/api/documents").json()["total"] != 4:
            assert time.monotonic() - began < 30
            time.sleep(0.1)


def _add_article(folder: Path, *, rebuild: bool = False) -> Library:
    (folder.parent / "elephants.md").write_text("Elephants paint watercolours.")
    writer = Library.open(folder, Settings.read(encoder="hashing"))
    writer.index(folder.parent, rebuild=rebuild)
    return writer
