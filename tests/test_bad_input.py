"""What goes wrong in people's hands: one line that says what to do, status 2, and never a traceback."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rag.library import Library
from rag.library_files import DATABASE_FILE, VECTORS_FILE
from tests.conftest import Command, Ran

QUESTION = "When did Pete Hegseth visit Tokyo?"


def assert_one_clear_line(ran: Ran, *said: str) -> None:
    assert ran.status == 2
    *notices, line = ran.stderr.splitlines()
    assert line.startswith("rag: ")
    assert all(notice.startswith("Using ") for notice in notices)  # weights that the catalogue does not know
    assert "Traceback" not in ran.stdout
    for words in said:
        assert words in line


def write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def loop(folder: Path) -> None:
    (folder / "loop.md").symlink_to(folder / "loop.md")


def nothing(folder: Path) -> None:
    assert folder.is_dir()


def remove_library(folder: Path) -> None:
    for path in (folder / ".rag").iterdir():
        path.unlink()
    (folder / ".rag").rmdir()


def damage_database(folder: Path) -> None:
    (folder / ".rag" / DATABASE_FILE).write_bytes(b"no database at all " * 999)


def make_empty_folder(folder: Path) -> None:
    (folder / "void").mkdir()


# Each in a folder with a library of three articles: what is done to it, the command, words of the line.
CASES: dict[str, tuple[Callable[[Path], object], Sequence[str], Sequence[str]]] = {
    "missing path": (nothing, ["index", "nowhere"], ["No such file or folder: nowhere"]),
    "path through a file": (nothing, ["index", "bread.md/x.md"], ["No such file or folder"]),
    "path that leads round in circles": (loop, ["index", "loop.md"], ["Cannot read loop.md"]),
    "path that is too long": (nothing, ["index", "a" * 5000], ["Cannot read"]),
    "empty file": (write("empty.md", b""), ["index", "empty.md"], ["empty.md", "no text"]),
    "blank file": (write("blank.md", b" \n\t\n"), ["index", "blank.md"], ["blank.md", "no text"]),
    "binary file": (write("photo.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9), ["index", "photo.txt"], ["binary file"]),
    "file of another format": (write("a.xyz", b"text"), ["index", "a.xyz"], ["'.xyz' files are not supported"]),
    "broken header": (write("a.md", b"---\ntitle: a: b\n---\nText."), ["index", "a.md"], ["not valid YAML"]),
    "folder with nothing to read": (make_empty_folder, ["index", "void", "-l", "new"], ["nothing to read in void"]),
    "library that is a file": (nothing, ["index", "notes", "-l", "bread.md"], ["bread.md"]),
    "no library: search": (remove_library, ["search", QUESTION], ["no library in .rag", "rag index PATH"]),
    "no library: ask": (remove_library, ["ask", QUESTION], ["no library in .rag", "rag index PATH"]),
    "no library: list": (remove_library, ["list"], ["no library in .rag", "rag index PATH"]),
    "no library: remove": (remove_library, ["remove", "bread.md"], ["no library in .rag", "rag index PATH"]),
    "other encoder: search": (nothing, ["search", QUESTION, "--encoder", "hashing-64"], ["hashing-256", "--rebuild"]),
    "other encoder: index": (nothing, ["index", ".", "--encoder", "hashing-64"], ["hashing-256", "--rebuild"]),
    "damaged database: search": (damage_database, ["search", QUESTION], [DATABASE_FILE, "rag index --rebuild"]),
    "damaged database: index": (damage_database, ["index", "."], [DATABASE_FILE, "rag index --rebuild"]),
    "damaged database: list": (damage_database, ["list"], [DATABASE_FILE, "rag index --rebuild"]),
    "unknown model": (nothing, ["ask", QUESTION, "--llm", "qwen"], ["'qwen'", "rag models list"]),
    "unknown model file": (nothing, ["ask", QUESTION, "--llm", "gone.gguf"], ["'gone.gguf'", "rag models list"]),
    "encoder for a language model": (nothing, ["ask", QUESTION, "--llm", "all-MiniLM-L6-v2"], ["encoder"]),
    "no GGUF": (write("m.gguf", b"GGML" * 99), ["ask", QUESTION, "--llm", "m.gguf"], ["m.gguf is no GGUF file"]),
    "damaged GGUF": (write("m.gguf", b"GGUF\3\0\0\0" * 99), ["ask", QUESTION, "--llm", "m.gguf"], ["cannot be loaded"]),
    "unknown encoder": (nothing, ["index", ".", "-l", "new", "--encoder", "no such one"], ["'no such one'"]),
    "misspelt encoder": (
        nothing,
        ["index", ".", "-l", "new", "--encoder", "all-MiniLM-L6", "--offline"],
        ["Did you mean all-MiniLM-L6-v2?"],
    ),
    "misspelt hashing": (nothing, ["index", ".", "-l", "new", "--encoder", "hashing-x"], ["hashing-256"]),
    "empty question: ask": (nothing, ["ask", ""], ["question is empty"]),
    "empty question: search": (nothing, ["search", "  "], ["question is empty"]),
    "unknown key in rag.toml": (write("rag.toml", b'libary = "x"'), ["search", QUESTION], ["'libary'", "library"]),
    "broken rag.toml": (write("rag.toml", b"llm = "), ["list"], ["rag.toml is not valid TOML"]),
    "value of a wrong kind in rag.toml": (write("rag.toml", b'hits = "x"'), ["list"], ["'hits'"]),
    "article that is not there": (nothing, ["remove", "butter.md"], ["'butter.md'", "rag list"]),
}


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_OFFLINE", "1")


@pytest.mark.parametrize(("prepare", "arguments", "said"), CASES.values(), ids=CASES.keys())
def test_bad_input_gives_one_clear_line(
    library: Library,
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[Path], object],
    arguments: Sequence[str],
    said: Sequence[str],
) -> None:
    library.close()
    (tmp_path / "any.gguf").write_bytes(b"GGUF")
    monkeypatch.setenv("RAG_LLM", "any.gguf")  # where the model is not what is wrong, none is looked for
    prepare(tmp_path)
    assert_one_clear_line(command(*arguments), *said)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["bread.md", "notes"])
def test_an_unreadable_path_gives_one_clear_line(library: Library, tmp_path: Path, command: Command, name: str) -> None:
    library.close()
    (tmp_path / name).chmod(0)
    try:
        assert_one_clear_line(command("index", name, "--rebuild"), name)
    finally:
        (tmp_path / name).chmod(0o755)


def test_a_bad_file_is_named_at_the_end_and_the_rest_is_indexed(tmp_path: Path, command: Command) -> None:
    (tmp_path / "good.md").write_text("A good article.")
    (tmp_path / "bad.md").write_bytes(b"\0\1\2" * 99)
    ran = command("index", tmp_path, "--encoder", "hashing")
    assert_one_clear_line(ran, "rag: skipped", "bad.md", "binary")
    assert ran.stdout.startswith("1 added, 1 skipped")
    assert "good.md" in command("list").stdout


def test_a_text_in_another_encoding_is_indexed(tmp_path: Path, command: Command) -> None:
    (tmp_path / "a.txt").write_bytes("Die Brücke über den Fluß wurde im März eröffnet.".encode("latin-1"))
    ran = command("index", "a.txt", "--encoder", "hashing")
    assert (ran.status, ran.stderr) == (0, "")
    assert "Brücke über den Fluß" in command("search", "Brücke").stdout


def test_a_damaged_vector_index_is_made_again_in_silence(library: Library, command: Command) -> None:
    library.close()
    before = command("search", QUESTION, "--json")
    path = library.folder / VECTORS_FILE
    path.write_bytes(path.read_bytes()[:-9])
    assert command("search", QUESTION, "--json") == before
    assert (before.status, before.stderr) == (0, "")


@pytest.mark.models
def test_a_truncated_gguf_gives_one_clear_line(
    library: Library, tmp_path: Path, command: Command, weights: Path
) -> None:
    (tmp_path / "half.gguf").write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    assert_one_clear_line(command("ask", QUESTION, "--llm", "half.gguf"), "half.gguf", "cut short")


@pytest.mark.models
def test_a_gguf_without_a_chat_template_gives_one_clear_line(
    library: Library, command: Command, untemplated: Path
) -> None:
    assert_one_clear_line(command("ask", QUESTION, "--llm", untemplated), "no chat template")


@pytest.mark.models
@pytest.mark.parametrize("words", [1000, 20_000])
def test_a_question_longer_than_the_context_gives_one_clear_line(
    library: Library, command: Command, weights: Path, monkeypatch: pytest.MonkeyPatch, words: int
) -> None:
    monkeypatch.setenv("RAG_CONTEXT_TOKENS", "1024")
    ran = command("ask", QUESTION + " missiles" * words, "--llm", weights)
    assert_one_clear_line(ran, "too long", "shorten it")
