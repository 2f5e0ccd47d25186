import json
from pathlib import Path
from typing import Any

import pytest

from rag.datatypes import Document
from rag.errors import LoadError, SettingsError
from rag.load import load_documents
from rag.load.export import parse_fields
from tests.conftest import Command


def load(value: Any, source: str = "export.json", fields: str = "") -> list[Document]:
    return load_documents(json.dumps(value).encode(), source, fields=parse_fields(fields))


def refusal(data: str, source: str) -> str:
    with pytest.raises(LoadError) as caught:
        load_documents(data.encode(), source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


RECORD = {
    "headline": "Talks",
    "articleBody": "They met.",
    "datePublished": "2025-03-30T10:00:00Z",
    "author": [{"name": "Ana Ruiz"}, "Bo Li"],
    "publisher": {"name": "The Paper"},
    "canonical_url": "https://example.org/talks",
    "inLanguage": "en",
}


class TestRecords:
    @pytest.mark.parametrize(
        "value", [RECORD, [RECORD], {"articles": [RECORD], "count": 1}, {"status": "ok", "data": [RECORD]}]
    )
    def test_an_article_is_found_in_whatever_holds_it(self, value: Any) -> None:
        [document] = load(value)
        assert (document.title, document.text, document.author) == ("Talks", "They met.", "Ana Ruiz, Bo Li")
        assert (document.date, document.date_from) == ("2025-03-30T10:00:00+00:00", "export")
        assert (document.publisher, document.url, document.language) == ("The Paper", "https://example.org/talks", "en")
        assert document.part is None

    def test_each_of_several_is_a_part_named_by_its_address_number_or_title(self) -> None:
        records = [{"text": "A.", "url": "https://e.org/a"}, {"text": "B.", "id": 7}, {"text": "C.", "title": "See"}]
        documents = load([*records, {"text": "D."}, {"text": "D."}, {"text": ""}, {}, None, "x"])
        parts = ["https://e.org/a", "7", "See", "record 4", "record 5"]
        assert [document.part for document in documents] == parts

    def test_a_text_in_html_becomes_text_with_its_headings(self) -> None:
        [document] = load(
            {"content": {"rendered": "<h2>Day one</h2><p>They &amp; we.</p>"}, "title": {"rendered": "T"}}
        )
        assert (document.title, document.text) == ("T", "## Day one\n\nThey & we.")
        assert [place.heading for place in document.places] == ["Day one"]

    @pytest.mark.parametrize(
        ("written", "date"),
        [
            (1743328800, "2025-03-30T10:00:00+00:00"),
            (1743328800000, "2025-03-30T10:00:00+00:00"),
            ("Sun, 30 Mar 2025 10:00:00 +0200", "2025-03-30T10:00:00+02:00"),
            ("spring 2025", "spring 2025"),
            (1e300, None),
            (True, None),
            (None, None),
        ],
    )
    def test_a_date_is_iso_where_it_can_be_read(self, written: object, date: str | None) -> None:
        assert load({"text": "A.", "published": written})[0].date == date

    def test_other_keys_can_be_named(self) -> None:
        record = {"data": {"words": "Text."}, "name": "No", "body": "no", "heading.main": "Yes"}
        [document] = load(record, fields="body=data.words, title=heading.main")
        assert (document.title, document.text) == ("Yes", "Text.")

    @pytest.mark.parametrize("written", ["body", "text=x", "body=", "=x"])
    def test_a_mapping_that_cannot_be_read_is_refused(self, written: str) -> None:
        with pytest.raises(SettingsError, match="NAME=KEY with a name of body, title"):
            parse_fields(written)

    def test_what_no_database_can_store_is_left_out(self) -> None:
        [document] = load_documents(b'{"text": "A\\u0000B\\ud800C\\r\\nD", "title": "T\\udc00\\u0000"}', "a.json")
        assert (document.text, document.title) == ("A B C \nD", "T")


class TestLines:
    @pytest.mark.parametrize("source", ["a.jsonl", "a.ndjson", "a.json"])
    def test_each_line_is_a_record(self, source: str) -> None:
        documents = load_documents(b'{"title": "A", "text": "One."}\n\n{"title": "B", "text": "Two."}\n', source)
        assert [(document.part, document.text) for document in documents] == [("A", "One."), ("B", "Two.")]

    def test_a_line_that_is_no_json_is_named(self) -> None:
        assert "line 2 is not valid JSON" in refusal('{"text": "A"}\n{"text"\n', "a.jsonl")


class TestTables:
    def test_rows_with_a_text_and_a_title_are_articles(self) -> None:
        documents = load_documents(b"Title,Body,Published\nTalks,They met.,2025-03-30\nBread,It rose.\n", "a.csv")
        assert [(doc.title, doc.text, doc.date) for doc in documents] == [
            ("Talks", "They met.", "2025-03-30"),
            ("Bread", "It rose.", None),
        ]

    def test_rows_are_articles_where_the_columns_are_named(self) -> None:
        fields = parse_fields("body=note,title=who")
        [document] = load_documents(b"who,note\nAna,Hello there.\n", "a.csv", fields=fields)
        assert (document.title, document.text) == ("Ana", "Hello there.")


def test_an_export_is_indexed_when_its_keys_are_named(command: Command, tmp_path: Path) -> None:
    tmp_path.joinpath("export.json").write_text('[{"words": "Bread rises in a warm kitchen.", "name": "Bread"}]')
    tmp_path.joinpath("other.txt").write_text("Shells are smooth.")
    first = command("index", tmp_path, "--encoder", "hashing")
    assert first.status == 2
    assert "--fields body=KEY (its keys: name, words)" in first.stderr
    assert command("index", tmp_path, "--fields", "body=words,title=name").status == 0
    assert "Bread" in command("list").stdout
    refused = command("index", tmp_path, "--fields", "words")
    assert refused.status != 0
    assert "NAME=KEY" in refused.stderr


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('{"a": 1', "line 1 is not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("1" * 5000, "too long a number"),
        ('{"words": "x", "n": 1}', "--fields body=KEY (its keys: n, words)"),
        ("[]", "its keys: none"),
        ('"text"', "no record with a text"),
    ],
)
def test_what_holds_no_articles_is_refused(data: str, reason: str) -> None:
    assert reason in refusal(data, "a.json")
