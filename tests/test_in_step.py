"""The library follows its folder by content: what is new is encoded, what moved is kept, what has gone is gone."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.errors import LoadError
from rag.library import Library
from rag.settings import Settings
from rag.testing import tiny_library
from tests.conftest import Command
from tests.test_library import CountingEncoder, counting, sources, what_happened

__all__ = ["counting"]  # a fixture

TITLED = "---\ntitle: The dam\n---\nThe dam holds 90 million litres. It was built in 1931.\n"


def content(library: Library) -> dict[str, Any]:
    """Return all that a library holds, without the numbers that tell in which order it came."""
    database = library.database
    ids, vectors = database.vectors(library.encoder.dimension)
    chunks, of_sentences = database.chunks(ids), database.sentence_vectors(ids)
    place = {key: (chunks[key][0].document_id, chunks[key][0].start) for key in ids}
    rows = database._rows
    rows("CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab(main, terms, instance)")
    nearest = library.vector_index().vectors(ids) if ids else np.empty((0, 0))
    return {
        "documents": {document.id: document for document in database.documents()},
        "files": {source: (file.digest, file.size) for source, file in database.files().items()},
        "chunks": {place[key]: chunks[key][0].sentences for key in ids},
        "vectors": {place[key]: vector.tobytes() for key, vector in zip(ids, vectors, strict=True)},
        "sentence vectors": {place[key]: of_sentences[key].vectors.tobytes() for key in ids},
        "words": {place[key]: of_sentences[key].words for key in ids},
        "nearest": {place[key]: vector.tobytes() for key, vector in zip(ids, nearest, strict=True)},
        "terms": sorted((place[key], *rest) for key, *rest in rows("SELECT doc, term, col, offset FROM instances")),
        "problems": database.problems(),
    }


def test_a_renamed_file_is_not_encoded_again(tmp_path: Path, counting: CountingEncoder) -> None:
    library = tiny_library(tmp_path, {"dam.md": TITLED, "other.md": "Something else."})
    encoded = counting.encoded
    (tmp_path / "archive").mkdir()
    (tmp_path / "dam.md").rename(tmp_path / "archive" / "old-dam.md")
    report = library.index(tmp_path)
    assert (report.moved, report.chunks) == ({"dam.md": "archive/old-dam.md"}, 0)
    assert what_happened(report) == {"unchanged": ["other.md"]}
    assert counting.encoded == encoded
    [hit, *_] = Assistant(library).search("How much does the dam hold?")
    assert hit.document.source == "archive/old-dam.md"
    assert sources(library) == ["archive/old-dam.md", "other.md"]


def test_a_renamed_folder_is_not_encoded_again(tmp_path: Path, counting: CountingEncoder) -> None:
    library = tiny_library(tmp_path, {f"news/{n}.txt": f"Event {n} happened. Nobody saw it." for n in range(100)})
    encoded = counting.encoded
    (tmp_path / "news").rename(tmp_path / "old")
    report = library.index(tmp_path)
    assert (len(report.moved), report.chunks, counting.encoded) == (100, 0, encoded)
    assert report.added == report.removed == []


def test_a_title_made_of_the_name_changes_with_it(tmp_path: Path, counting: CountingEncoder) -> None:
    library = tiny_library(tmp_path, {"dam.txt": "It was built in 1931."})
    (tmp_path / "dam.txt").rename(tmp_path / "bridge.txt")
    report = library.index(tmp_path)
    assert report.moved == {"dam.txt": "bridge.txt"}
    assert [document.title for document in library.documents()] == ["Bridge"]
    assert library.database.match("dam", 5) == []


def test_two_files_that_changed_places_are_told_apart_though_size_and_time_are_alike(tmp_path: Path) -> None:
    library = tiny_library(tmp_path, {"a.md": "One thing is red.", "b.md": "One thing is new."})
    for name in ("a.md", "b.md"):
        os.utime(tmp_path / name, ns=(10**18, 10**18))
    library.index(tmp_path)
    (tmp_path / "a.md").rename(tmp_path / "c")
    (tmp_path / "b.md").rename(tmp_path / "a.md")
    (tmp_path / "c").rename(tmp_path / "b.md")
    assert what_happened(library.index(tmp_path)) == {"updated": ["a.md", "b.md"]}
    assert [document.text for document in library.documents()] == ["One thing is new.", "One thing is red."]


def test_a_copy_is_encoded_once_and_named(tmp_path: Path, counting: CountingEncoder) -> None:
    library = tiny_library(tmp_path, {"dam.md": TITLED, "copy.md": TITLED})
    assert counting.encoded == 1 + 2  # a chunk, its sentences
    (tmp_path / "later.md").write_text(TITLED)
    report = library.index(tmp_path)
    assert (report.added, report.chunks) == (["later.md"], 0)
    assert report.duplicates == {"dam.md": "copy.md", "later.md": "copy.md"}
    assert counting.encoded == 3


def test_only_the_new_passages_of_an_edited_file_are_encoded(tmp_path: Path, counting: CountingEncoder) -> None:
    paragraphs = [f"Paragraph {n} tells of event {n}. It does so at length, {'very ' * 90}indeed." for n in range(20)]
    library = tiny_library(tmp_path, {"long.md": "# Long\n\n" + "\n\n".join(paragraphs)})
    assert len(library.database.vectors(256)[0]) == 10
    encoded = counting.encoded
    (tmp_path / "long.md").write_text("# Long\n\n" + "\n\n".join(paragraphs).replace("event 7", "accident 7"))
    report = library.index(tmp_path)
    assert (report.updated, report.chunks) == (["long.md"], 1)
    assert counting.encoded - encoded == 1 + 1  # the chunk and the sentence


def test_what_is_deleted_answers_no_more(library: Library, tmp_path: Path) -> None:
    question = "How old is the oldest shell in the museum?"
    assistant = Assistant(library)
    [hit, *_] = assistant.search(question)
    assert hit.document.source == "notes/shells.txt"
    vector = library.encoder.encode_queries([question])
    (tmp_path / "notes" / "shells.txt").unlink()
    report = library.index(tmp_path)
    assert report.removed == ["notes/shells.txt"]
    assert all(hit.document.source != "notes/shells.txt" for hit in assistant.search(question))
    assert hit.chunk.id not in [key for key, _ in library.vector_index().search(vector, 10)]
    assert library.database.match("shell", 10) == []
    assert library.database.chunks([hit.chunk.id]) == {}


def test_what_is_deleted_goes_before_what_is_new_is_encoded(library: Library, tmp_path: Path) -> None:
    (tmp_path / "bread.md").unlink()
    (tmp_path / "new.md").write_text("A new article of another size.")
    seen: list[list[str]] = []
    library.index(tmp_path, progress=lambda done, total, source, chunks: seen.append(sources(library)))
    assert seen[0] == ["missiles.md", "notes/shells.txt"]


def test_what_is_ignored_from_now_on_goes(library: Library, tmp_path: Path) -> None:
    (tmp_path / ".ragignore").write_text("notes/\n")
    assert library.index(tmp_path).removed == ["notes/shells.txt"]


def test_a_folder_that_cannot_be_entered_keeps_its_articles(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("notes"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = library.index(tmp_path)
    assert list(report.skipped) == ["notes"]
    assert report.removed == []
    assert "notes/shells.txt" in sources(library)


@pytest.mark.parametrize("name", ["two\nlines.md", os.fsdecode(b"caf\xe9.md"), "tab\t.md", "esc\x1b[31m.md"])
def test_a_name_that_cannot_be_shown_is_skipped_with_one_line(tmp_path: Path, name: str, command: Command) -> None:
    (tmp_path / name).write_text("Text.")
    (tmp_path / "good.md").write_text("Text.")
    ran = command("index", ".", "--encoder", "hashing", "--json")
    assert ran.status == 2
    report = json.loads(ran.stdout)
    assert (report["added"], len(report["skipped"])) == (["good.md"], 1)
    [line] = ran.stderr.splitlines()
    assert line.startswith("rag: skipped ")
    assert line.isprintable()


def test_the_report_as_json_counts_the_articles_in_other_languages(tmp_path: Path, command: Command) -> None:
    (tmp_path / "damm.md").write_text("Der Damm hält sehr viel Wasser, sagte die Ministerin am Freitag. " * 5)
    ran = command("index", ".", "--encoder", "hashing", "--json")
    assert (ran.status, json.loads(ran.stdout)["languages"]) == (0, {"de": 1})


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, command: Command) -> None:
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(2_000_000_000)
    (tmp_path / "good.md").write_text("Text.")
    began = time.monotonic()
    ran = command("index", ".", "--encoder", "hashing")
    assert time.monotonic() - began < 5
    assert ran.stderr == (
        "rag: skipped huge.txt: has 2,000 MB; files up to 256 MB are read, so part it or leave it out.\n"
    )
    assert (ran.status, ran.stdout[:18]) == (2, "1 added, 1 skipped")


GROW = "import sys, time\nwith open(sys.argv[1], 'ab', 0) as file:\n  while True: file.write(b'More and more. ' * 999)"


def test_a_file_that_is_being_written_is_skipped_until_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("A sentence of some words. " * 1_000_000)
    with subprocess.Popen([sys.executable, "-c", GROW, str(path)]) as growing:
        try:
            while path.stat().st_size < 27_000_000:
                time.sleep(0.01)
            library = tiny_library(tmp_path, {"good.md": "Text."})
        finally:
            growing.kill()
    assert sources(library) == ["good.md"]
    assert library.index(tmp_path / "good.md").skipped == {}


class TestPreview:
    """``--dry-run`` tells what would be done, and does nothing."""

    def test_it_tells_what_indexing_then_does(self, tmp_path: Path) -> None:
        library = tiny_library(tmp_path, {"a.md": "One.", "b.md": "Two.", "c.md": TITLED, "d.md": "Four.", "e.md": "5"})
        (tmp_path / "a.md").unlink()
        (tmp_path / "b.md").write_text("Two and more.")
        (tmp_path / "c.md").rename(tmp_path / "moved.md")
        (tmp_path / "copy.md").write_text("Four.")
        os.utime(tmp_path / "e.md", ns=(1, 1))
        before = content(library)
        foreseen = library.preview(tmp_path)
        assert content(library) == before
        report = library.index(tmp_path)
        for kind in ("added", "updated", "moved", "removed", "duplicates", "skipped"):
            assert getattr(foreseen, kind) == getattr(report, kind)
        assert sorted(foreseen.unchanged) == sorted(report.unchanged)
        assert (report.added, report.updated, report.removed) == (["copy.md"], ["b.md"], ["a.md"])
        assert (report.moved, report.duplicates) == ({"c.md": "moved.md"}, {"d.md": "copy.md"})

    def test_the_command_needs_no_weights_and_makes_no_library(self, tmp_path: Path, command: Command) -> None:
        (tmp_path / "a.md").write_text("One.")
        ran = command("index", ".", "--dry-run", "--encoder", "no such encoder")
        assert ran.status == 0
        assert ran.stdout == "add a.md\nNothing is changed; it would be: 1 added, in .rag\n"
        assert not (tmp_path / ".rag").exists()
        assert json.loads(command("index", ".", "--dry-run", "--json").stdout)["dry_run"] is True


WORDS = "the dam holds water bridge road north sea minister said talks ended on friday nobody knew why 12 90".split()


class Folder:
    """A folder that changes at random.

    Args:
        path: where it is.
        seed: decides all that happens.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.random = random.Random(seed)
        path.mkdir()

    def change(self) -> None:
        """Add, edit, move, delete or copy a file, or do something odd."""
        deeds: list[Callable[[], None]] = [self.add, self.add, self.edit, self.move, self.delete, self.copy, self.spoil]
        self.random.choice(deeds)()

    def some(self) -> Path | None:
        files = sorted(path for path in self.path.rglob("*.*") if path.is_file())
        return self.random.choice(files) if files else None

    def new(self) -> Path:
        folder = self.path / self.random.choice(["", "", "news", "news/old"])
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self.random.choice(WORDS)}{self.random.randrange(30)}.{self.random.choice(['md', 'txt'])}"

    def text(self) -> str:
        said = (" ".join(self.random.choices(WORDS, k=self.random.randint(3, 12))) for _ in range(12))
        title = self.random.choice(["", "# A title\n\n", "---\ntitle: Given\ndate: 2025-01-02\n---\n"])
        return title + " ".join(f"{sentence.capitalize()}." for sentence in said)

    def add(self) -> None:
        self.new().write_text(self.text())

    def edit(self) -> None:
        if path := self.some():
            old = path.read_bytes()
            path.write_bytes(self.random.choice([old + b" One more.", old[:-20] + b"ends.", self.text().encode()]))

    def move(self) -> None:
        if path := self.some():
            path.replace(self.new())

    def delete(self) -> None:
        if path := self.some():
            path.unlink()

    def copy(self) -> None:
        if path := self.some():
            self.new().write_bytes(path.read_bytes())

    def spoil(self) -> None:
        if path := self.some():
            path.write_bytes(self.random.choice([b"", b"\0\1\2", b"---\ntitle: a: b\n---\nText."]))


def shelf(folder: Path) -> Library:
    return Library.open(settings=Settings.read(library=folder / ".rag", encoder="hashing-32", chunk_tokens=48))


def from_scratch(folder: Path) -> dict[str, Any]:
    library = shelf(folder)
    library.index(folder / "articles", rebuild=True)
    held = content(library)
    library.close()
    return held


@pytest.mark.parametrize("seed", [1, 2])
def test_after_each_of_many_changes_the_library_equals_one_built_from_scratch(tmp_path: Path, seed: int) -> None:
    (tmp_path / "followed").mkdir()
    folder = Folder(tmp_path / "followed" / "articles", seed)
    folder.add()
    folder.add()
    library = shelf(tmp_path / "followed")
    other = tmp_path / "scratch"
    other.mkdir()
    (other / "articles").symlink_to(folder.path)
    for _ in range(100):
        for _ in range(folder.random.choice([1, 1, 1, 2, 5])):
            folder.change()
        foreseen = library.preview(folder.path)
        report = library.index(folder.path)
        assert (foreseen.moved, foreseen.removed) == (report.moved, report.removed)
        try:
            expected = from_scratch(other)
        except LoadError:  # there is nothing to read
            continue
        held = content(library)
        assert held == expected
        assert held["problems"] == []
        # One by one, each file is in exactly one list.
        listed = [*report.added, *report.updated, *report.moved.values(), *report.unchanged]
        assert sorted(listed) == sorted(held["files"])


INDEX = """
import sys
from pathlib import Path
from tests.test_in_step import shelf
shelf(Path(sys.argv[1])).index(Path(sys.argv[1], "articles"))
"""


def test_killed_at_random_the_library_is_whole_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "followed").mkdir()
    folder = Folder(tmp_path / "followed" / "articles", 3)
    for _ in range(300):
        folder.add()
    other = tmp_path / "scratch"
    other.mkdir()
    (other / "articles").symlink_to(folder.path)
    killed = 0
    for _ in range(6):
        for _ in range(40):
            folder.change()
        with subprocess.Popen([sys.executable, "-c", INDEX, str(folder.path.parent)]) as process:
            time.sleep(0.4 + folder.random.random())
            process.send_signal(signal.SIGKILL)
            killed += process.wait() != 0
        library = shelf(folder.path.parent)
        assert not library.exists() or library.database.problems() == []
        library.close()
    assert killed
    library = shelf(folder.path.parent)
    library.index(folder.path)
    assert content(library) == from_scratch(other)
