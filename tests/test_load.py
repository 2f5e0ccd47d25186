import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load import LOADERS, load_documents
from rag.load.front_matter import split_front_matter


def load_one(data: bytes | str, source: str = "news/trade-talks.md") -> Document:
    [document] = load_documents(data.encode() if isinstance(data, str) else data, source)
    return document


def refusal(data: bytes | str, source: str = "odd.md") -> str:
    with pytest.raises(LoadError) as caught:
        load_documents(data.encode() if isinstance(data, str) else data, source)
    message = str(caught.value)
    assert message.startswith(f"{source}: ")
    assert "\n" not in message
    return message


class TestFrontMatter:
    HEADER = (
        '---\ntitle: "Talks: day two"\ndate: 2025-03-30\nauthor: [Ana Ruiz, Bo Li]\nsource: The Paper\ntags: [x]\n---\n'
    )

    @pytest.mark.parametrize("source", ["a.md", "a.markdown", "a.txt", "A.TXT"])
    def test_its_values_describe_the_document_and_are_no_part_of_the_text(self, source: str) -> None:
        document = load_one(self.HEADER + "\n\nFirst.\n\nSecond.\n\n", source)
        assert document.text == "First.\n\nSecond."
        assert (document.title, document.date) == ("Talks: day two", "2025-03-30")
        assert (document.author, document.publisher) == ("Ana Ruiz, Bo Li", "The Paper")
        assert document.source == source

    @pytest.mark.parametrize(
        ("written", "date"),
        [
            ("2025-03-30", "2025-03-30"),
            ("2025-03-30 14:05:00", "2025-03-30T14:05:00"),
            ("2025-03-30T14:05:00Z", "2025-03-30T14:05:00+00:00"),
            ("30 March 2025", "30 March 2025"),
            ("2025-13-45", "2025-13-45"),
        ],
    )
    def test_a_date_is_iso_where_it_can_be_read_else_as_written(self, written: str, date: str) -> None:
        assert load_one(f"---\ndate: {written}\n---\nText.").date == date

    @pytest.mark.parametrize("title", ["1984", "No", "1e3", "12:30:45", "0x10", "2025-03-30", "3.10"])
    def test_a_title_that_yaml_would_take_for_another_type_stays_as_written(self, title: str) -> None:
        assert load_one(f"---\ntitle: {title}\n---\nText.").title == title

    @pytest.mark.parametrize("value", ["", "~", "null", '""', "[]"])
    def test_a_key_without_a_value_counts_as_missing(self, value: str) -> None:
        document = load_one(f"---\ntitle: {value}\nauthor: {value}\n---\nText.", "trade-talks.md")
        assert (document.title, document.author) == ("Trade talks", None)

    def test_unprintable_characters_are_left_out_of_values(self) -> None:
        assert load_one('---\ntitle: "A\\ud800 \\e[31mB\\0\\nC"\n---\nText.').title == "A [31mB C"

    def test_windows_line_ends_and_an_empty_header_are_understood(self) -> None:
        assert load_one("---\r\nTitle: X\r\n---\r\nOne.\r\nTwo.").title == "X"
        assert load_one("---\n---\nText.").text == "Text."

    @pytest.mark.parametrize("text", ["---\nNot a header.\n---\nText.", "---\nno: end", "---\n- a list\n---\nText."])
    def test_a_rule_above_a_text_is_not_a_header(self, text: str) -> None:
        assert load_one(text).text == text

    @pytest.mark.parametrize(
        ("header", "line"),
        [
            ("title: a: b", 2),
            ("title: x\ndate: [1", 4),
            ('title: x\nauthor: "y', 4),
            ("title: *x", 2),
            ("a: b\n\tc: d", 3),
        ],
    )
    def test_a_broken_header_is_refused_with_its_line(self, header: str, line: int) -> None:
        assert f"near line {line};" in refusal(f"---\n{header}\n---\nText.")

    def test_a_value_that_is_no_text_is_refused_by_its_key(self) -> None:
        assert "'author'" in refusal("---\nauthor: {name: Ana}\n---\nText.")

    def test_deep_nesting_is_refused(self) -> None:
        assert "not valid YAML" in refusal("---\na: " + "[" * 5000 + "\n---\nText.")

    @given(st.text())
    def test_any_text_is_parted_or_refused(self, text: str) -> None:
        rest, message = "Text.", ""
        try:
            _, rest = split_front_matter(f"---\nkey: {text}\n---\nText.", "a.md")
        except LoadError as error:
            message = str(error)
        assert rest.endswith("Text.")
        assert "\n" not in message


class TestTitle:
    def test_the_first_heading_is_the_title_and_leaves_the_text(self) -> None:
        document = load_one("# Talks resume #\n\nThey met.\n\n## Later\n\n# Another\n")
        assert (document.title, document.text) == ("Talks resume", "They met.\n\n## Later\n\n# Another")

    def test_a_comment_in_fenced_code_is_not_a_heading(self) -> None:
        document = load_one("```sh\n# install\n```\n\n# Real title\n\nText.")
        assert document.title == "Real title"
        assert document.text.startswith("```sh\n# install\n```")

    def test_front_matter_goes_before_the_heading(self) -> None:
        document = load_one("---\ntitle: Given\n---\n# Heading\n\nText.")
        assert (document.title, document.text) == ("Given", "# Heading\n\nText.")

    @pytest.mark.parametrize(
        ("source", "title"),
        [("news/trade-talks_day-2.txt", "Trade talks day 2"), ("a/---.txt", "---.txt"), ("Ökostrom.md", "Ökostrom")],
    )
    def test_without_either_the_file_name_is_made_readable(self, source: str, title: str) -> None:
        assert load_one("Text without a heading.", source).title == title

    def test_a_hash_in_plain_text_is_text(self) -> None:
        assert load_one("# 1 in the charts\n", "a.txt").text == "# 1 in the charts"


class TestText:
    def test_line_ends_are_normalised_and_only_blank_lines_around_the_text_are_dropped(self) -> None:
        assert load_one(b"\r\n\r\n  One.\r\nTwo.\rThree.\n \n", "a.txt").text == "  One.\nTwo.\nThree."

    def test_the_id_lasts_when_the_content_changes_and_differs_between_files(self) -> None:
        first, changed, other = load_one("Old."), load_one("New."), load_one("Old.", "news/other.md")
        assert first.id == changed.id != other.id
        assert len(first.id) == 16
        assert int(first.id, 16) >= 0

    def test_a_file_name_that_is_not_unicode_can_be_loaded(self) -> None:
        assert load_one("Text.", os.fsdecode(b"caf\xe9.txt")).text == "Text."

    @pytest.mark.parametrize(
        ("encoding", "text"),
        [
            ("utf-8", "Ünïcödé 😀"),
            ("utf-8-sig", "Ünïcödé 😀"),
            ("utf-16", "Ünïcödé 😀"),
            ("utf-32", "Ünïcödé 😀"),
            ("cp1252", "It’s late, he said."),
            ("cp1252", "El niño comió en el café – por 5 €."),
            ("latin-1", "Caf\xe9"),
            ("cp1250", "Minister řekl, že jednání skončila v pátek. Příští týden začnou znovu."),
            ("cp1251", "Министр сказал, что переговоры закончились в пятницу."),
            ("koi8-r", "Министр сказал, что переговоры закончились в пятницу."),
            ("shift_jis", "これは日本語の文章です。会議は金曜日に終わりました。"),
            ("gb18030", "部长说，会谈于星期五结束。这是一个很长的句子。"),
            ("euc-kr", "장관은 회담이 금요일에 끝났다고 말했다."),
        ],
    )
    def test_text_in_another_encoding_is_read(self, encoding: str, text: str) -> None:
        assert load_one(text.encode(encoding), "a.txt").text == text


class TestRefusals:
    @pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"---\ntitle: X\n---\n", b"# Only a title\n"])
    def test_a_file_without_text(self, data: bytes) -> None:
        assert "no text in this file" in refusal(data)

    @pytest.mark.parametrize(
        "data",
        [
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
            b"Text\x00with a zero byte.",
            b"\x07\x80\xfe\xff\x13",
            bytes(range(1, 256)),
        ],
    )
    def test_a_binary_file(self, data: bytes) -> None:
        assert "binary file" in refusal(data)

    @pytest.mark.parametrize("data", [b"\xff\xfea", b"\xff\xfe\x00\x00a", b"\xef\xbb\xbf\xff"])
    def test_a_byte_order_mark_that_lies(self, data: bytes) -> None:
        assert "save it as UTF-8" in refusal(data)

    @pytest.mark.parametrize("source", ["page.xyz", "README", "archive.md.bz2", ".md"])
    def test_an_unsupported_suffix_lists_the_supported_ones(self, source: str) -> None:
        assert refusal("Text.", source).endswith(f"save it as one of {', '.join(sorted(LOADERS))}.")


@given(st.binary(max_size=200), st.sampled_from(sorted(LOADERS)))
def test_any_bytes_give_text_or_one_line_that_says_why_not(data: bytes, suffix: str) -> None:
    documents, message = [], ""
    try:
        documents = load_documents(data, f"file{suffix}")
    except LoadError as error:
        message = str(error)
    assert [bool(document.text.strip() and document.title) for document in documents] == [True] * (not message)
    assert "\n" not in message
    assert not any("\r" in document.text for document in documents)


class TestHeadings:
    def headings(self, text: str, source: str) -> list[tuple[str, str | None]]:
        document = load_one(text, source)
        return [(document.text[place.start :].splitlines()[0], place.heading) for place in document.places]

    def test_markdown_headings_are_places_and_stay_as_written(self) -> None:
        text = "# Title\n\nIntro.\n\n## One ##\n\nText.\n\n```\n# comment\n```\n\nTwo\n---\n\nMore.\n\n### Three `x`\n"
        assert self.headings(text, "a.md") == [("## One ##", "One"), ("Two", "Two"), ("### Three `x`", "Three `x`")]

    def test_a_rule_below_a_paragraph_or_a_list_is_no_heading(self) -> None:
        assert self.headings("One.\n\n---\n\n- a\n---\n\n| a |\n|---|\n", "a.md") == []

    def test_restructured_text_has_its_titles_and_fields(self) -> None:
        text = (
            "=====\nTitle\n=====\n\n:Author: Ana Ruiz\n:Date: 2024-03-05\n:Status: draft\n\nIntro.\n\n"
            "One more\n--------\n\nText with ``code``.\n\n.. note:: Mind this.\n\nTwo\n~~~\n\nEnd.\n"
        )
        document = load_one(text, "a.rst")
        assert (document.title, document.author, document.date) == ("Title", "Ana Ruiz", "2024-03-05")
        assert document.text.startswith("Intro.\n\nOne more\n--------\n")
        assert self.headings(text, "a.rst") == [("One more", "One more"), ("Two", "Two")]

    def test_restructured_text_without_a_title_goes_by_its_name(self) -> None:
        assert load_one("Just text.\n\n- a list\n", "old-bridge.rst").title == "Old bridge"

    def test_plain_text_has_the_headings_that_are_plain_to_see(self) -> None:
        text = "INTRODUCTION\n\nNATO met.\n\nResults\n-------\n\nHE SHOUTED!\n\nA line\n\nUSA\n\nThe end"
        assert self.headings(text, "a.txt") == [("INTRODUCTION", "INTRODUCTION"), ("Results", "Results")]
