import io
import zipfile
from collections.abc import Mapping

import pytest

from rag.errors import LoadError
from rag.load import load_documents
from tests.samples import crawl

CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
METADATA = (
    '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Winter</dc:title><dc:creator>Ana Ruiz</dc:creator>'
    "<dc:creator>Bo Li</dc:creator><dc:date>2019-08-23</dc:date><dc:language>en-GB</dc:language></metadata>"
)


def book(pages: Mapping[str, str], **more: str) -> bytes:
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(pages)
    )
    spine = "".join(f'<itemref idref="i{number}"/>' for number in range(len(pages)))
    opf = f"<package>{METADATA}<manifest>{items}</manifest><spine>{spine}</spine></package>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OEBPS/content.opf", opf)
        for name, page in pages.items():
            archive.writestr(f"OEBPS/{name.replace('%20', ' ')}", f"<html><body>{page}</body></html>")
        for name, text in more.items():
            archive.writestr(f"META-INF/{name}.xml", text)
    return buffer.getvalue()


class TestBooks:
    def test_chapters_are_documents_with_the_book_in_their_title(self) -> None:
        pages = {
            "cover.xhtml": "<img src='c.jpg'/>",
            "one%20a.xhtml": "<h2>Chapter I</h2><h2>The sun</h2><p>It shone.</p><h3>Noon</h3><p>Hot.</p>",
            "one-b.xhtml": "<p>Still the first.</p><h2>Chapter II</h2><p>Snow.</p>",
        }
        first, second = load_documents(book(pages), "winter.epub")
        assert (first.title, first.part) == ("Winter: Chapter I The sun", "Chapter I The sun")
        assert first.text == "## Chapter I\n\n## The sun\n\nIt shone.\n\n### Noon\n\nHot.\n\nStill the first."
        assert [first.text[place.start :].split("\n")[0] for place in first.places] == [
            "## Chapter I",
            "## The sun",
            "### Noon",
        ]
        assert (second.title, second.text) == ("Winter: Chapter II", "## Chapter II\n\nSnow.")
        assert (first.author, first.date, first.date_from, first.language) == (
            "Ana Ruiz, Bo Li",
            "2019-08-23",
            "e-book",
            "en",
        )

    def test_a_book_without_headings_is_one_document(self) -> None:
        [document] = load_documents(book({"a.xhtml": "<p>One.</p>", "b.xhtml": "<p>Two.</p>"}), "winter.epub")
        assert (document.title, document.text, document.part) == ("Winter", "One.\n\nTwo.", "opening")

    def test_a_protected_book_is_refused(self) -> None:
        locked = "<encryption><EncryptedData><CipherReference URI='OEBPS/a.xhtml'/></EncryptedData></encryption>"
        with pytest.raises(LoadError, match=r"^a\.epub: protected against copying"):
            load_documents(book({"a.xhtml": "<p>x</p>"}, encryption=locked), "a.epub")


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Paper</title><language>en-us</language>
<item><title>Talks &amp;amp; bread</title><link>https://e.org/talks</link>
<pubDate>Sun, 30 Mar 2025 10:00:00 GMT</pubDate>
<description>Short.</description><author>Ana Ruiz</author>
<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[<h2>One</h2><p>They met.</p>]]>
</content:encoded></item><item><title>No text</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>The Paper</title><entry><title>Talks</title><id>urn:1</id>
<updated>2025-03-30T10:00:00Z</updated><author><name>Ana Ruiz</name></author>
<content type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml"><p>They <b>met</b>.</p></div></content></entry></feed>"""


class TestFeeds:
    @pytest.mark.parametrize("suffix", [".rss", ".xml"])
    def test_an_entry_of_rss(self, suffix: str) -> None:
        [document] = load_documents(RSS.encode(), f"feed{suffix}")
        assert (document.title, document.text) == ("Talks & bread", "## One\n\nThey met.")
        assert (document.url, document.part) == ("https://e.org/talks", "https://e.org/talks")
        assert (document.author, document.publisher, document.language) == ("Ana Ruiz", "The Paper", "en")
        assert (document.date, document.date_from) == ("2025-03-30T10:00:00+00:00", "feed")
        assert [place.heading for place in document.places] == ["One"]

    def test_an_entry_of_atom(self) -> None:
        [document] = load_documents(ATOM.encode(), "feed.atom")
        assert (document.title, document.text, document.part, document.author) == (
            "Talks",
            "They met.",
            "urn:1",
            "Ana Ruiz",
        )

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            ("<project><name>x</name></project>", "neither RSS nor Atom"),
            (RSS.replace("<rss", '<!DOCTYPE a [<!ENTITY a "b">]><rss'), "declares XML entities"),
            ("https://e.org/feed", "neither RSS nor Atom"),
            ("", "neither RSS nor Atom"),
        ],
    )
    def test_what_is_no_feed_is_refused(self, data: str, reason: str) -> None:
        with pytest.raises(LoadError, match=rf"^a\.xml: .*{reason}.*\.$"):
            load_documents(data.encode(), "a.xml")


class TestCrawls:
    @pytest.mark.parametrize("source", ["crawl.warc", "crawl.warc.gz"])
    def test_each_page_is_a_part_with_its_address(self, source: str) -> None:
        [document] = load_documents(crawl(compressed=source.endswith("gz")), source)
        assert (document.part, document.url, document.title) == ("https://e.org/a", "https://e.org/a", "Talks")
        assert document.text.startswith("## Day one\n\nThey met on Friday")

    @pytest.mark.parametrize(
        "data", [crawl()[:700], crawl().replace(b"They", b"They they"), b"WARC/1.0", b"no crawl at all"]
    )
    def test_what_is_damaged_is_refused(self, data: bytes) -> None:
        with pytest.raises(LoadError, match=r"^a\.warc: .*\.$"):
            load_documents(data, "a.warc")
