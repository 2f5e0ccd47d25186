import importlib.util
import json
import re
from datetime import date
from pathlib import Path
from statistics import mean

import pytest

from rag.datatypes import Document, Place
from rag.errors import LoadError
from rag.load import load_documents

ROOT = Path(__file__).parents[1]
PAGES = ROOT.parent / "shared" / "eval" / "ingest" / "html-news"

STORY = """
<p>The council of Port Ellen voted on Tuesday to close the old harbour bridge for repairs that will take two years.</p>
<p>“We have no choice,” said Mara Quint, who leads the council. Cars will go round by the northern road.</p>
<h2>What it costs</h2>
<p>The work costs £4.2 million, which is twice what had been thought when the bridge was looked at in the spring.</p>
<ul><li>Steel costs £1.5 million.</li><li>Labour costs £2.7 million.</li></ul>
<table><tr><th>Year</th><th>Cars</th></tr><tr><td>2023</td><td>4,100</td></tr></table>
"""
PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Bridge to close | The Ellen Post</title>
<meta property="og:site_name" content="The Ellen Post"><meta name="author" content="Ana Ruiz">
<link rel="canonical" href="https://ellenpost.example/news/bridge"><meta property="og:title" content="{title}">
{head}</head><body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<div class="cookie-banner">We use cookies. Accept all of them?</div>
<article><h1>Bridge to close</h1>{story}</article>
<section class="comments"><p>First comment! I never liked that bridge, said somebody on the internet.</p></section>
<aside class="related"><a href="/1">Ten bridges you must see</a></aside>
<footer>All rights reserved.</footer></body></html>"""


def page(*, title: str = "Bridge to close | The Ellen Post", head: str = "", story: str = STORY) -> str:
    return PAGE.format(title=title, head=head, story=story)


def load(markup: str | bytes, source: str = "bridge.html") -> Document:
    [document] = load_documents(markup.encode() if isinstance(markup, str) else markup, source)
    return document


class TestArticle:
    def test_the_text_is_the_article_without_headline_menu_banner_comments_and_related_links(self) -> None:
        text = load(page()).text
        assert text.startswith("The council of Port Ellen voted")
        assert "twice what had been thought" in text
        for other in ("Bridge to close", "Home", "cookies", "First comment", "Ten bridges", "rights reserved"):
            assert other not in text

    def test_headings_are_places_lists_and_rows_are_kept(self) -> None:
        document = load(page())
        assert document.places == (Place(document.text.index("## What it costs"), None, "What it costs"),)
        assert "\n\n- Steel costs £1.5 million.\n- Labour costs £2.7 million.\n\n" in document.text
        assert "2023; 4,100." in document.text

    def test_a_line_break_is_kept_and_white_space_is_not(self) -> None:
        story = STORY + "<p>12 Quay\n   Street<br>Port  Ellen, where the council meets on the first Tuesday</p>"
        assert "12 Quay Street\nPort Ellen, where" in load(page(story=story)).text

    @pytest.mark.parametrize("suffix", ["htm", "HTML", "xhtml"])
    def test_the_formats_of_web_pages_are_known_by_their_suffix(self, suffix: str) -> None:
        declared = '<?xml version="1.0" encoding="UTF-8"?>' + page()
        assert "voted on Tuesday" in load(declared, f"bridge.{suffix}").text

    def test_a_page_without_text_is_named(self) -> None:
        with pytest.raises(LoadError, match=r"^empty\.html: no text in this file"):
            load("<html><body><img src=x></body></html>", "empty.html")


class TestMetadata:
    def test_title_author_site_address_and_language_are_read(self) -> None:
        document = load(page())
        assert (document.title, document.author) == ("Bridge to close", "Ana Ruiz")
        assert (document.publisher, document.language) == ("The Ellen Post", "en")
        assert document.url == "https://ellenpost.example/news/bridge"

    @pytest.mark.parametrize(
        ("written", "title"),
        [
            ("Bridge to close - Ellen Post", "Bridge to close"),
            ("Bridge to close — THE ELLEN POST", "Bridge to close"),
            ("North | South: a bridge to close", "North | South: a bridge to close"),
            ("Bridge - to close", "Bridge - to close"),
            ("The Ellen Post", "The Ellen Post"),
        ],
    )
    def test_a_title_ends_before_the_name_of_its_site(self, written: str, title: str) -> None:
        assert load(page(title=written)).title == title

    @pytest.mark.parametrize(
        ("head", "place"),
        [
            ('<script type="application/ld+json">{"datePublished": "2024-03-05T10:00"}</script>', "JSON-LD"),
            ('<meta property="article:published_time" content="2024-03-05T10:00:00Z">', "meta tag"),
        ],
    )  # fmt: skip
    def test_the_date_is_iso_and_says_where_it_stood(self, head: str, place: str) -> None:
        document = load(page(head=head))
        assert (document.date, document.date_from) == ("2024-03-05", place)

    def test_a_date_in_the_body_or_the_address_is_found(self) -> None:
        document = load(page(story='<time datetime="2024-03-05">5 March 2024</time>' + STORY))
        assert (document.date, document.date_from) == ("2024-03-05", "time element")
        document = load(page().replace("/news/bridge", "/2024/03/05/bridge"))
        assert (document.date, document.date_from) == ("2024-03-05", "address")

    def test_no_date_is_made_up(self) -> None:
        document = load(page())
        assert (document.date, document.date_from) == (None, None)
        assert date.today().isoformat() not in str(document)


class TestEncoding:
    @pytest.mark.parametrize(
        ("declared", "encoding", "word"),
        [
            ('<meta charset="iso-8859-1">', "cp1252", "“naïve” façade"),
            ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251", "Министр уехал"),
            ("<meta charset='shift_jis'>", "cp932", "日本の新聞"),
            ('<meta charset="gb2312">', "gb18030", "中国的报纸"),
            ("<meta charset=iso-2022-jp>", "iso-2022-jp", "日本の新聞"),
            ('<meta charset="iso-8859-1">', "utf-8", "“naïve” façade"),
            ('<meta charset="no-such-encoding">', "utf-8", "“naïve” façade"),
            ("", "utf-16", "“naïve” façade"),
        ],
    )  # fmt: skip
    def test_a_page_is_read_as_it_declares_unless_it_is_utf_8(self, declared: str, encoding: str, word: str) -> None:
        ascii_only = STORY.replace("£", "GBP ").replace("“", "").replace("”", "")
        markup = page(head=declared, story=ascii_only + f"<p>They wrote {word} on the wall of the town hall.</p>")
        assert f"wrote {word} on" in load(markup.encode(encoding)).text

    def test_a_byte_that_the_declared_encoding_lacks_does_not_lose_the_page(self) -> None:
        markup = page(head='<meta charset="utf-8">').encode().replace(b"two years", b"two \xff years")
        assert "two \ufffd years" in load(markup).text


HOSTILE = {
    "nested elements": "<div>" * 50_000 + STORY,
    "nested inline elements": "<p>" + "<b>" * 50_000 + "deep</b></p>" + STORY,
    "one long word": "<p>" + "x" * 1_000_000 + "</p>" + STORY,
    "entities": "<p>" + "&lt;" * 200_000 + "&#x110000;&#0;&nosuch;</p>" + STORY,
    "unclosed": "<p><table><tr><td><script>" + STORY,
    "many attributes": "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">x</p>" + STORY,
}


@pytest.mark.parametrize("story", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.timeout(60)
def test_a_hostile_page_is_read_or_refused_in_one_line(story: str) -> None:
    try:
        said = load(page(story=story), "odd.html").text
    except LoadError as error:
        said = str(error)
        assert re.fullmatch(r"odd\.html: [^\n]*", said)
    assert said


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret")
    uri = (tmp_path / "secret.txt").as_uri()
    markup = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{uri}">]>' + page(story=STORY + "<p>&x; is what it says here.</p>")
    assert "the secret" not in load(markup, "odd.xhtml").text


@pytest.mark.shared
def test_the_article_is_found_on_pages_of_many_sites() -> None:
    if not PAGES.is_dir():
        pytest.skip("../shared/eval/ingest/html-news is not beside the checkout")
    spec = importlib.util.spec_from_file_location("extraction", ROOT / "benchmarks" / "extraction.py")
    assert spec is not None
    assert spec.loader is not None
    extraction = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extraction)
    expected = json.loads((PAGES / "expected.json").read_text(encoding="utf-8"))
    scores = []
    for name, text in expected.items():
        document = load((PAGES / name).read_bytes(), name)
        scores.append(extraction.harmonic(*extraction.precision_recall(document.text, text)))
        for place in document.places:
            assert document.text[place.start :].lstrip("# ").startswith(place.heading or "")
    assert mean(scores) >= 0.95
