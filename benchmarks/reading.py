"""What reading and splitting 1,000 news pages costs, beside encoding them.

    python benchmarks/reading.py ../shared/eval > benchmarks/runs/reading.txt

The pages are those of `ingest/html-news`, over and over. Encoding is timed on each of them once.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from embeddings import load_encoder
from rag.extract import Extract, Task, extract_file
from rag.models import locate_encoder
from rag.split import split_document
from rag.stored_vectors import StoredVectors
from rag.workers import extract_files

PAGES = 1000
NAME = "all-MiniLM-L6-v2"
T = TypeVar("T")


def timed(do: Callable[[], T]) -> tuple[T, float, float]:
    """Return what a call gives, the seconds it took, and those of processors, its children's included."""
    before, began = os.times(), time.perf_counter()
    done = do()
    seconds, after = time.perf_counter() - began, os.times()
    return done, seconds, sum(after[:4]) - sum(before[:4])


def main(data: Path) -> None:
    files = sorted((data / "ingest" / "html-news").glob("*.html"))
    tasks = [Task(f"{n}.html", path, path.stat().st_size) for n in range(PAGES) for path in [files[n % len(files)]]]
    read, seconds, busy = timed(lambda: [outcome for _, outcome in extract_files(tasks)])
    pages = [outcome for outcome in read if isinstance(outcome, Extract)]
    print(f"{len(pages)} of {PAGES} pages read and split, in processes: {seconds:.1f} s, {busy:.1f} s of processors")
    _, alone, _ = timed(lambda: [extract_file(task) for task in tasks[: PAGES // 10]])
    print(f"in this process alone: {alone * 10:.1f} s (from {PAGES // 10} pages)")

    encoder = load_encoder(NAME, locate_encoder(NAME, offline=True).path)
    encoder.encode_passages(["warm"])
    articles = [article for page in pages for article in page.articles or []]
    split, seconds, busy = timed(lambda: [(d, split_document(d, encoder.count_tokens, 256, s)) for d, s in articles])
    print(f"packed into {sum(len(chunks) for _, chunks in split)} chunks: {seconds:.1f} s, {busy:.1f} s of processors")
    few = split[: len(files)]
    _, seconds, busy = timed(lambda: StoredVectors().add_missing(few, encoder))
    times = len(split) / len(few)
    print(f"encoded: {seconds * times:.0f} s, {busy * times:.0f} s of processors (from {len(few)} pages)")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
