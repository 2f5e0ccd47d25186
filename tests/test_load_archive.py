import gzip
import random

import pytest

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load import LOADERS, load_documents
from rag.load.package import parse_xml
from tests.samples import zipped


def refusal(data: bytes, source: str) -> str:
    with pytest.raises(LoadError) as caught:
        load_documents(data, source)
    message = str(caught.value)
    assert message.startswith(source)
    assert "\n" not in message
    return message


class TestArchives:
    def test_each_file_is_a_part_with_the_archive_as_its_source(self) -> None:
        data = zipped({"news/b-side.md": "# Title\n\nB.", "a_note.txt": "A.", "photo.png": b"\x89PNG"})
        documents = load_documents(data, "export.zip")
        assert [(doc.part, doc.title, doc.text, doc.source) for doc in documents] == [
            ("a_note.txt", "A note", "A.", "export.zip"),
            ("news/b-side.md", "Title", "B.", "export.zip"),
        ]
        assert documents[0].id != documents[1].id

    def test_an_archive_within_an_archive_is_read_but_not_without_end(self) -> None:
        data = zipped({"a.txt": "Deep."})
        for _ in range(3):
            data = zipped({"in.zip": data})
        assert "unpack them" in refusal(zipped({"in.zip": data}), "deep.zip")
        [document] = load_documents(zipped({"in.zip": zipped({"a.txt": "Deep."})}), "two.zip")
        assert document.part == "in.zip/a.txt"

    def test_what_cannot_be_read_is_skipped_with_its_reason_and_the_rest_is_read(self) -> None:
        skipped: dict[str, str] = {}
        data = zipped({"a.txt": "Read.", "b.txt": b"\x00\x01", "c.zip": b"PK\x03\x04 torn"})
        documents = load_documents(data, "mixed.zip", skipped=skipped)
        assert [document.part for document in documents] == ["a.txt"]
        assert sorted(skipped) == ["mixed.zip/b.txt", "mixed.zip/c.zip"]
        assert all(reason.startswith(f"{source}: ") for source, reason in skipped.items())

    def test_names_that_lead_elsewhere_are_only_names(self) -> None:
        data = zipped({"../../etc/evil.txt": "One.", "/root.txt": "Two.", "C:\\three.txt": "Three."})
        assert {document.text for document in load_documents(data, "names.zip")} == {"One.", "Two.", "Three."}

    def test_hidden_files_and_those_of_a_mac_are_left_out(self) -> None:
        data = zipped({"__MACOSX/._a.txt": "x", ".git/b.txt": "y", "a.txt": "Seen."})
        assert [document.text for document in load_documents(data, "mac.zip")] == ["Seen."]

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_files_of_one_name_and_one_already_numbered_stay_apart(self) -> None:
        inner = zipped({"a.txt": "x"})
        data = zipped({"in.zip": inner, "in.zip/a.txt": "y", "in.zip/a.txt (2)": "z", "b.txt": "b"})
        documents = load_documents(data, "same.zip")
        assert sorted(document.part or "" for document in documents) == ["b.txt", "in.zip/a.txt", "in.zip/a.txt (2)"]
        assert len({document.id for document in documents}) == 3

    def test_an_archive_without_any_article_says_so(self) -> None:
        assert "no file in it is supported (as 'photo.png')" in refusal(zipped({"photo.png": b"x"}), "photos.zip")

    def test_a_bomb_is_refused(self) -> None:
        bomb = zipped({"a.txt": bytes(20_000_000)})
        assert len(bomb) < 50_000
        assert "zip bomb" in refusal(bomb, "bomb.zip")

    def test_what_unpacks_to_too_much_in_all_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rag.load.documents.MOST_BYTES", 10)
        skipped: dict[str, str] = {}
        load_documents(zipped({"a.txt": "1234567", "b.txt": "1234567"}), "big.zip", skipped=skipped)
        assert list(skipped) == ["big.zip/b.txt"]
        assert "unpack the archive" in skipped["big.zip/b.txt"]

    def test_too_many_files_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rag.load.package.MOST_ENTRIES", 2)
        assert "holds 3 files" in refusal(zipped({"a": "", "b": "", "c": ""}), "many.zip")

    def test_a_password_is_named(self) -> None:
        data = bytearray(zipped({"a.txt": "Secret."}))
        for start in (6, data.index(b"PK\x01\x02") + 8):
            data[start] |= 1
        assert "password" in refusal(bytes(data), "secret.zip")


class TestCompressed:
    def test_the_file_within_is_read(self) -> None:
        two = gzip.compress(b"One. ") + gzip.compress(b"Two.")
        [document] = load_documents(two, "news/talks.txt.gz")
        assert (document.text, document.part, document.title) == ("One. Two.", "talks.txt", "Talks")

    def test_what_is_torn_or_bursts_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = gzip.compress(random.Random(1).randbytes(1000))
        assert "cut short" in refusal(data[:-9], "a.txt.gz")
        assert "damaged" in refusal(b"\x1f\x8b\x08" + data[9:], "a.txt.gz")
        monkeypatch.setattr("rag.load.archive.MOST_BYTES", 999)
        assert "unpacks to more" in refusal(data, "a.txt.gz")


class TestWrongSuffixes:
    @pytest.mark.parametrize(
        ("data", "source", "name"),
        [
            (b"%PDF-1.7 ...", "a.txt", "a PDF despite its name; rename it to 'a.pdf'"),
            (gzip.compress(b"x"), "a.zip", "a gzip file despite its name; rename it to 'a.gz'"),
            (b"\xef\xbb\xbf\n<!DOCTYPE HTML><p>", "a.md", "a web page despite its name; rename it to 'a.html'"),
            (zipped({"a.txt": "x"}), "a.md", "a zip archive despite its name; rename it to 'a.zip'"),
            (zipped({"word/document.xml": "x"}), "a.zip", "a Word document despite its name; rename it to 'a.docx'"),
            (b"{\\rtf1 x}", "a.txt", "Rich Text Format"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.txt", "an old Office file, or one with a password"),
        ],
    )
    def test_a_file_that_is_another_kind_is_told_what_it_is(self, data: bytes, source: str, name: str) -> None:
        assert name in refusal(data, source)

    @pytest.mark.parametrize("text", ["<h1 align=center>Read me</h1>\n\nText.", "%PDF is a format.", "<html-like> x"])
    def test_text_that_only_looks_alike_is_text(self, text: str) -> None:
        [document] = load_documents(text.encode(), "a.md")
        assert document.text == text


class TestXml:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 99 + b'">]><a>&b;</a>', "declares XML entities"),
            (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>', "declares XML entities"),
            (b"<a>" * 1000 + b"</a>" * 1000, "damaged XML"),
            (b"<a>", "damaged XML"),
            (b"", "damaged XML"),
            (b"\x00\xff", "damaged XML"),
        ],
    )
    def test_what_is_damaged_or_made_to_burst_is_refused(self, data: bytes, reason: str) -> None:
        with pytest.raises(LoadError, match=rf"^a\.odt: {reason}.*") as caught:
            parse_xml(data, "a.odt")
        assert "\n" not in str(caught.value)


def test_a_parser_that_fails_in_its_own_way_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, source: str) -> list[Document]:
        raise KeyError("styles")

    monkeypatch.setitem(LOADERS, ".odd", fail)
    assert "damaged, or not what its name says (KeyError)" in refusal(b"x", "a.odd")
