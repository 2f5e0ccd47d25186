"""Articles over HTTP: listed, read, uploaded, removed; and what they say is text, never markup."""

from collections.abc import Iterator

import pytest

from rag.library import Library
from rag.settings import Settings
from rag.testing import tiny_library
from tests.conftest import ARTICLES
from tests.serving import Server, serving

HOSTILE = '<script>alert(1)</script> & "quoted"'


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return tiny_library(tmp_path_factory.mktemp("shelf"), {**ARTICLES, "spare.md": "An article to be removed."})


@pytest.fixture(scope="module")
def running(shelf: Library) -> Iterator[Server]:
    with serving(shelf.folder) as started:
        yield started


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """A server from which what a test uploads is removed after it."""
    yield running
    for row in running.client.get("/api/documents?q=uploads/").json()["documents"]:
        running.client.delete(f"/api/documents/{row['document_id']}")


def sources(server: Server) -> list[str]:
    return [row["source"] for row in server.client.get("/api/documents").json()["documents"]]


def upload(server: Server, *files: tuple[str, bytes]) -> dict[str, object]:
    answered = server.client.post("/api/documents", files=[("files", file) for file in files])
    assert answered.status_code == 200, answered.text
    report: dict[str, object] = answered.json()
    return report


def test_articles_are_listed_and_searched_by_title_and_source(server_of_tiny: Server) -> None:
    assert sources(server_of_tiny) == ["bread.md", "missiles.md", "notes/shells.txt"]
    (found,) = server_of_tiny.client.get("/api/documents", params={"q": "PYONGYANG"}).json()["documents"]
    assert {name: found[name] for name in ("title", "source", "date", "author", "publisher", "chunks")} == {
        "title": "Pyongyang objects",
        "source": "missiles.md",
        "date": "2025-03-31",
        "author": "A. Writer",
        "publisher": "Agency",
        "chunks": 1,
    }


def test_articles_are_listed_a_page_at_a_time(server_of_tiny: Server) -> None:
    def listed(**options: int | str) -> tuple[list[str], int]:
        found = server_of_tiny.client.get("/api/documents", params=options).json()
        return [row["source"] for row in found["documents"]], found["total"]

    assert listed(limit=2) == (["bread.md", "missiles.md"], 3)
    assert listed(limit=2, offset=2) == (["notes/shells.txt"], 3)
    assert listed(offset=10**30) == ([], 3)
    assert listed(q=".MD", limit=1, offset=1) == (["missiles.md"], 2)
    for refused in ({"limit": 0}, {"limit": 1_001}, {"offset": -1}):
        assert server_of_tiny.client.get("/api/documents", params=refused).status_code == 400


def test_an_article_is_shown_with_its_span_marked(server_of_tiny: Server) -> None:
    hit = server_of_tiny.client.post("/api/search", json={"question": "dough", "count": 1}).json()["hits"][0]
    text = server_of_tiny.client.get(f"/api/documents/{hit['document_id']}").json()["text"]
    start = text.index("Yeast")
    page = server_of_tiny.client.get(f"/documents/{hit['document_id']}?start={start}&end={start + 5}").text
    assert '<mark id="quote">Yeast</mark> makes the dough rise.' in page
    assert "<script>" not in page


@pytest.mark.parametrize("span", ["start=5", "end=5", "start=9&end=3", "start=0&end=99999999", ""])
def test_a_span_that_is_none_is_not_marked(server_of_tiny: Server, span: str) -> None:
    hit = server_of_tiny.client.post("/api/search", json={"question": "dough", "count": 1}).json()["hits"][0]
    page = server_of_tiny.client.get(f"/documents/{hit['document_id']}?{span}")
    assert page.status_code == 200
    assert "<mark" not in page.text


def test_what_is_not_there_is_not_found(server_of_tiny: Server) -> None:
    for path in ("/api/documents/nothing", "/documents/nothing"):
        assert server_of_tiny.client.get(path).json()["error"]["code"] == "document_not_found"
    assert server_of_tiny.client.delete("/api/documents/nothing").status_code == 404


def test_an_uploaded_article_can_be_asked_about_at_once_and_removed(server: Server, shelf: Library) -> None:
    report = upload(server, ("ferry.md", b"# Ferry\n\nThe ferry to Marrow Island leaves at nine."))
    assert report["added"] == [".rag/uploads/ferry.md"]
    assert (shelf.uploads / "ferry.md").is_file()
    name, answer = server.events("When does the ferry to Marrow Island leave?")[-1]
    assert (name, answer["citations"][0]["source"]) == ("done", ".rag/uploads/ferry.md")
    document = answer["citations"][0]["document_id"]
    assert server.client.delete(f"/api/documents/{document}").json() == {"removed": ".rag/uploads/ferry.md"}
    assert not (shelf.uploads / "ferry.md").exists()
    assert ".rag/uploads/ferry.md" not in sources(server)
    assert server.client.post("/api/search", json={"question": "ferry Marrow"}).json()["hits"][0]["source"] != (
        ".rag/uploads/ferry.md"
    )


def test_removing_a_file_that_was_not_uploaded_leaves_it_where_it_is(server: Server, shelf: Library) -> None:
    (found,) = server.client.get("/api/documents?q=spare").json()["documents"]
    server.client.delete(f"/api/documents/{found['document_id']}")
    assert "spare.md" not in sources(server)
    assert (shelf.folder.parent / "spare.md").is_file()


def test_an_upload_of_the_same_name_takes_the_place_of_the_other(server: Server) -> None:
    upload(server, ("a.md", b"The first text of it."))
    assert upload(server, ("a.md", b"The second text of it."))["updated"] == [".rag/uploads/a.md"]
    (found,) = server.client.get("/api/documents?q=uploads").json()["documents"]
    assert server.client.get(f"/api/documents/{found['document_id']}").json()["text"] == "The second text of it."


def test_a_file_that_cannot_be_read_is_named_and_not_kept(server: Server, shelf: Library) -> None:
    report = upload(server, ("good.md", b"Words."), ("bad.md", b"\x00\x01\x02"))
    assert report["added"] == [".rag/uploads/good.md"]
    skipped = report["skipped"]
    assert isinstance(skipped, dict)
    assert list(skipped) == [".rag/uploads/bad.md"]
    assert [path.name for path in shelf.uploads.iterdir()] == ["good.md"]


@pytest.mark.parametrize("name", ["a.exe", "noextension", ".md", "..", "a.md\x00.exe"])
def test_what_is_no_article_is_refused_by_its_name(server: Server, shelf: Library, name: str) -> None:
    refused = server.client.post("/api/documents", files={"files": (name, b"Words.")})
    assert refused.status_code == 400, refused.text
    assert not shelf.uploads.exists() or not list(shelf.uploads.iterdir())


@pytest.mark.parametrize("name", ["../../escape.md", "/etc/escape.md", "..\\..\\escape.md", "C:\\escape.md"])
def test_a_name_cannot_lead_out_of_the_folder(server: Server, shelf: Library, name: str) -> None:
    upload(server, (name, b"Words of an article."))
    assert [path.name for path in shelf.uploads.iterdir()] == ["escape.md"]


def test_uploads_have_bounds(server: Server) -> None:
    many = [("files", (f"{number}.md", b"Words.")) for number in range(21)]
    refused = server.client.post("/api/documents", files=many)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_many_files")
    refused = server.client.post("/api/documents", files={"files": ("a.md", b"x" * 20_000_001)})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")
    assert server.client.post("/api/documents").status_code == 400


def test_indexing_elsewhere_keeps_what_was_uploaded(server: Server, shelf: Library) -> None:
    upload(server, ("ferry.md", b"The ferry leaves at nine."))
    other = Library.open(settings=Settings.read(library=shelf.folder))
    assert ".rag/uploads/ferry.md" in other.index(shelf.folder.parent).unchanged
    assert ".rag/uploads/ferry.md" in other.index(shelf.folder.parent, rebuild=True).added
    other.close()


def test_an_article_full_of_markup_is_shown_as_text(server: Server) -> None:
    text = f"---\ntitle: '{HOSTILE}'\nauthor: '{HOSTILE}'\n---\nIt said {HOSTILE} and <img src=x onerror=alert(2)>."
    report = upload(server, ("<img src=x onerror=alert(3)>.md", text.encode()))
    assert report["added"] == [".rag/uploads/_img src=x onerror=alert(3)_.md"]
    (found,) = server.client.get("/api/documents", params={"q": "onerror"}).json()["documents"]
    assert found["title"] == HOSTILE
    for span in ("", "?start=0&end=30"):
        page = server.client.get(f"/documents/{found['document_id']}{span}").text
        assert "<script>" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
