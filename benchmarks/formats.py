"""Compare libraries that read Word files and e-books, by the share of the expected words that they find.

    python -m pip install mammoth docx2python "markitdown[docx]" EbookLib
    python benchmarks/formats.py ../shared/eval > benchmarks/runs/formats.txt

The expectations are docling's, without the marks of Markdown and the addresses of links. Libraries that are not
installed are left out; one that cannot read a file has no figure there.
"""

import html
import importlib
import io
import logging
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rag.load import load_documents


def main(data: Path) -> None:
    """Print the share of words found in each file, a column for each library."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    for suffix, ways in {".docx": docx_ways(), ".epub": epub_ways()}.items():
        print(f"{suffix:34}" + "".join(name.rjust(25) for name in ways))
        for file in sorted((data / "ingest" / suffix[1:]).glob(f"*{suffix}")):
            expected = file.with_name(f"{file.stem}.expected.md")
            if expected.exists():
                shares = [share(read, file, expected.read_text("utf-8")) for read in ways.values()]
                print(f"{file.stem:34}" + "".join(found.rjust(25) for found in shares))
        print()


def share(read: Callable[[bytes], str], file: Path, expected: str) -> str:
    """Return which share of the expected words, each as often as it stands there, is found."""
    # Libraries fail in ways of their own; that one does is a figure too.
    try:
        found = words(read(file.read_bytes()))
    except Exception as error:  # noqa: BLE001
        return type(error).__name__
    of_expected = words(re.sub(r"\]\([^)]*\)", "]", expected))
    return f"{(of_expected & found).total() / of_expected.total():.3f}"


def words(text: str) -> Counter[str]:
    """Count words, without what stands for images."""
    return Counter(re.findall(r"\w+", html.unescape(re.sub(r"<!--.*?-->", "", text)).lower()))


def in_use(suffix: str) -> Callable[[bytes], str]:
    """Return the loader that this project uses."""
    return lambda data: "\n".join(document.text for document in load_documents(data, f"file{suffix}"))


def docx_ways() -> dict[str, Callable[[bytes], str]]:
    """Return what turns a Word file into its text, by name and version."""
    found = {"in use": in_use(".docx")}
    for name, module, read in [
        ("python-docx", "docx", _python_docx),
        ("docx2python", "docx2python", lambda docx2python, data: str(docx2python.docx2python(io.BytesIO(data)).text)),
        ("mammoth", "mammoth", lambda mammoth, data: _bare(mammoth.convert_to_html(io.BytesIO(data)).value)),
        ("markitdown", "markitdown", _markitdown),
    ]:
        if find_spec(module):
            library = importlib.import_module(module)
            found[f"{name} {version(name)}"] = partial(read, library)
    return found


def epub_ways() -> dict[str, Callable[[bytes], str]]:
    """Return what turns an e-book into its text, by name and version."""
    found = {"in use": in_use(".epub")}
    if find_spec("ebooklib"):
        epub = importlib.import_module("ebooklib.epub")
        found[f"EbookLib {version('EbookLib')}"] = partial(_ebooklib, epub)
    return found


def _python_docx(docx: Any, data: bytes) -> str:
    blocks = docx.Document(io.BytesIO(data)).iter_inner_content()
    return "\n".join(
        block.text if hasattr(block, "text") else " ".join(cell.text for row in block.rows for cell in row.cells)
        for block in blocks
    )


def _markitdown(markitdown: Any, data: bytes) -> str:
    return str(markitdown.MarkItDown().convert_stream(io.BytesIO(data), file_extension=".docx").text_content)


def _ebooklib(epub: Any, data: bytes) -> str:
    book = epub.read_epub(io.BytesIO(data))
    items = (book.get_item_with_id(name) for name, _ in book.spine)
    return "\n".join(_bare(item.get_content().decode()) for item in items)


def _bare(markup: str) -> str:
    return html.unescape(re.sub(r"<head>.*?</head>|<[^>]*>", " ", markup, flags=re.DOTALL))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
