"""Compare what extraction and splitting of 1,000 news pages cost with what encoding them costs.

    python benchmarks/ingest_speed.py ../shared/eval > benchmarks/runs/ingest_speed.txt

The 61 pages of `ingest/html-news` are repeated. Extraction is measured on all 1,000, in processes of its own as
`rag index` reads them; encoding on the chunks and sentences of the 61, and multiplied.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from embeddings import load_encoder
from rag.extract import Extract, Task
from rag.models import locate_encoder
from rag.settings import DEFAULT_ENCODER
from rag.split import split_document
from rag.stored_vectors import StoredVectors
from rag.workers import extract_files

PAGES, CHUNK_TOKENS = 1000, 256


def main(data: Path) -> None:
    """Print the seconds of each step, and their ratio."""
    pages = sorted((data / "ingest" / "html-news").glob("*.html"))
    located = locate_encoder(DEFAULT_ENCODER)
    encoder = load_encoder(located.name, located.path)
    encoder.encode_passages(["It is loaded by now."])
    print(f"{PAGES} pages, {os.cpu_count()} cores, load by other work before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        tasks = []
        for number in range(PAGES):
            page = pages[number % len(pages)].read_bytes()
            path = Path(folder, f"{number}.html")
            path.write_bytes(page + f"<!-- {number} -->".encode())
            tasks.append(Task(path.name, path, len(page)))
        wall, busy = time.perf_counter(), sum(os.times()[:4])
        articles = []
        for number, (_, outcome) in enumerate(extract_files(tasks)):
            if not isinstance(outcome, Extract):
                raise outcome
            for document, sentences in outcome.articles or []:
                chunks = split_document(document, encoder.count_tokens, CHUNK_TOKENS, sentences)
                if number < len(pages):
                    articles.append((document, chunks))
        wall, busy = time.perf_counter() - wall, sum(os.times()[:4]) - busy
    print(f"extraction and splitting  {wall:7.1f} s, {busy / wall:.1f} cores busy", flush=True)
    encoding = time.perf_counter()
    passages = StoredVectors().add_missing(articles, encoder)
    encoding = (time.perf_counter() - encoding) * PAGES / len(pages)
    print(
        f"encoding                  {encoding:7.1f} s ({passages * PAGES // len(pages):,} chunks, and their sentences)"
    )
    print(f"ratio                     {wall / encoding:7.2f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
