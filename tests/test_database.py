"""The rows of a library: what goes in comes out, and what is damaged is said to be."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings.hashing import HashingEncoder
from rag.database import Database
from rag.datatypes import Chunk, Document, Place, Sentence
from rag.errors import LibraryDamaged, LibraryError
from rag.late_interaction import pack_signs
from rag.stored import Entry, File, ListedDocument

ENCODER = HashingEncoder(16)
LISTED = ("id", "title", "source", "part", "date", "author", "publisher", "url", "language")
TEXT = "Cats sleep. Dogs bark at 1,200 cars."


def entry(source: str = "pets.md", text: str = TEXT) -> Entry:
    """A document of two chunks, each of one sentence."""
    document = Document(
        id=f"id of {source}",
        text=text,
        title="Pets",
        source=source,
        date="2025-01-02",
        author="A. Writer",
        publisher="Agency",
        part="chapter 1",
        url="https://pets.example/1",
        language="en",
        date_from="front matter",
        places=(Place(0, page=1), Place(12, page=2, heading="Dogs")),
    )
    end = text.index(".") + 1
    spans = [(0, end), (end + 1, len(text))]
    sentences = [Sentence(text[start:stop], start, stop) for start, stop in spans]
    chunks = [Chunk(document.id, s.text, s.start, s.end, (s,)) for s in sentences]
    vectors = ENCODER.encode_passages([sentence.text for sentence in sentences])
    return Entry(document, chunks, vectors, vectors, [pack_signs(vector[None]) for vector in vectors])


def file(source: str = "pets.md", digest: str = "d") -> File:
    return File(source, digest, 36, 1, 1, 256)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "library.sqlite", create=True)
    database.put(file(), [entry()])
    return database


def test_documents_files_and_chunks_come_back_as_they_went_in(database: Database) -> None:
    expected = entry()
    assert database.documents() == [expected.document]
    assert database.files() == {"pets.md": file()}
    ids, vectors = database.vectors(16)
    np.testing.assert_array_equal(vectors, expected.chunk_vectors)
    found = [database.chunks(ids)[key] for key in ids]
    assert [document for _, document in found] == [expected.document] * 2
    assert [(chunk.text, chunk.start, chunk.end, chunk.sentences) for chunk, _ in found] == [
        (chunk.text, chunk.start, chunk.end, chunk.sentences) for chunk in expected.chunks
    ]
    assert [chunk.id for chunk, _ in found] == ids
    assert database.chunk_counts() == {expected.document.id: 2}


def test_documents_are_listed_in_part_and_without_their_texts(database: Database) -> None:
    database.put(file("été.md"), [entry("été.md")])
    told, expected = database.list_documents("", 1, 0), entry().document
    assert told == ([ListedDocument(**{name: getattr(expected, name) for name in LISTED}, chunks=2)], 2)

    def deny_text(action: int, table: str | None, column: str | None, *_: object) -> int:
        reads = action == sqlite3.SQLITE_READ and (table, column) == ("documents", "text")
        return sqlite3.SQLITE_DENY if reads else sqlite3.SQLITE_OK

    database._connection.set_authorizer(deny_text)
    with pytest.raises(LibraryDamaged, match="text"):
        database.documents()
    assert [[each.source for each in database.list_documents("", 1, offset)[0]] for offset in (0, 1, 2)] == [
        ["pets.md"],
        ["été.md"],
        [],
    ]
    listed, total = database.list_documents("ÉTÉ", 10, 0)
    assert ([each.source for each in listed], total) == (["été.md"], 1)
    assert database.list_documents("PETS", 10, 0)[1] == 2  # a title, too
    assert database.list_documents("bark", 10, 0) == ([], 0)


def test_sentence_vectors_are_kept_to_half_precision(database: Database) -> None:
    ids, vectors = database.vectors(16)
    for key, vector in zip(ids, vectors, strict=True):
        kept = database.sentence_vectors(ids)[key]
        np.testing.assert_allclose(kept.vectors, [vector], atol=1e-3)
        assert kept.words == pack_signs(vector[None])


def test_a_file_put_again_replaces_all_that_was_made_of_it(database: Database) -> None:
    before, _ = database.vectors(16)
    database.put(file(digest="e"), [entry(text="Hens lay eggs. They do so daily.")])
    after, _ = database.vectors(16)
    assert len(after) == 2
    assert set(before).isdisjoint(after)
    assert database.match("bark", 5) == []
    assert [key for key, _ in database.match("hen", 5)] == after[:1]
    assert database.problems() == []


def test_an_id_is_never_given_twice(database: Database) -> None:
    before, _ = database.vectors(16)
    database.remove("pets.md")
    database.put(file(), [entry()])
    assert min(database.vectors(16)[0]) > max(before)


def test_a_removed_file_leaves_no_row_behind(database: Database) -> None:
    database.remove("pets.md")
    database.close()
    with sqlite3.connect(database.path) as connection:
        for table in ("files", "documents", "chunks", "sentences", "terms"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    connection.close()


def test_each_change_has_a_higher_generation(database: Database) -> None:
    first = database.generation
    database.put(file("other.md"), [entry("other.md")])
    second = database.generation
    database.remove("other.md")
    assert first < second < database.generation


def test_a_new_database_in_an_old_ones_place_has_another_generation(tmp_path: Path, database: Database) -> None:
    other = Database(tmp_path / "other.sqlite", create=True)
    other.put(file(), [entry()])
    assert other.generation != database.generation


def test_words_match_in_any_form_and_the_better_chunk_comes_first(database: Database) -> None:
    (first, best), *others = database.match('"bark" OR "pet"', 5)
    assert database.chunks([first])[first][0].text == "Dogs bark at 1,200 cars."
    assert all(best >= score > 0 for _, score in others)
    assert database.document_frequencies(["dog", "1,200", "pets", "hen"]) == (
        2,
        {"dog": 1, "1,200": 1, "pets": 2, "hen": 0},
    )


def test_a_chunk_is_found_by_its_documents_title_and_by_the_heading_above_it(database: Database) -> None:
    text_of = {key: chunk.text for key, (chunk, _) in database.chunks(database.vectors(16)[0]).items()}
    assert [text_of[key] for key, _ in database.match('"pet"', 5)] == ["Cats sleep.", "Dogs bark at 1,200 cars."]
    assert [text_of[key] for key, _ in database.match('"dog"', 5)] == ["Dogs bark at 1,200 cars."]
    assert [text_of[key] for key, _ in database.match('title: "dog"', 5)] == ["Dogs bark at 1,200 cars."]


def test_ids_that_are_not_there_are_left_out(database: Database) -> None:
    assert database.chunks([999]) == {}
    assert database.sentence_vectors([999]) == {}


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    broken = entry("broken.md")
    chunks = [*broken.chunks, broken.chunks[0]]
    with pytest.raises(ValueError):
        database.put(file("broken.md"), [replace(broken, chunks=chunks)])
    assert list(database.files()) == ["pets.md"]
    assert [document.source for document in database.documents()] == ["pets.md"]
    assert database.problems() == []


def test_threads_may_read_and_write_at_once(database: Database) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                database.put(file(f"{number}.md", str(turn)), [entry(f"{number}.md")])
                assert len(database.chunks(database.vectors(16)[0])) >= 2
        except BaseException as error:  # noqa: BLE001 - a thread's failure is this test's
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(database.documents()) == 5
    assert database.problems() == []


def overwrite_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 4096] = b"\xa5" * 4096
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no database": lambda path: path.write_bytes(b"A text, and no database. " * 400),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "a page overwritten": overwrite_middle,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_found_and_named(database: Database, damage: Callable[[Path], object]) -> None:
    database.close()
    damage(database.path)
    try:
        damaged = Database(database.path)
        problems = damaged.problems()
        damaged.close()
    except LibraryDamaged as error:
        problems = [str(error)]
        assert "rag index --rebuild" in problems[0]
        assert "\n" not in problems[0]
    assert problems


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(LibraryDamaged, match="not a library of this version"):
        Database(path)


def test_a_chunk_missing_from_the_lexical_index_is_a_problem(database: Database) -> None:
    with sqlite3.connect(database.path) as connection:
        connection.execute("DELETE FROM terms WHERE rowid = (SELECT min(rowid) FROM terms)")
    connection.close()
    assert database.problems() == ["1 chunks are missing from the lexical index"]


def test_a_file_in_use_is_not_called_damaged(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.sqlite_file.BUSY_SECONDS", 0.1)
    with database.transaction(), pytest.raises(LibraryError, match="cannot be used now") as caught:
        Database(database.path)
    assert not isinstance(caught.value, LibraryDamaged)
