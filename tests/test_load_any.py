"""What holds for every format: exact places, and one line for whatever is damaged."""

import html
import io
import random
import re
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load import LOADERS, load_documents
from rag.split import split_document
from tests.samples import MAKERS, TEXT, zipped

SHARED = Path(__file__).parents[2] / "shared" / "eval" / "ingest"
MUTATIONS = 30


@cache
def sample(suffix: str) -> bytes:
    return MAKERS[suffix]()


def outcome(data: bytes, source: str) -> str:
    """Load a file; return what is said where it is refused. Nothing else may happen."""
    try:
        documents = load_documents(data, source)
    except LoadError as error:
        message = str(error)
        assert message.startswith(f"{source}")
        assert "\n" not in message
        return message
    assert documents
    assert all(document.text.strip() and document.title for document in documents)
    for document in documents:
        "".join([document.text, document.title, document.part or "", document.author or ""]).encode()
    return ""


def assert_exact(document: Document) -> None:
    text = document.text
    starts = [place.start for place in document.places]
    assert starts == sorted(starts)
    assert all(0 <= start < len(text) for start in starts)
    chunks = split_document(document, lambda texts: [len(text.split()) for text in texts], 64)
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert all(text[sentence.start : sentence.end] == sentence.text for sentence in chunk.sentences)
    covered = "".join(sentence.text for chunk in chunks for sentence in chunk.sentences)
    assert "".join(covered.split()) == "".join(text.split())


@pytest.mark.parametrize("suffix", sorted(MAKERS))
class TestEveryFormat:
    def test_its_sample_is_read_with_exact_places_chunks_and_sentences(self, suffix: str) -> None:
        documents = load_documents(sample(suffix), f"sample.txt{suffix}")
        for document in documents:
            assert_exact(document)
        assert len({document.id for document in documents}) == len(documents)

    @pytest.mark.parametrize("seed", range(3))
    def test_random_bytes_are_refused_or_text(self, suffix: str, seed: int) -> None:
        outcome(random.Random(seed).randbytes(3000), f"odd.txt{suffix}")

    def test_nothing_at_all_is_refused(self, suffix: str) -> None:
        for data in [b"", b"\n", b"\0", b"{}", b"<a/>", b"[[[[", b"PK\x03\x04", b"From "]:
            outcome(data, f"odd.txt{suffix}")
        assert outcome(b"", f"odd.txt{suffix}")

    def test_mutations_are_read_or_refused_in_one_line(self, suffix: str) -> None:
        data = sample(suffix)
        chance = random.Random(suffix)
        for number in range(MUTATIONS):
            mutated = bytearray(data)
            if number % 3 == 0:
                del mutated[chance.randrange(len(data)) :]
            elif number % 3 == 1:
                for _ in range(chance.choice([1, 4, 30])):
                    mutated[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            else:
                start = chance.randrange(len(data))
                mutated[start : start + chance.randrange(200)] = chance.randbytes(chance.randrange(200))
            outcome(bytes(mutated), f"odd.txt{suffix}")


@pytest.mark.parametrize("suffix", [".docx", ".epub", ".odt", ".pptx", ".xlsx"])
def test_mutated_parts_of_packages_are_read_or_refused_in_one_line(suffix: str) -> None:
    # A mutation of the whole is mostly caught by the zip file's checksums; this one reaches the parsers.
    with zipfile.ZipFile(io.BytesIO(sample(suffix))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    chance = random.Random(suffix)
    for number in range(2 * MUTATIONS):
        name = chance.choice([part for part in sorted(parts) if part.endswith(("ml", ".rels", ".opf")) and parts[part]])
        mutated = bytearray(parts[name])
        values = list(re.finditer(rb'="([^"]*)"', mutated))
        if number % 3 == 0 or not values:
            del mutated[chance.randrange(len(mutated)) :]
        elif number % 3 == 1:
            mutated[chance.randrange(len(mutated))] ^= 1 << chance.randrange(8)
        else:
            value = chance.choice(values)
            mutated[value.start(1) : value.end(1)] = chance.choice([b"", b"-1", b"9" * 20, b"1e9", b"../../x", b"x"])
        outcome(zipped(parts | {name: bytes(mutated)}), f"odd{suffix}")


def test_every_format_has_a_sample() -> None:
    # Its PDFs the tests of that loader make.
    assert set(LOADERS) - set(MAKERS) <= {".pdf"}


@pytest.mark.parametrize("suffix", sorted(LOADERS))
def test_text_under_any_name_is_read_or_refused(suffix: str) -> None:
    outcome(TEXT.encode(), f"odd.txt{suffix}")


EXPECTED = sorted(path for name in ("docx", "epub") for path in (SHARED / name).glob("*.expected.md"))


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", html.unescape(re.sub(r"<!--.*?-->|\]\([^)]*\)", " ", text)).lower()))


@pytest.mark.shared
@pytest.mark.skipif(not EXPECTED, reason="../shared is not there")
@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name.partition(".")[0])
def test_the_words_of_real_files_survive(expected: Path) -> None:
    suffix = f".{expected.parent.name}"
    file = expected.with_name(expected.name.replace(".expected.md", suffix))
    found = words(" ".join(document.text for document in load_documents(file.read_bytes(), file.name)))
    wanted = words(expected.read_text(encoding="utf-8"))
    assert (wanted & found).total() >= 0.97 * wanted.total()


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
@pytest.mark.parametrize("folder", ["docx", "epub", "eml", "html-news"])
def test_offsets_are_exact_in_real_files(folder: str) -> None:
    files = [path for path in sorted((SHARED / folder).iterdir()) if path.suffix in LOADERS]
    assert files
    for path in files:
        for document in load_documents(path.read_bytes(), path.name) if path.suffix != ".json" else ():
            assert_exact(document)
