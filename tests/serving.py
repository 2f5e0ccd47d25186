"""A server process for tests, on a free port of this machine."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parent.parent
SCRIPTED = ("tests.serve_scripted",)
STARTED = re.compile(r"at (http://\S+);")


@dataclass(frozen=True)
class Server:
    """A server that runs: its address, its process, and a client of it."""

    url: str
    process: subprocess.Popen[str]
    client: httpx2.Client
    log: Path

    def events(self, question: str, **body: object) -> list[tuple[str, dict[str, Any]]]:
        """Ask, and return the events of the answer."""
        with self.client.stream("POST", "/api/ask", json={"question": question, **body}) as response:
            assert response.status_code == 200, response.read()
            return list(read_events(response.iter_lines()))


def read_events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events as the web's standard has them: a name, and JSON."""
    name, data = "message", ""
    for line in lines:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data += value.strip()
        elif not line and data:
            yield name, json.loads(data)
            name, data = "message", ""


@contextmanager
def serving(
    library: Path, *options: str, ready: int = 200, command: Sequence[str] = SCRIPTED, **environment: str
) -> Iterator[Server]:
    """Serve a library with a scripted model, or by another command, and end it; ``/readyz`` is to answer ``ready``."""
    weights = library.parent / "scripted.gguf"
    weights.write_bytes(b"GGUF")
    log = library.parent / "server.log"
    places = ["--library", str(library), "--port", "0", "--offline", "--llm", str(weights)]
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, *places, *options],
            cwd=library.parent,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
            stderr=written,
            text=True,
        )
    try:
        url = _address(process, log, ready)
        with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:
            yield Server(url, process, client, log)
    finally:
        process.terminate()
        process.wait(30)


def _address(process: subprocess.Popen[str], log: Path, ready: int) -> str:
    while process.poll() is None:
        if started := STARTED.search(log.read_text()):
            url = started[1]
            break
    else:
        raise AssertionError(log.read_text())
    for _ in range(600):
        time.sleep(0.1)
        if httpx2.get(f"{url}/readyz", timeout=60, trust_env=False).status_code == ready:
            return url
    raise AssertionError(log.read_text())
