"""Who may: keys, names that a website points at this machine, pages of other websites, and how much they may send."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from rag.errors import SettingsError
from rag.library import Library
from rag.server.settings import ServerSettings
from rag.testing import tiny_library
from tests.conftest import ARTICLES, Command
from tests.serving import Server, serving

KEY, READ_ONLY = "a-key-to-all", "a-key-to-read"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that wants a key, and is called articles.example."""
    library = tiny_library(tmp_path_factory.mktemp("locked"), ARTICLES)
    options = ("--api-key", KEY, "--read-only-key", READ_ONLY, "--cors", "https://friend.example")
    with serving(library.folder, *options, "--allow-host", "articles.example") as server:
        yield server


@pytest.fixture
def anyone(locked: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=locked.url, trust_env=False) as client:
        yield client


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


class TestKeys:
    @pytest.mark.parametrize(
        "path", ["/api/documents", "/v1/models", "/metrics", "/documents/x", "/api/me", "/nowhere"]
    )
    def test_without_a_key_nothing_is_told(self, anyone: httpx2.Client, path: str) -> None:
        for headers in (
            {},
            bearing("wrong"),
            bearing("-"),
            {"Authorization": KEY},
            {"Authorization": "Bearer"},
        ):
            refused = anyone.get(path, headers=headers)
            assert refused.status_code == 401
            assert refused.json()["error"]["code"] == "invalid_api_key"
            assert refused.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize("path", ["/", "/page/document.css", "/healthz", "/readyz", "/docs", "/openapi.json"])
    def test_what_holds_no_article_is_open(self, anyone: httpx2.Client, path: str) -> None:
        assert anyone.get(path).status_code == 200

    def test_a_read_only_key_asks_but_changes_nothing(self, anyone: httpx2.Client) -> None:
        assert anyone.get("/api/me", headers=bearing(KEY)).json() == {"read_only": False}
        assert anyone.get("/api/me", headers=bearing(READ_ONLY)).json() == {"read_only": True}
        found = anyone.post("/api/search", json={"question": "bread"}, headers=bearing(READ_ONLY)).json()["hits"]
        for refused in (
            anyone.delete(f"/api/documents/{found[0]['document_id']}", headers=bearing(READ_ONLY)),
            anyone.post("/api/documents", files={"files": ("a.md", b"Words.")}, headers=bearing(READ_ONLY)),
        ):
            assert refused.status_code == 403
            assert refused.json()["error"]["code"] == "read_only_key"
        assert len(anyone.get("/api/documents", headers=bearing(KEY)).json()["documents"]) == len(ARTICLES)

    def test_the_link_of_a_citation_opens_its_article_and_no_other(self, anyone: httpx2.Client) -> None:
        asked = {"model": "footnoted", "messages": [{"role": "user", "content": "What makes the dough rise?"}]}
        done = anyone.post("/v1/chat/completions", json=asked, headers=bearing(READ_ONLY)).json()
        url = done["choices"][0]["message"]["annotations"][0]["url_citation"]["url"]
        assert anyone.get(url.partition("#")[0]).status_code == 200
        (other,) = {
            row["document_id"]
            for row in anyone.get("/api/documents?q=shells", headers=bearing(KEY)).json()["documents"]
        }
        cited = url.partition("/documents/")[2].partition("?")[0]
        assert anyone.get(url.replace(cited, other)).status_code == 401
        assert anyone.get(url.replace("signature=", "signature=0")).status_code == 401
        assert anyone.get(f"/api/documents/{cited}?{url.partition('?')[2]}").status_code == 401


class TestOtherWebsites:
    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "["])
    def test_a_name_that_is_not_the_servers_is_refused(self, server_of_tiny: Server, host: str) -> None:
        refused = server_of_tiny.client.get("/api/documents", headers={"Host": host})
        assert refused.status_code in {400, 421}
        assert "documents" not in refused.text

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]:8000", "192.168.1.7", "LOCALHOST:1"])
    def test_addresses_and_localhost_are_the_servers(self, server_of_tiny: Server, host: str) -> None:
        assert server_of_tiny.client.get("/api/documents", headers={"Host": host}).status_code == 200

    def test_a_name_can_be_allowed(self, anyone: httpx2.Client) -> None:
        headers = bearing(KEY) | {"Host": "articles.example"}
        assert anyone.get("/api/documents", headers=headers).status_code == 200

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://"])
    def test_pages_of_other_websites_are_refused(self, server_of_tiny: Server, origin: str) -> None:
        for refused in (
            server_of_tiny.client.post("/api/search", json={"question": "bread"}, headers={"Origin": origin}),
            server_of_tiny.client.get("/api/documents", headers={"Origin": origin}),
        ):
            assert refused.status_code == 403
            assert refused.json()["error"]["code"] == "foreign_origin"
            assert "access-control-allow-origin" not in refused.headers

    def test_its_own_page_may(self, server_of_tiny: Server) -> None:
        found = server_of_tiny.client.get("/api/documents", headers={"Origin": server_of_tiny.url})
        assert found.status_code == 200

    def test_a_friends_page_may_with_a_key(self, anyone: httpx2.Client) -> None:
        origin = {"Origin": "https://friend.example"}
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        preflight = anyone.options("/api/ask", headers=origin | asked)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "https://friend.example"
        found = anyone.get("/api/documents", headers=origin | bearing(KEY))
        assert found.headers["access-control-allow-origin"] == "https://friend.example"
        assert anyone.get("/api/documents", headers=origin).status_code == 401

    def test_browsers_run_nothing_but_the_pages_own_files(self, server_of_tiny: Server) -> None:
        for path in ("/", "/docs", "/healthz", "/nowhere", "/page/document.css"):
            headers = server_of_tiny.client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"


class TestHowMuch:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"question": "x" * 4_001}, 400),
            ({"question": ""}, 400),
            ({"question": " \n"}, 400),
            ({"question": "x", "history": [{"question": "a", "answer": "b"}] * 51}, 400),
            ({"question": "x", "where": ["nonsense"]}, 400),
            ({"question": "x", "where": ["date>=2025"] * 21}, 400),
            ({"question": "x", "history": [{"question": "a", "answer": "b" * 20_000}] * 50, "pad": "x" * 100_000}, 413),
        ],
        ids=["long", "empty", "blank", "a long history", "no condition", "many conditions", "a large body"],
    )
    def test_a_question_has_bounds(self, server_of_tiny: Server, body: dict[str, object], status: int) -> None:
        refused = server_of_tiny.client.post("/api/ask", json=body)
        assert refused.status_code == status
        assert set(refused.json()["error"]) == {"message", "type", "param", "code"}

    def test_a_body_of_no_declared_length_has_bounds_too(self, server_of_tiny: Server) -> None:
        body = iter([b'{"question": "', *[b"x" * 100_000] * 11])
        headers = {"Content-Type": "application/json"}
        refused = server_of_tiny.client.post("/api/ask", content=body, headers=headers)
        assert refused.status_code == 413
        assert set(refused.json()["error"]) == {"message", "type", "param", "code"}

    def test_what_is_no_json_is_refused(self, server_of_tiny: Server) -> None:
        refused = server_of_tiny.client.post("/api/ask", content=b"{", headers={"Content-Type": "application/json"})
        assert refused.status_code == 400


class TestSettings:
    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "articles.example"])
    def test_others_can_reach_it_only_with_a_key(self, host: str) -> None:
        with pytest.raises(SettingsError, match="give it a key with --api-key"):
            ServerSettings(host=host)
        assert ServerSettings(host=host, read_only_keys=("k",)).keys == ("k",)

    def test_all_websites_may_only_where_there_is_a_key(self) -> None:
        with pytest.raises(SettingsError, match="any website could read your articles"):
            ServerSettings(cors=("*",))

    def test_an_empty_key_is_none(self) -> None:
        with pytest.raises(SettingsError, match="An API key is empty"):
            ServerSettings(api_keys=("",))

    def test_the_command_says_so_in_one_line(self, library: Library, tmp_path: Path, command: Command) -> None:
        weights = tmp_path / "any.gguf"
        weights.write_bytes(b"GGUF")
        ran = command("serve", "--host", "0.0.0.0", "--llm", weights, "--offline")
        assert ran.status == 2
        assert ran.stderr.startswith("rag: Bound to 0.0.0.0, others can reach the server")
        assert ran.stderr.count("\n") == 1

    def test_a_port_that_is_taken_is_named(
        self, library: Library, tmp_path: Path, command: Command, server_of_tiny: Server
    ) -> None:
        weights = tmp_path / "any.gguf"
        weights.write_bytes(b"GGUF")
        port = server_of_tiny.url.rpartition(":")[2]
        ran = command("serve", "--port", port, "--llm", weights, "--offline")
        assert ran.status == 2
        assert f"Cannot listen at 127.0.0.1:{port}" in ran.stderr
