"""What happens around the answers: people wait and leave, the library changes, the server stops."""

import asyncio
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from benchmarks.load import Load, left_behind, make_library, run_load, vanish
from rag.server.run import open_listener
from rag.server.settings import ServerSettings
from rag.settings import DEFAULT_LLM
from rag.testing import tiny_library
from tests.conftest import ARTICLES
from tests.serving import Server, read_events, serving

QUESTION = "What makes the dough rise?"
SLOW = f"{QUESTION} SLOWLY"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    library = tiny_library(tmp_path / "articles", ARTICLES)
    with serving(library.folder) as started:
        yield started


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it took too long"
        time.sleep(0.02)


def waiting(server: Server) -> int:
    return int(server.client.get("/healthz").json()["waiting"])


def writing(server: Server) -> bool:
    return "footnoted_writing 1.0" in server.client.get("/metrics").text


def leave_after(server: Server, event: str, question: str = SLOW) -> None:
    """Ask, and leave when the first event of that name has come."""
    with server.client.stream("POST", "/api/ask", json={"question": question}) as response:
        for name, _ in read_events(response.iter_lines()):
            if name == event:
                return


class TestWaiting:
    def test_the_wait_is_told_and_search_does_not_wait(self, server: Server) -> None:
        with ThreadPoolExecutor(4) as people:
            first = people.submit(server.events, SLOW)
            until(lambda: writing(server))
            second = people.submit(server.events, QUESTION)
            until(lambda: waiting(server) == 1)
            began = time.monotonic()
            assert server.client.post("/api/search", json={"question": QUESTION}).json()["hits"]
            assert time.monotonic() - began < 1
            assert not first.done()
            assert [name for name, _ in first.result()][-1] == "done"
            events = second.result()
        assert events[0] == ("queued", {"position": 1})
        assert events[-1][0] == "done"

    def test_one_more_than_may_wait_is_turned_away_with_a_time_to_come_back(self, server: Server) -> None:
        asked: dict[str, Any] = {"model": "footnoted", "messages": [{"role": "user", "content": SLOW}]}
        with ThreadPoolExecutor(17) as people:
            gone = threading.Event()

            def wait_until_told() -> None:
                with server.client.stream("POST", "/api/ask", json={"question": SLOW}):
                    gone.wait()

            for _ in range(17):
                people.submit(wait_until_told)
            until(lambda: waiting(server) == 16)
            for path, body in (("/api/ask", {"question": QUESTION}), ("/v1/chat/completions", asked)):
                refused = server.client.post(path, json=body)
                assert refused.status_code == 429
                assert int(refused.headers["retry-after"]) >= 1
                assert refused.json()["error"]["code"] == "rate_limit_exceeded"
            gone.set()
        until(lambda: waiting(server) == 0 and not writing(server))

    @pytest.mark.parametrize("event", ["retrieved", "token"])
    def test_a_client_that_leaves_frees_the_model(self, server: Server, event: str) -> None:
        leave_after(server, event)
        began = time.monotonic()
        assert server.events(QUESTION)[-1][0] == "done"
        assert time.monotonic() - began < 1  # the answer that was left would have taken 5 s

    def test_a_client_that_leaves_without_a_stream_frees_the_model(self, server: Server) -> None:
        asked = {"model": "footnoted", "messages": [{"role": "user", "content": SLOW}]}
        with pytest.raises(httpx2.ReadTimeout):
            server.client.post("/v1/chat/completions", json=asked, timeout=0.5)
        until(lambda: not writing(server), 2)

    def test_many_that_vanish_leave_nothing_behind(self, server: Server) -> None:
        with ThreadPoolExecutor(8) as people:
            list(
                people.map(
                    lambda number: leave_after(server, ("queued", "retrieved", "token")[number % 3], QUESTION),
                    range(40),
                )
            )
        until(lambda: waiting(server) == 0 and not writing(server))
        process = psutil.Process(server.process.pid)
        until(lambda: len([c for c in process.net_connections() if c.status == psutil.CONN_CLOSE_WAIT]) == 0)
        assert server.events(QUESTION)[-1][0] == "done"


class TestReloading:
    def test_what_another_process_indexes_is_found(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "articles" / "ferry.md").write_text("The ferry to Marrow Island leaves at nine.")
        index(tmp_path / "articles")
        hits = server.client.post("/api/search", json={"question": "ferry to Marrow Island"}).json()["hits"]
        assert hits[0]["source"] == "ferry.md"

    def test_a_library_made_anew_takes_the_place_of_the_old(self, server: Server, tmp_path: Path) -> None:
        shutil.rmtree(tmp_path / "articles" / "notes")
        (tmp_path / "articles" / "ferry.md").write_text("The ferry to Marrow Island leaves at nine.")
        index(tmp_path / "articles", "--rebuild")

        def sources() -> list[str]:
            return [row["source"] for row in server.client.get("/api/documents").json()["documents"]]

        until(lambda: sources() == ["bread.md", "ferry.md", "missiles.md"], 5)
        assert (
            server.events("When does the ferry to Marrow Island leave?")[-1][1]["citations"][0]["source"] == "ferry.md"
        )

    def test_searching_goes_on_while_others_index(self, server: Server, tmp_path: Path) -> None:
        articles = tmp_path / "articles"
        statuses: list[int] = []
        found: list[str] = []
        done = threading.Event()

        def search() -> None:
            with httpx2.Client(base_url=server.url, trust_env=False) as client:
                while not done.is_set():
                    answered = client.post("/api/search", json={"question": "yeast makes the dough rise"})
                    statuses.append(answered.status_code)
                    found.extend(hit["text"] for hit in answered.json().get("hits", []))

        with ThreadPoolExecutor(3) as people:
            searching = [people.submit(search) for _ in range(3)]
            for turn in range(3):
                for number in range(30):
                    (articles / f"{number}.md").write_text(f"Version {turn}. Yeast makes dough {number} rise. " * 20)
                index(articles, *(["--rebuild"] if turn == 1 else []))
            done.set()
            for each in searching:
                each.result()
        assert set(statuses) == {200}
        assert len(statuses) > 20
        written = "".join(ARTICLES.values())
        assert all("Yeast makes dough" in text or text in written for text in found)

    def test_a_server_without_a_library_waits_for_one(self, tmp_path: Path) -> None:
        (tmp_path / ".rag").mkdir()
        with serving(tmp_path / ".rag", "--encoder", "hashing", ready=503) as server:
            refused = server.client.post("/api/ask", json={"question": QUESTION})
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "library_not_found")
            assert server.client.get("/api/documents").json() == {"documents": [], "total": 0}
            server.client.post("/api/documents", files={"files": ("bread.md", ARTICLES["bread.md"].encode())})
            until(lambda: server.client.get("/readyz").status_code == 200, 5)
            assert server.events(QUESTION)[-1][1]["refused"] is False


def index(articles: Path, *options: str) -> None:
    """Run ``rag index`` in a process of its own."""
    command = [sys.executable, "-m", "rag.cli", "index", ".", "--encoder", "hashing", *options]
    subprocess.run(command, cwd=articles, check=True, capture_output=True)


class TestStopping:
    def test_an_answer_that_is_being_written_is_ended_and_who_waits_is_told(self, server: Server) -> None:
        with ThreadPoolExecutor(2) as people:
            first = people.submit(server.events, SLOW)
            until(lambda: writing(server))
            second = people.submit(server.events, QUESTION)
            until(lambda: waiting(server) == 1)
            server.process.send_signal(signal.SIGTERM)
            assert first.result()[-1][0] == "done"
            name, told = second.result()[-1]
        assert (name, told["error"]["code"]) == ("error", "server_stopping")
        assert server.process.wait(10) in {0, -signal.SIGTERM}
        assert "Traceback" not in server.log.read_text()

    def test_ctrl_c_ends_it_without_a_word(self, server: Server) -> None:
        server.process.send_signal(signal.SIGINT)
        server.process.wait(10)
        assert "Traceback" not in server.log.read_text()


class TestWatching:
    def test_the_log_has_a_line_for_each_request_and_no_question(self, server: Server) -> None:
        server.events(QUESTION)
        server.client.get("/api/documents", params={"q": "secret"})
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
        (asked,) = [line for line in lines if line["path"] == "/api/ask"]
        assert set(asked) == {"time", "client", "method", "path", "status", "seconds"}
        assert (asked["method"], asked["status"], asked["client"]) == ("POST", 200, "127.0.0.1")
        assert "dough" not in server.log.read_text()
        assert "secret" not in server.log.read_text()

    def test_questions_are_logged_where_it_is_asked_for(self, tmp_path: Path) -> None:
        library = tiny_library(tmp_path / "articles", ARTICLES)
        with serving(library.folder, "--log-questions") as server:
            server.events(QUESTION)
            assert f'127.0.0.1 asks: "{QUESTION}"' in server.log.read_text()

    def test_metrics_count_requests_answers_and_tokens(self, server: Server) -> None:
        server.events(QUESTION)
        server.events(f"{QUESTION} REFUSE")
        server.client.get("/documents/nothing")
        counted = server.client.get("/metrics").text
        for line in (
            'footnoted_requests_total{method="POST",route="/api/ask",status="200"} 2.0',
            'footnoted_requests_total{method="GET",route="/documents/{document_id}",status="404"} 1.0',
            'footnoted_answers_total{end="answered"} 1.0',
            'footnoted_answers_total{end="not_answered"} 1.0',
            "footnoted_waiting 0.0",
        ):
            assert line in counted
        assert 'footnoted_tokens_total{kind="completion"}' in counted

    def test_the_reference_names_every_route_and_needs_no_network(self, server: Server) -> None:
        page = server.client.get("/docs").text
        for path in server.client.get("/openapi.json").json()["paths"]:
            assert path in page
        assert "http" not in page.replace("http-equiv", "")
        assert "<script" not in page


class TestLoad:
    def test_many_ask_and_search_at_once_without_an_error(self, tmp_path: Path) -> None:
        questions = make_library(tmp_path, 300, "hashing")
        load = Load(chunks=300, clients=12, seconds=6)
        with serving(tmp_path / ".rag", SCRIPTED_PACE="0.01") as server:
            run_load(server, questions, load)
            ends = asyncio.run(vanish(server, questions, 30))
            assert left_behind(server) == {"waiting": 0, "writing": 0, "connections": 0}
        assert load.errors == []
        assert set(load.answers) <= {"done", "429"}
        assert load.answers["done"] > 0
        assert len(load.searches) > 10
        assert set(ends) <= {"left", "done", "429"}


@pytest.mark.models
@pytest.mark.timeout(900)
def test_the_default_model_answers_over_http(seeds_library: Path, tmp_path: Path) -> None:
    shutil.copytree(seeds_library.parent, tmp_path / "articles")
    with serving(tmp_path / "articles" / ".rag", "--llm", DEFAULT_LLM, command=("rag.cli", "serve")) as server:
        asked = {"model": "footnoted", "messages": [{"role": "user", "content": "What did North Korea object to?"}]}
        done = server.client.post("/v1/chat/completions", json=asked, timeout=300).json()
    assert done["footnoted"]["refused"] is False
    assert "missiles" in done["choices"][0]["message"]["content"]
    assert done["usage"]["completion_tokens"] > 3


def test_the_head_of_an_answer_does_not_hold_its_body_up() -> None:
    with open_listener(ServerSettings(port=0)) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_is_not_installed_is_named(tmp_path: Path) -> None:
    script = "import sys; sys.modules['fastapi'] = None; sys.argv = ['rag', 'serve']; from rag.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (
        2,
        "rag: The server needs fastapi, which is not installed: pip install 'footnoted[server]'.\n",
    )
