"""What lies in a folder of articles and is none: XML of other kinds, and the answers that were saved beside them."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from rag.assistant import Assistant
from rag.errors import LoadError, NotAnArticle
from rag.load import load_documents
from rag.saved.page import write_page
from rag.saved.record import save_answer
from rag.testing import ScriptedGenerator, tiny_library
from tests.conftest import Command

SITEMAP = (
    '<?xml version="1.0"?>\n<!-- made by <rss> -->\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://e.org/a</loc></url></urlset>'
)
ARTICLE = "The dam above Larkhall holds 90 million litres. It was built in 1931."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an article, and all that an answer to a question about it can be written to."""
    library = tiny_library(tmp_path, {"dam.md": ARTICLE})
    assistant = Assistant(library, generator=ScriptedGenerator(["The dam holds 90 million litres."] * 3))
    answer = assistant.ask("How much does the dam hold?")
    assert not answer.refused
    save_answer(answer, assistant).write(tmp_path / "saved.json")
    write_page(answer.to_dict(), tmp_path / "page.html")
    (tmp_path / "printed.json").write_text(json.dumps(answer.to_dict()))
    (tmp_path / "sitemap.xml").write_text(SITEMAP)
    (tmp_path / "settings.xml").write_text("<project><name>x</name></project>", encoding="utf-16")
    return tmp_path


def test_a_folder_s_files_that_are_no_articles_are_left_out_without_a_word(folder: Path, command: Command) -> None:
    ran = command("index", str(folder), "--library", str(folder / ".rag"), "--encoder", "hashing")
    assert (ran.status, ran.stderr) == (0, "")
    assert ran.stdout.startswith("1 unchanged; ")
    ran = command("list", "--library", str(folder / ".rag"), "--json")
    assert [row["source"] for row in json.loads(ran.stdout)] == ["dam.md"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("saved.json", "an answer of Footnoted, no article"),
        ("printed.json", "an answer of Footnoted, no article"),
        ("page.html", "an answer or a report of Footnoted, no article"),
        ("sitemap.xml", "XML, but neither RSS nor Atom"),
        ("settings.xml", "XML, but neither RSS nor Atom"),
    ],
)
def test_one_that_is_named_by_itself_is_named_in_one_line(folder: Path, command: Command, name: str, said: str) -> None:
    ran = command("index", str(folder / name), "--library", str(folder / ".rag"), "--encoder", "hashing")
    assert ran.status == 2
    [line] = ran.stderr.splitlines()
    assert line.startswith(f"rag: skipped {name}: {said}; ")


def test_an_article_that_becomes_an_answer_goes(folder: Path) -> None:
    library = tiny_library(folder, {})
    (folder / "dam.md").rename(folder / "dam.html")
    library.index(folder)
    assert [document.source for document in library.documents()] == ["dam.html"]
    (folder / "page.html").replace(folder / "dam.html")
    report = library.index(folder)
    assert library.documents() == []
    assert (report.skipped, "dam.html" in report.left_out) == ({}, True)


def test_an_archive_is_read_without_them(folder: Path) -> None:
    archive = BytesIO()
    with ZipFile(archive, "w") as made:
        for name in ("dam.md", "page.html", "saved.json", "sitemap.xml"):
            made.write(folder / name, name)
    skipped: dict[str, str] = {}
    [document] = load_documents(archive.getvalue(), "all.zip", skipped=skipped)
    assert (document.part, skipped) == ("dam.md", {})


@pytest.mark.parametrize("cut", [lambda feed: feed[:40], lambda feed: feed.replace("rss", "atom:feed")])
def test_a_damaged_feed_is_an_article_that_cannot_be_read(cut: Callable[[str], str]) -> None:
    feed = '<?xml version="1.0"?><rss><channel><title>The Paper</title></channel></rss>'
    with pytest.raises(LoadError) as caught:
        load_documents(cut(feed).encode(), "feed.xml")
    assert not isinstance(caught.value, NotAnArticle)
