"""Compare libraries that read the text of PDFs, by the share of the expected words that they find.

    python -m pip install pypdf pdfminer.six pdfplumber
    python benchmarks/pdf_text.py ../shared/eval > benchmarks/runs/pdf_text.txt

The expectations are docling's; some repeat header cells or number list items that are not numbered in the file.
"""

import importlib
import io
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from rag.load import load_documents


def main(data: Path) -> None:
    """Print the share of words found in each file, by library, and the seconds for all of them."""
    logging.disable(logging.CRITICAL)
    files = sorted(file for file in (data / "ingest" / "pdf").glob("*.pdf") if expectation(file).exists())
    print(f"{'':32}" + "  ".join(file.stem[:12].rjust(12) for file in files) + "  seconds")
    for name, read in ways().items():
        start = time.perf_counter()
        texts = [read(file.read_bytes()) for file in files]
        seconds = time.perf_counter() - start
        shares = [share(text, expectation(file).read_text("utf-8")) for text, file in zip(texts, files, strict=True)]
        print(f"{name:32}" + "  ".join(f"{found:12.3f}" for found in shares) + f"  {seconds:7.2f}")


def expectation(file: Path) -> Path:
    """Return where the expected Markdown of a file is."""
    return file.with_name(f"{file.stem}.expected.md")


def ways() -> dict[str, Callable[[bytes], str]]:
    """Return what turns a file into its text, by name."""
    pdfium, pypdf, pdfplumber = map(importlib.import_module, ("pypdfium2", "pypdf", "pdfplumber"))
    extract_text = importlib.import_module("pdfminer.high_level").extract_text
    return {
        "in use (pypdfium2, paragraphs)": lambda data: load_documents(data, "file.pdf")[0].text,
        f"pypdfium2 {version('pypdfium2')}": lambda data: "\n".join(
            page.get_textpage().get_text_range() for page in pdfium.PdfDocument(data)
        ),
        f"pypdf {version('pypdf')}": lambda data: "\n".join(
            page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages
        ),
        f"pdfminer.six {version('pdfminer.six')}": lambda data: str(extract_text(io.BytesIO(data))),
        f"pdfplumber {version('pdfplumber')}": lambda data: "\n".join(
            page.extract_text() for page in pdfplumber.open(io.BytesIO(data)).pages
        ),
    }


def share(found: str, expected: str) -> float:
    """Return which share of the expected words, each as often as it stands there, is found."""
    of_expected = words(expected)
    return (of_expected & words(found)).total() / of_expected.total()


def words(text: str) -> Counter[str]:
    """Count words, without the marks of Markdown."""
    return Counter(re.findall(r"\w+", re.sub(r"<!--.*?-->|&\w+;|\\", "", text).lower()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
