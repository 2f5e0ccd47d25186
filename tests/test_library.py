"""The folder on disk: kept in step with its articles, exact, and whole after whatever happened to it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import rag.library
from embeddings import Encoder, Reading, Vectors
from embeddings.hashing import HashingEncoder
from rag.errors import EncoderMismatch, LibraryDamaged, LibraryError, LibraryNotFound, LoadError
from rag.index_report import IndexReport
from rag.library import Library
from rag.library_files import DATABASE_FILE, VECTORS_FILE
from rag.settings import Settings
from rag.split import passage_text
from rag.testing import tiny_library


class CountingEncoder(HashingEncoder):
    """Knows how many texts it has encoded."""

    encoded = 0

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return super().encode_passages(texts)

    def read_passages(self, texts: Sequence[str]) -> list[Reading]:
        self.encoded += len(texts)
        return super().read_passages(texts)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    encoder = CountingEncoder()

    def load_encoder(name: str, folder: Path | None) -> Encoder:
        return encoder

    monkeypatch.setattr(rag.library, "load_encoder", load_encoder)
    return encoder


def reopened(library: Library, **changes: object) -> Library:
    library.close()
    return Library.open(settings=library.settings.model_copy(update=changes))


def sources(library: Library) -> list[str]:
    return [document.source for document in library.documents()]


def what_happened(report: IndexReport) -> dict[str, list[str]]:
    kinds = {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "skipped": list(report.skipped),
    }
    return {kind: sorted(found) for kind, found in kinds.items() if found}


ALL = ["bread.md", "missiles.md", "notes/shells.txt"]


def test_every_offset_read_back_is_exact(library: Library) -> None:
    ids, vectors = library.database.vectors(library.encoder.dimension)
    chunks = library.chunks(ids)
    assert len(chunks) == len(ids) >= 3
    for number, key in enumerate(ids):
        chunk, document = chunks[key]
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert (chunk.start, chunk.end) == (chunk.sentences[0].start, chunk.sentences[-1].end)
        for sentence in chunk.sentences:
            assert document.text[sentence.start : sentence.end] == sentence.text
        encoded = library.encoder.encode_passages([passage_text(document.title, chunk.text)])
        np.testing.assert_array_equal(encoded[0], vectors[number])
        assert len(library.database.sentence_vectors([key])[key].vectors) == len(chunk.sentences)


def test_sources_are_relative_to_where_the_library_lies(
    library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "far.md"
    elsewhere.write_text("Far away.")
    library.index(elsewhere)
    assert sources(library) == sorted([*ALL, elsewhere.as_posix()])


def test_metadata_of_the_front_matter_is_kept(library: Library) -> None:
    missiles = next(document for document in library.documents() if document.source == "missiles.md")
    assert (missiles.title, missiles.date, missiles.author, missiles.publisher) == (
        "Pyongyang objects",
        "2025-03-31",
        "A. Writer",
        "Agency",
    )


def test_what_is_unchanged_is_not_encoded(tmp_path: Path, counting: CountingEncoder) -> None:
    library = tiny_library(tmp_path, {"a.md": "One thing.", "b.md": "Another thing."})
    assert counting.encoded == 4  # a chunk and a sentence each
    report = reopened(library).index(tmp_path)
    assert counting.encoded == 4
    assert what_happened(report) == {"unchanged": ["a.md", "b.md"]}
    assert report.chunks == 0


def test_a_file_that_was_only_touched_is_not_encoded(tmp_path: Path, counting: CountingEncoder) -> None:
    library = tiny_library(tmp_path, {"a.md": "One thing."})
    os.utime(tmp_path / "a.md", ns=(1, 1))
    generation = library.database.generation
    assert what_happened(library.index(tmp_path)) == {"unchanged": ["a.md"]}
    assert counting.encoded == 2
    assert library.database.files()["a.md"].mtime_ns == 1
    assert library.database.generation == generation


def test_only_what_changed_is_encoded(tmp_path: Path, counting: CountingEncoder) -> None:
    library = tiny_library(tmp_path, {"a.md": "One thing.", "b.md": "Another thing."})
    (tmp_path / "a.md").write_text("Something wholly different now.")
    report = library.index(tmp_path)
    assert what_happened(report) == {"updated": ["a.md"], "unchanged": ["b.md"]}
    assert counting.encoded == 6
    assert report.chunks == 1
    assert {document.source: document.text for document in library.documents()} == {
        "a.md": "Something wholly different now.",
        "b.md": "Another thing.",
    }
    assert library.database.match("one", 5) == []


def test_another_size_of_chunks_is_a_change(tmp_path: Path, counting: CountingEncoder) -> None:
    library = tiny_library(tmp_path, {"a.md": "One thing and some words more, said at length. " * 10})
    report = reopened(library, chunk_tokens=32).index(tmp_path)
    assert what_happened(report) == {"updated": ["a.md"]}
    assert report.chunks > 1


def test_a_file_that_has_gone_goes_from_the_library(library: Library, tmp_path: Path) -> None:
    (tmp_path / "bread.md").unlink()
    assert what_happened(library.index(tmp_path))["removed"] == ["bread.md"]
    assert sources(library) == ["missiles.md", "notes/shells.txt"]
    assert library.database.match("dough", 5) == []


def test_a_folder_indexed_alone_leaves_the_others_in_place(library: Library, tmp_path: Path) -> None:
    (tmp_path / "bread.md").unlink()
    assert what_happened(library.index(tmp_path / "notes")) == {"unchanged": ["notes/shells.txt"]}
    assert sources(library) == ALL


def test_a_folder_whose_last_file_has_gone_is_emptied(library: Library, tmp_path: Path) -> None:
    (tmp_path / "notes" / "shells.txt").unlink()
    assert what_happened(library.index(tmp_path / "notes")) == {"removed": ["notes/shells.txt"]}


def test_a_file_that_became_unreadable_goes_and_is_named(library: Library, tmp_path: Path) -> None:
    (tmp_path / "bread.md").write_bytes(b"\x00\x01\x02\xff" * 50)
    report = library.index(tmp_path)
    assert what_happened(report)["skipped"] == ["bread.md"]
    assert report.skipped["bread.md"].startswith("bread.md: a binary file")
    assert sources(library) == ["missiles.md", "notes/shells.txt"]


def test_one_bad_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"")
    library = tiny_library(tmp_path, {"good.md": "A good article."})
    assert sources(library) == ["good.md"]


def test_the_fingerprint_follows_what_the_articles_say(library: Library, tmp_path: Path) -> None:
    before = library.fingerprint
    library.index(tmp_path)
    assert library.fingerprint == before
    (tmp_path / "bread.md").write_text("Other bread.")
    library.index(tmp_path)
    assert library.fingerprint != before


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("bread.md", ["bread.md"]),
        ("shells.txt", ["notes/shells.txt"]),
        ("notes", ["notes/shells.txt"]),
        ("*.md", ["bread.md", "missiles.md"]),
    ],
    ids=["source", "file name", "folder", "glob"],
)
def test_articles_are_removed_by_name(library: Library, pattern: str, gone: list[str]) -> None:
    assert sorted(library.remove(pattern)) == gone
    assert sources(library) == [source for source in ALL if source not in gone]
    assert len(library.vector_index()) == len(library.database.vectors(256)[0])


def test_a_name_that_nothing_has_is_an_error(library: Library) -> None:
    with pytest.raises(LibraryError, match=r"holds nothing called 'butter\.md'"):
        library.remove("butter.md")
    assert sources(library) == ALL


def test_opening_touches_nothing(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "none", Settings.read(encoder="hashing"))
    assert not library.exists()
    with pytest.raises(LibraryNotFound, match="rag index PATH"):
        library.documents()
    with pytest.raises(LoadError, match="nothing to read"):
        library.index(tmp_path)
    assert not (tmp_path / "none").exists()


def test_the_encoder_is_the_librarys_own_where_none_is_named(library: Library) -> None:
    assert reopened(library, encoder=None).encoder.name == "hashing-256"


def test_another_encoder_is_refused_and_changes_nothing(library: Library, tmp_path: Path) -> None:
    before = library.fingerprint
    other = reopened(library, encoder="hashing-64")
    with pytest.raises(EncoderMismatch, match=r"'hashing-256', not with 'hashing-64'.*--rebuild"):
        other.index(tmp_path)
    assert reopened(library).fingerprint == before


def test_a_library_is_made_anew_with_another_encoder(library: Library, tmp_path: Path) -> None:
    other = reopened(library, encoder="hashing-64")
    report = other.index(tmp_path, rebuild=True)
    assert what_happened(report) == {"added": ALL}
    # The old vector index held as many rows, made by as many changes.
    ids, vectors = other.database.vectors(64)
    (best, score), *_ = other.vector_index().search(vectors[0], 1)
    assert best == ids[0]
    assert score == pytest.approx(1, abs=1e-5)


def test_a_rebuild_of_nothing_keeps_what_is_there(library: Library, tmp_path: Path) -> None:
    (tmp_path / "void").mkdir()
    with pytest.raises(LoadError, match="nothing to read"):
        library.index(tmp_path / "void", rebuild=True)
    assert sources(library) == ALL


def overwrite(path: Path) -> None:
    path.write_bytes(b"no index, no database" * 500)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [overwrite, cut, Path.unlink], ids=["overwritten", "cut", "missing"])
def test_a_vector_index_that_is_lost_is_made_again(library: Library, damage: Callable[[Path], None]) -> None:
    query = library.encoder.encode_queries(["Yeast makes the dough rise."])
    before = library.vector_index().search(query, 3)
    path = library.folder / VECTORS_FILE
    written = path.read_bytes()
    damage(path)
    assert reopened(library).vector_index().search(query, 3) == before
    assert path.read_bytes() == written


def test_a_vector_index_of_an_earlier_state_is_made_again(library: Library, tmp_path: Path) -> None:
    path = library.folder / VECTORS_FILE
    old = path.read_bytes()
    (tmp_path / "new.md").write_text("A new article.")
    library.index(tmp_path)
    path.write_bytes(old)
    assert len(reopened(library).vector_index()) == 4


@pytest.mark.parametrize("damage", [overwrite, cut], ids=["overwritten", "cut"])
def test_a_damaged_database_is_refused_until_it_is_made_anew(
    library: Library, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    library.close()
    damage(library.folder / DATABASE_FILE)
    with pytest.raises(LibraryDamaged, match="rag index --rebuild"):
        Library.open(settings=library.settings).index(tmp_path)
    again = Library.open(settings=library.settings)
    again.index(tmp_path, rebuild=True)
    assert sources(again) == ALL
    assert again.database.problems() == []


INDEX_AND_WAIT = """
import sys, time
from rag.library import Library
from rag.settings import Settings

def progress(done, total, source, chunks):
    if done == int(sys.argv[1]):
        print("here", flush=True)
        time.sleep(60)

Library.open(settings=Settings.read(library="news/.rag", encoder="hashing")).index("news", progress=progress)
"""


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A folder of 150 short articles, more than are encoded together."""
    folder = tmp_path / "news"
    folder.mkdir()
    for number in range(150):
        (folder / f"{number:03}.md").write_text(f"Article {number} tells of event {number}. It is over now.")
    return folder


@pytest.mark.parametrize("place", [0, 70, 150])
def test_a_killed_process_leaves_a_library_that_is_completed(news: Path, place: int) -> None:
    with subprocess.Popen([sys.executable, "-c", INDEX_AND_WAIT, str(place)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        process.send_signal(signal.SIGKILL)
    library = Library.open(news / ".rag", Settings.read(encoder="hashing"))
    kept = len(library.documents())
    assert kept in {0, 64, 128, 150}
    assert library.database.problems() == []
    report = library.index(news)
    assert (len(report.unchanged), len(report.added)) == (kept, 150 - kept)
    assert len(library.documents()) == len(library.vector_index()) == 150


def test_a_process_killed_while_it_makes_the_database_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / ".rag").mkdir()
    (tmp_path / ".rag" / f".{DATABASE_FILE}").write_bytes(b"")
    assert sources(tiny_library(tmp_path, {"a.md": "One thing."})) == ["a.md"]


def test_two_processes_may_index_at_once(news: Path) -> None:
    command = [sys.executable, "-m", "rag.cli", "index", "news", "-l", "news/.rag", "--encoder", "hashing", "--json"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as first,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as second,
    ):
        outcomes = [process.communicate() for process in (first, second)]
    assert [errors for _, errors in outcomes] == [b"", b""]
    assert (first.returncode, second.returncode) == (0, 0)
    library = Library.open(news / ".rag", Settings.read(encoder="hashing"))
    assert len(library.documents()) == len(library.vector_index()) == 150
    assert library.database.problems() == []
