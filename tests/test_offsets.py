"""Whatever the format, each chunk and each sentence stands in its document at exactly the offsets that are stored."""

import shutil
from pathlib import Path, PurePath

import pytest

from rag.library import Library
from rag.load import LOADERS
from rag.settings import Settings

INGEST = Path(__file__).parents[2] / "shared" / "eval" / "ingest"


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["docx", "eml", "epub", "html-news", "pdf", "pdf-odd"])
def test_every_offset_of_real_files_is_exact(tmp_path: Path, kind: str) -> None:
    if not INGEST.is_dir():
        pytest.skip("../shared/eval/ingest is not beside the checkout")
    names = {path.name for path in (INGEST / kind).iterdir() if path.suffix in LOADERS}
    if not names - {name for name in names if PurePath(name).suffix == ".md"}:
        pytest.skip(f"there is no loader for {kind}")
    shutil.copytree(INGEST / kind, tmp_path / kind, ignore=shutil.ignore_patterns("*.expected.*", "expected.json"))
    library = Library.open(tmp_path / ".rag", Settings.read(encoder="hashing"))
    report = library.index(tmp_path / kind)
    assert report.added
    assert library.database.problems() == []
    ids, _ = library.database.vectors(library.encoder.dimension)
    found = library.chunks(ids)
    ends: dict[str, int] = {}
    for key in ids:
        chunk, document = found[key]
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert (chunk.start, chunk.end) == (chunk.sentences[0].start, chunk.sentences[-1].end)
        # In order, and with nothing but white space between them.
        for piece in chunk.sentences:
            assert document.text[piece.start : piece.end] == piece.text == piece.text.strip() != ""
            assert document.text[ends.get(document.id, 0) : piece.start].strip() == ""
            ends[document.id] = piece.end
        for place in document.places:
            assert 0 <= place.start <= len(document.text)
    for document in library.documents():
        assert document.text[ends[document.id] :].strip() == ""
