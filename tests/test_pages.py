"""Pages of the web: fetched politely and within bounds from a real server, and never from inside by accident."""

import gzip
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import rag.public_addresses
from rag.errors import LoadError
from rag.fetch import Fetcher, PageGone
from rag.library import Library
from rag.pages import find_links
from rag.public_addresses import is_public
from rag.settings import Settings
from tests.conftest import Command

ARTICLE = (
    "<html><head><title>{0}</title></head><body><article><h1>{0}</h1><p>The dam at {0} holds 90 million litres of "
    "water, the ministry said on Friday. It was built in 1931 by the region, and rebuilt after the war.</p>"
    "<p>Engineers look after it day and night, and nobody may enter without leave.</p></article></body></html>"
)


@dataclass
class Site:
    """A web server on this machine: what it answers, by path, and what it was asked."""

    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], float]] = field(default_factory=list)
    url: str = ""

    def page(self, path: str, body: str | bytes, kind: str = "text/html; charset=utf-8", **headers: str) -> str:
        data = body if isinstance(body, bytes) else body.encode()
        said = {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = 200, said, data
        return self.url + path

    def answer(self, path: str, status: int, **headers: str) -> str:
        self.answers[path] = status, headers, b""
        return self.url + path

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked if path != "/robots.txt"]


def serve(site: Site, address: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers), time.monotonic()))
            status, headers, body = site.answers.get(self.path, (404, {}, b""))
            if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            if headers.get("Last-Modified") and self.headers.get("If-Modified-Since") == headers["Last-Modified"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.path == "/endless":
                for _ in range(200):
                    self.wfile.write(b"x" * 1_000_000)
            elif self.path == "/slow":
                for _ in range(100):
                    self.wfile.write(b"x")
                    time.sleep(0.1)
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of clients that hang up."""

    server = Quiet((address, 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    site.url = f"http://{address}:{server.server_port}"
    return server


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with serve(site, "127.0.0.1") as server:
        yield site
        server.shutdown()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library.open(
        settings=Settings.read(library=tmp_path / ".rag", encoder="hashing", allow_private=True, fetch_pause=0)
    )
    yield library
    library.close()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    fetcher = Fetcher(allow_private=True, pause=0, most_bytes=2_000_000, most_seconds=1)
    yield fetcher
    fetcher.close()


class TestIndexing:
    def test_a_page_is_an_article_whose_source_is_its_address(self, library: Library, site: Site) -> None:
        url = site.page("/news/dam", ARTICLE.format("Aldel"))
        assert library.index(url).added == [url]
        [document] = library.documents()
        assert (document.source, document.url, document.title) == (url, url, "Aldel")
        assert "90 million litres" in document.text
        assert library.sources(site.url) == [url]

    @pytest.mark.parametrize("validator", ["ETag", "Last_Modified"])
    def test_a_page_is_fetched_again_only_if_it_changed(self, library: Library, site: Site, validator: str) -> None:
        url = site.page("/dam", ARTICLE.format("Aldel"), **{validator: "Sat, 01 Mar 2025 10:00:00 GMT"})
        library.index(url)
        assert library.index(url).unchanged == [url]
        condition = {"ETag": "If-None-Match", "Last_Modified": "If-Modified-Since"}[validator]
        assert site.asked[-1][1][condition] == "Sat, 01 Mar 2025 10:00:00 GMT"
        site.page("/dam", ARTICLE.format("Borl"), **{validator: "Sun, 02 Mar 2025 10:00:00 GMT"})
        assert library.index(url).updated == [url]
        assert [document.title for document in library.documents()] == ["Borl"]

    def test_a_page_without_validators_is_compared_by_its_bytes(self, library: Library, site: Site) -> None:
        url = site.page("/dam", ARTICLE.format("Aldel"))
        library.index(url)
        report = library.index(url)
        assert (report.unchanged, report.chunks) == ([url], 0)

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_page_that_has_gone_goes(self, library: Library, site: Site, status: int) -> None:
        url = site.page("/dam", ARTICLE.format("Aldel"))
        library.index(url)
        site.answer("/dam", status)
        assert library.index(url).removed == [url]
        assert library.documents() == []

    def test_a_page_that_cannot_be_had_now_stays(self, library: Library, site: Site) -> None:
        url = site.page("/dam", ARTICLE.format("Aldel"))
        library.index(url)
        site.answer("/dam", 503)
        assert library.index(url).skipped == {url: f"{url}: the site answers with status 503; try again later."}
        assert len(library.documents()) == 1

    def test_files_and_pages_do_not_touch_each_other(self, library: Library, site: Site, tmp_path: Path) -> None:
        url = site.page("/dam", ARTICLE.format("Aldel"))
        (tmp_path / "a.md").write_text("One thing.")
        library.index(url, tmp_path)
        assert library.index(tmp_path).removed == []
        assert library.index(url).removed == []
        assert [document.source for document in library.documents()] == ["a.md", url]
        library.remove(str(tmp_path))
        assert [document.source for document in library.documents()] == [url]

    @pytest.mark.parametrize(
        ("kind", "path", "body"),
        [
            ("text/plain; charset=iso-8859-1", "/note", "Der Damm hält sehr viel Wasser.".encode("latin-1")),
            ("text/html; charset=windows-1251", "/page", ARTICLE.format("Плотина").encode("cp1251")),
            ("text/markdown", "/x", "# Title\n\nText ü.".encode()),
            ("application/octet-stream", "/notes.md", b"# Title\n\nText."),
            ("application/json", "/data", json.dumps([{"title": "T", "text": "The text of it."}]).encode()),
        ],
    )
    def test_the_media_type_says_how_a_page_is_read(
        self, library: Library, site: Site, kind: str, path: str, body: bytes
    ) -> None:
        url = site.page(path, body, kind)
        assert library.index(url).added == [url]
        assert "\ufffd" not in library.documents()[0].text

    def test_offline_refuses(self, library: Library, site: Site) -> None:
        offline = Library(library.folder, library.settings.model_copy(update={"offline": True}))
        with pytest.raises(LoadError, match=r"offline \(--offline or RAG_OFFLINE\) nothing is fetched"):
            offline.index(site.url)
        assert site.asked == []

    def test_the_command(self, site: Site, command: Command) -> None:
        url = site.page("/dam", ARTICLE.format("Aldel"))
        refused = command("index", url, "--encoder", "hashing")
        assert (refused.status, refused.stdout) == (2, "")
        assert (
            "'127.0.0.1', which is not on the public internet; if that is meant, use --allow-private" in refused.stderr
        )
        done = command("index", url, "--encoder", "hashing", "--allow-private")
        assert (done.status, done.stdout[:7]) == (0, "1 added")
        assert command("index", url, "--dry-run").status == 2
        assert command("index", url, "--watch").status == 2


class TestLists:
    def feed(self, site: Site, *paths: str) -> str:
        items = "".join(f"<item><title>T</title><link>{path}</link></item>" for path in paths)
        return site.page("/feed", f"<rss version='2.0'><channel><link>/</link>{items}</channel></rss>", "text/xml")

    def test_a_feed_stands_for_its_pages(self, library: Library, site: Site) -> None:
        urls = [site.page(f"/{n}", ARTICLE.format(f"Town {n}")) for n in range(3)]
        assert library.index(self.feed(site, *urls)).added == urls

    def test_no_more_than_so_many_are_fetched_and_each_once(self, library: Library, site: Site) -> None:
        urls = [site.page(f"/{n}", ARTICLE.format(f"Town {n}")) for n in range(9)]
        few = Library(library.folder, library.settings.model_copy(update={"most_pages": 4}))
        assert few.index(self.feed(site, urls[0], *urls)).added == urls[:4]
        assert site.paths == ["/feed", "/0", "/1", "/2", "/3"]
        few.close()

    def test_atom(self, site: Site, fetcher: Fetcher) -> None:
        entries = (
            '<entry><link rel="self" href="/x"/><link href="/a?b=1&amp;c=2"/></entry><entry><link href="b"/></entry>'
        )
        url = site.page("/atom.xml", f'<feed xmlns="http://www.w3.org/2005/Atom"><link href="/"/>{entries}</feed>')
        page = fetcher.fetch(url)
        assert page is not None
        assert find_links(page) == [f"{site.url}/a?b=1&c=2", f"{site.url}/b"]

    def test_sitemaps_within_a_sitemap_one_of_them_compressed(self, library: Library, site: Site) -> None:
        urls = [site.page(f"/{n}", ARTICLE.format(f"Town {n}")) for n in range(3)]
        form = '<?xml version="1.0"?><{0} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{1}</{0}>'
        places = "".join(f"<url><loc> {url} </loc></url>" for url in urls)
        inner = gzip.compress(form.format("urlset", places).encode())
        listed = site.page("/map.xml.gz", inner, "application/gzip")
        index = form.format("sitemapindex", f"<sitemap><loc>{listed}</loc></sitemap>")
        assert library.index(site.page("/sitemap.xml", index, "application/xml")).added == urls

    def test_a_list_that_lists_itself_ends(self, library: Library, site: Site) -> None:
        places = "".join(f"<sitemap><loc>{site.url}/{n}.xml</loc></sitemap>" for n in range(99))
        for number in range(99):
            site.page(f"/{number}.xml", f"<sitemapindex>{places}</sitemapindex>", "text/xml")
        with pytest.raises(LoadError, match="nothing to read"):
            library.index(f"{site.url}/0.xml")
        assert len(site.paths) <= 99


class TestManners:
    def test_robots_txt_is_asked_once_and_obeyed(self, library: Library, site: Site) -> None:
        site.page("/robots.txt", "User-agent: footnoted\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n")
        open_page, hidden = site.page("/a", ARTICLE.format("A")), site.page("/private/b", ARTICLE.format("B"))
        report = library.index(open_page, hidden)
        assert report.added == [open_page]
        assert report.skipped == {
            hidden: f"{hidden}: the site's robots.txt asks programs not to fetch it; leave it out."
        }
        assert [path for path, _, _ in site.asked] == ["/robots.txt", "/a"]

    def test_robots_txt_that_cannot_be_had_forbids(self, fetcher: Fetcher, site: Site) -> None:
        site.answer("/robots.txt", 500)
        with pytest.raises(LoadError, match=r"robots\.txt cannot be had"):
            fetcher.fetch(site.page("/a", "x"))

    def test_a_redirect_to_what_robots_txt_forbids_is_not_followed(self, fetcher: Fetcher, site: Site) -> None:
        site.page("/robots.txt", "User-agent: *\nDisallow: /private")
        with pytest.raises(LoadError, match="asks programs not to"):
            fetcher.fetch(site.answer("/a", 302, Location="/private"))
        assert site.paths == ["/a"]

    def test_requests_to_a_host_are_apart_and_name_the_program(self, site: Site) -> None:
        site.page("/robots.txt", "User-agent: *\nCrawl-delay: 0.5")
        fetcher = Fetcher(allow_private=True, pause=0.1)
        for number in range(3):
            fetcher.fetch(site.page(f"/{number}", "x"))
        fetcher.close()
        times = [when for path, _, when in site.asked if path != "/robots.txt"]
        assert all(later - earlier >= 0.5 for earlier, later in itertools.pairwise(times))
        assert {headers["User-Agent"] for _, headers, _ in site.asked} == {fetcher.agent}
        assert fetcher.agent.startswith("footnoted/")


class TestBounds:
    @pytest.mark.parametrize(
        ("path", "words"),
        [("/endless", "is larger than 2 MB"), ("/slow", "takes longer than 1 seconds"), ("/none", "no such page")],
    )
    def test_a_page_that_is_too_large_too_slow_or_not_there(
        self, fetcher: Fetcher, site: Site, path: str, words: str
    ) -> None:
        if path != "/none":
            site.page(path, b"")
        began = time.monotonic()
        with pytest.raises(LoadError, match=words) as caught:
            fetcher.fetch(site.url + path)
        assert time.monotonic() - began < 5
        assert str(caught.value).startswith(site.url + path)
        assert isinstance(caught.value, PageGone) == (path == "/none")

    def test_a_body_that_unpacks_to_too_much(self, fetcher: Fetcher, site: Site) -> None:
        url = site.page("/bomb", gzip.compress(bytes(100_000_000)), Content_Encoding="gzip")
        with pytest.raises(LoadError, match="is larger than 2 MB"):
            fetcher.fetch(url)

    def test_a_compressed_body_is_unpacked(self, fetcher: Fetcher, site: Site) -> None:
        page = fetcher.fetch(site.page("/page", gzip.compress(b"words " * 99), Content_Encoding="gzip"))
        assert page is not None
        assert page.data == b"words " * 99

    def test_redirects_are_followed_but_not_round_in_circles(self, fetcher: Fetcher, site: Site) -> None:
        page = fetcher.fetch(site.answer("/old", 301, Location=site.page("/new", b"words")))
        assert page is not None
        assert (page.url, page.data) == (f"{site.url}/new", b"words")
        with pytest.raises(LoadError, match="redirected more than 5 times"):
            fetcher.fetch(site.answer("/loop", 302, Location="/loop"))

    @pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/", "javascript:1"])
    def test_a_redirect_to_what_is_no_page_is_refused(self, fetcher: Fetcher, site: Site, location: str) -> None:
        with pytest.raises(LoadError, match="which is no page of the web"):
            fetcher.fetch(site.answer("/a", 302, Location=location))

    @pytest.mark.parametrize(
        "url", ["http://no such host/", "http://127.0.0.1:1/", "http://[::1", "http://x.invalid/", "http://a:99999/"]
    )
    def test_an_address_that_leads_nowhere_is_one_line(self, fetcher: Fetcher, url: str) -> None:
        with pytest.raises(LoadError) as caught:
            fetcher.fetch(url)
        assert str(caught.value).startswith(f"{url}: ")
        assert str(caught.value).isprintable()


class TestGuard:
    """Only 127.0.0.2 counts as public here; 127.0.0.1, with the site that it must not reach, does not."""

    @pytest.fixture
    def outside(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
        monkeypatch.setattr(rag.public_addresses, "is_public", lambda address: address == "127.0.0.2")
        outside = Site()
        with serve(outside, "127.0.0.2") as server:
            yield outside
            server.shutdown()

    @pytest.fixture
    def guarded(self) -> Iterator[Fetcher]:
        fetcher = Fetcher(pause=0)
        yield fetcher
        fetcher.close()

    def test_a_redirect_does_not_lead_inside(self, outside: Site, site: Site, guarded: Fetcher) -> None:
        secret = site.page("/secret", "secret")
        with pytest.raises(LoadError, match=r"'127\.0\.0\.1', which is not on the public internet"):
            guarded.fetch(outside.answer("/a", 302, Location=secret))
        assert outside.paths == ["/a"]
        assert site.asked == []

    def test_a_name_that_changes_its_meaning_does_not_lead_inside(
        self, outside: Site, site: Site, guarded: Fetcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = int(outside.url.rpartition(":")[2])
        looked_up: list[str] = []

        def look_up(host: str, *rest: Any, **named: Any) -> list[Any]:
            address = host
            if host == "news.example":
                looked_up.append(host)
                address = "127.0.0.2" if len(looked_up) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        outside.page("/a", "public words")
        outside.page("/robots.txt", "", Connection="close")
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        with pytest.raises(LoadError, match="not on the public internet"):
            guarded.fetch(f"http://news.example:{port}/a")
        # The first look-up was for robots.txt, whose connection the site closed; the second one is refused.
        assert len(looked_up) == 2
        assert [path for path, _, _ in outside.asked] == ["/robots.txt"]
        assert site.asked == []

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"])
    def test_public_addresses(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
            *("224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1"),
            *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::"),
        ],
    )
    def test_addresses_inside(self, address: str) -> None:
        assert not is_public(address)
