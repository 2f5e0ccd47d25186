"""Time warm searches over about 10,000 chunks, all stages included, beside the dense search alone.

    python benchmarks/search_speed.py ../shared/eval > benchmarks/runs/search-speed.txt

The articles are scifact's 5,183 abstracts (9,796 chunks), the questions those of scifact and CLAP NQ in turn.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from rag.evaluate.cases import read_cases
from rag.evaluate.corpus import index_kept, kept_library
from rag.retrieve import Retriever
from rag.settings import Settings

QUESTIONS, WARM_UP = 300, 20


def main(data: Path) -> None:
    """Print a row for each stage, and one for the whole."""
    settings = Settings.read()
    cases = read_cases(data / "scifact")
    library = kept_library(cases, None, settings)
    index_kept(library)
    retriever = Retriever(library, settings.candidates)
    pairs = zip(cases.cases, read_cases(data / "clapnq" / "cases.jsonl").cases, strict=False)
    questions = [case.question for case in chain.from_iterable(pairs)][:QUESTIONS]
    steps: dict[str, Callable[[str], object]] = {
        "encode the question": library.encoder.read_query,
        "encode and search dense": lambda question: library.vector_index().search(
            library.encoder.read_query(question).vector, settings.candidates
        ),
        "encode and search both": lambda question: retriever.find(question, settings.candidates),
        "search, all stages": lambda question: retriever.search(question, settings.hits),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for question in questions[:WARM_UP]:
        retriever.search(question, settings.hits)
    # In turn, so that whatever else the machine does falls on all alike.
    for question in questions:
        for name, step in steps.items():
            began = time.perf_counter()
            step(question)
            times[name].append(1000 * (time.perf_counter() - began))
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    print(f"{len(library.vector_index())} chunks, {len(questions)} questions, {load}\n{'ms':26}median    p95")
    for name, taken in times.items():
        print(f"{name:26}{statistics.median(taken):6.1f}  {statistics.quantiles(taken, n=20)[-1]:5.1f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
