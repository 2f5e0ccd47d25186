"""Load on the server: many clients that ask and search at once, and many that vanish in the middle of an answer.

``python benchmarks/load.py`` makes a library of 10,000 chunks with the real encoder, serves it with a scripted language
model (20 words a second), and has 50 clients ask and search for two minutes, as fast as quick people do: each waits for
half a second to one and a half after an answer. Without that pause, how long a search takes would say nothing but how
many clients there are for each processor. So what the server can do at most is measured by itself, before: as many
clients as processors search without a pause. At the end 200 clients vanish in the middle of an answer. Errors other
than 429 and a slower search than 100 ms at the 95th percentile end it with status 1.
"""

import argparse
import asyncio
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx2
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from embeddings import Encoder, Vectors, load_encoder
from embeddings.encoder import Reading, unit_length
from rag.library import Library
from rag.models import locate_encoder
from rag.server.run import KEEP_ALIVE_SECONDS
from rag.settings import Settings
from rag.terms import FUNCTION_WORDS
from tests.serving import Server, serving

SEARCH_P95_SECONDS = 0.1
SEEDS = Path(__file__).parent.parent / "seeds"


@dataclass
class Load:
    """What was measured; seconds and megabytes."""

    chunks: int
    clients: int
    seconds: float
    answers: Counter[str] = field(default_factory=Counter)
    searches: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory_start: float = 0.0
    memory_end: float = 0.0

    def summary(self) -> dict[str, object]:
        """Return the figures, without the single searches."""
        quantiles = statistics.quantiles(self.searches, n=100)
        return {
            "chunks": self.chunks,
            "clients": self.clients,
            "seconds": self.seconds,
            "answers": dict(self.answers),
            "searches": len(self.searches),
            "search_median": round(quantiles[49], 4),
            "search_p95": round(quantiles[94], 4),
            "errors": len(self.errors),
            "first_errors": self.errors[:5],
            "memory_start": round(self.memory_start, 1),
            "memory_end": round(self.memory_end, 1),
        }


class RandomPassages:
    """An encoder whose questions are the real one's, and whose passages are random unit vectors.

    How long a search takes does not depend on what is in the vectors, and encoding 50,000 sentences takes an hour.
    """

    def __init__(self, real: Encoder) -> None:
        self._real = real
        self._random = np.random.default_rng(7)
        self.name, self.fingerprint, self.dimension = real.name, real.fingerprint, real.dimension
        self.max_tokens = real.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._real.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._real.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._vectors(len(texts))

    def read_query(self, text: str) -> Reading:
        return self._real.read_query(text)

    def read_passages(self, texts: Sequence[str]) -> list[Reading]:
        spans = [[word.span() for word in re.finditer(r"\w+", text)] for text in texts]
        return [Reading(self._vectors(1)[0], self._vectors(len(words)), words) for words in spans]

    def _vectors(self, count: int) -> Vectors:
        return unit_length(self._random.standard_normal((count, self.dimension), dtype=np.float32))


def make_library(folder: Path, chunks: int, encoder: str) -> list[str]:
    """Index so many one-chunk articles, made of the words of the sample articles; return questions about them."""
    chosen = random.Random(7)
    text = " ".join(path.read_text() for path in sorted(SEEDS.glob("*.md")))
    words = sorted({word for word in re.findall(r"[a-z]{4,}", text) if word not in FUNCTION_WORDS})
    sentences = [[chosen.sample(words, 12) for _ in range(4)] for _ in range(chunks)]
    (folder / "articles").mkdir(parents=True)
    for number, article in enumerate(sentences):
        body = " ".join(" ".join(sentence).capitalize() + "." for sentence in article)
        (folder / "articles" / f"{number:05}.md").write_text(f"# Article {number}\n\n{body}\n")
    settings = Settings.read(library=folder / ".rag", encoder=encoder)
    real = load_encoder(encoder, locate_encoder(encoder, offline=True).path)
    library = Library(folder / ".rag", settings, RandomPassages(real))
    library.index(folder / "articles")
    library.close()
    return [f"What about {' and '.join(chosen.choice(chosen.choice(sentences))[:4])}?" for _ in range(200)]


async def converse(server: Server, questions: Sequence[str], asks: bool, load: Load, ends: float, seed: int) -> None:
    """Be one client: ask or search, think, and again."""
    chosen = random.Random(seed)
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as client:
        while time.perf_counter() < ends:
            question = chosen.choice(questions)
            try:
                if asks:
                    load.answers[await ask(client, question)] += 1
                else:
                    began = time.perf_counter()
                    found = await client.post("/api/search", json={"question": question})
                    load.searches.append(time.perf_counter() - began)
                    if found.status_code != 200:
                        load.errors.append(f"search: {found.status_code} {found.text[:200]}")
            except httpx2.HTTPError as error:
                load.errors.append(repr(error))
            await asyncio.sleep(chosen.uniform(0.5, 1.5))


async def ask(client: httpx2.AsyncClient, question: str, leave_at: str = "") -> str:
    """Ask; return how it ended: ``done``, ``error``, ``429`` …, or ``left`` at the event of that name."""
    async with client.stream("POST", "/api/ask", json={"question": question}) as response:
        if response.status_code != 200:
            return str(response.status_code)
        last = "nothing"
        async for line in response.aiter_lines():
            if line.startswith("event:"):
                last = line.removeprefix("event:").strip()
                if last == leave_at:
                    return "left"
        return last


async def vanish(server: Server, questions: Sequence[str], times: int) -> Counter[str]:
    """Ask so many times, and leave in the middle."""
    ends: Counter[str] = Counter()

    async def one(number: int) -> None:
        async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as client:
            ends[
                await ask(client, questions[number % len(questions)], ("retrieved", "token", "queued")[number % 3])
            ] += 1

    for first in range(0, times, 10):
        await asyncio.gather(*(one(number) for number in range(first, min(times, first + 10))))
    return ends


def most_searches(server: Server, questions: Sequence[str], seconds: float) -> float:
    """Return how many searches a second there are at most, with as many clients as processors and no pause."""
    searchers = psutil.cpu_count() or 1

    async def search_on(seed: int, ends: float) -> int:
        chosen, done = random.Random(seed), 0
        async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as client:
            while time.perf_counter() < ends:
                found = await client.post("/api/search", json={"question": chosen.choice(questions)})
                done += found.status_code == 200
        return done

    async def all_searchers() -> int:
        ends = time.perf_counter() + seconds
        return sum(await asyncio.gather(*(search_on(seed, ends) for seed in range(searchers))))

    return asyncio.run(all_searchers()) / seconds


def run_load(server: Server, questions: Sequence[str], load: Load) -> None:
    """Have the clients ask and search, half of them each."""
    process = psutil.Process(server.process.pid)
    for question in questions[:20]:
        server.client.post("/api/search", json={"question": question})
    load.memory_start = process.memory_info().rss / 1e6
    ends = time.perf_counter() + load.seconds

    async def all_clients() -> None:
        people = range(load.clients)
        await asyncio.gather(*(converse(server, questions, n % 2 == 0, load, ends, n) for n in people))

    asyncio.run(all_clients())
    load.memory_end = process.memory_info().rss / 1e6


def left_behind(server: Server) -> dict[str, int]:
    """Return what of clients that have gone is still there, once idle connections have been closed."""
    time.sleep(KEEP_ALIVE_SECONDS + 2)
    process = psutil.Process(server.process.pid)
    connections = [each for each in process.net_connections() if each.status != psutil.CONN_LISTEN]
    return {
        "connections": len(connections),
        "waiting": server.client.get("/healthz").json()["waiting"],
        "writing": int("footnoted_writing 1.0" in server.client.get("/metrics").text),
    }


def main() -> int:
    """Run, print the figures as JSON, and tell by the status whether they are good enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--saturated", type=float, default=20, help="Seconds of searching without a pause.")
    parser.add_argument("--vanish", type=int, default=200)
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--library", type=Path, help="A folder to make the library in, or that has it already.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.library or Path(scratch)
        questions_file = folder / "questions.json"
        if not questions_file.exists():
            questions_file.write_text(json.dumps(make_library(folder, chosen.chunks, chosen.encoder)))
        questions = json.loads(questions_file.read_text())
        load = Load(chosen.chunks, chosen.clients, chosen.seconds)
        with serving(folder / ".rag", SCRIPTED_PACE="0.05") as server:
            most = most_searches(server, questions, chosen.saturated)
            run_load(server, questions, load)
            ends = asyncio.run(vanish(server, questions, chosen.vanish))
            remains = left_behind(server)
            memory = psutil.Process(server.process.pid).memory_info().rss / 1e6
    figures = load.summary() | {"most_searches_a_second": round(most, 1)}
    figures |= {"vanished": dict(ends), "left_behind": remains, "memory_after": round(memory, 1)}
    machine = {"cores": psutil.cpu_count(), "load_average": psutil.getloadavg()[0]}
    print(json.dumps(figures | machine, indent=2))
    told = set(load.answers) | set(ends)
    good = told <= {"done", "429", "left"} and not load.errors and not any(remains.values())
    return 0 if good and cast("float", figures["search_p95"]) <= SEARCH_P95_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
