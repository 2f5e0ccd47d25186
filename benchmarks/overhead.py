"""What the server adds to the Python API: the same searches and answers by turns, over HTTP and in this process.

``python benchmarks/overhead.py`` uses the sample articles, the real encoder and a scripted language model that takes no
time, and prints the medians in milliseconds. More than 10 ms between them ends it with status 1.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import psutil

from rag.assistant import Assistant
from rag.library import Library
from rag.settings import Settings
from tests.serve_scripted import ObedientGenerator
from tests.serving import serving

ROUNDS = 60
MOST_MILLISECONDS = 10
QUESTION = "What did North Korea object to?"
SEEDS = Path(__file__).parent.parent / "seeds"


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def main() -> int:
    """Measure, print, and tell by the status whether it is good enough."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read(library=Path(folder) / ".rag", offline=True)
        library = Library.open(settings=settings)
        library.index(SEEDS)
        assistant = Assistant(library, generator=ObedientGenerator(Path(), "scripted"))
        body = {"question": QUESTION}
        with serving(library.folder) as server:
            pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
                "search": (
                    lambda: assistant.search(QUESTION),
                    lambda: server.client.post("/api/search", json=body).json(),
                ),
                "ask": (lambda: assistant.ask(QUESTION).to_dict(), lambda: server.events(QUESTION)),
            }
            figures: dict[str, dict[str, float]] = {}
            for name, (in_python, over_http) in pairs.items():
                rounds = [(milliseconds(in_python), milliseconds(over_http)) for _ in range(ROUNDS)][ROUNDS // 10 :]
                python, http = (statistics.median(times) for times in zip(*rounds, strict=True))
                figures[name] = {"python_ms": python, "http_ms": http, "overhead_ms": http - python}
        library.close()
    print(json.dumps(figures | {"load_average": psutil.getloadavg()[0]}, indent=2))
    return int(any(figure["overhead_ms"] > MOST_MILLISECONDS for figure in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
