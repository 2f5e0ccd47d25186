import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.load.markup import text_of_html
from rag.load.table import looks_like_header, sentences_of_rows


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Just words &amp; more", "Just words & more"),
        ("<p>One <b>bold</b>word.</p>\n<p>H<sub>2</sub>O</p>", "One boldword.\n\nH2O"),
        ("<div>A<br>B<br/><br/>C</div>", "A\nB\n\nC"),
        ("<h1>Top</h1><div>text</div><h3>Low</h3>", "# Top\n\ntext\n\n### Low"),
        ("<ul><li>a</li><li><p>b</p><p>b2</p></li></ul>", "- a\n- b\n\nb2"),
        ("<ol><li>first</li><li>second<ul><li>inner</li></ul></li></ol>", "1. first\n2. second\n- inner"),
        ("<pre>one\n  two</pre>three", "one\ntwo\n\nthree"),
        (
            "<p>seen</p><pre hidden>x</pre><p style='DISPLAY: none'>y</p><script>z</script><p>too\n\n\nseen",
            "seen\n\ntoo seen",
        ),
        ("<head><title>T</title><style>s</style></head><!-- c --><body>body", "body"),
        ("<?xml version='1.0' encoding='utf-16'?><p>declared</p>", "declared"),
        ("<table><tr><td><div>laid</div><td>out</table>", "laid\n\nout"),
        ("<table><tr><td>I.<td>The <b>sun</b></tr><tr><td>II.<td>Rinks</table>", "I.; The sun.\n\nII.; Rinks."),
        ("<p>hy\xadphen\ufeff</p>", "hyphen"),
        (
            "<table><tr><th>Country<th>Year</tr><tr><td>Peru<td>2020</tr><tr><td colspan=2>both</tr></table>end",
            "Country: Peru; Year: 2020.\n\nCountry: both.\n\nend",
        ),
        ("", ""),
        ("<!-- open", ""),
    ],
)
def test_all_visible_text_is_read_in_blocks(markup: str, text: str) -> None:
    assert text_of_html(markup)[0] == text


def test_places_stand_at_the_headings() -> None:
    text, places = text_of_html("<p>Before</p><h2>The <i>first</i></h2><p>x</p><h2> </h2><h3>Second</h3>y")
    assert [place.heading for place in places] == ["The first", "Second"]
    assert [text[place.start :].split("\n")[0] for place in places] == ["## The first", "### Second"]


@given(st.text(alphabet="<>/!-=\"' abph12litdrue\n\0\ud800", max_size=300))
def test_any_markup_gives_text_with_places_in_it(markup: str) -> None:
    text, places = text_of_html(markup)
    assert all(text[place.start] == "#" for place in places)
    assert text == text.strip()


def test_deep_nesting_is_bounded() -> None:
    assert text_of_html("<p>top</p>" + "<div>" * 100_000 + "deep")[0].startswith("top")


class TestTables:
    def test_each_row_is_a_sentence_with_its_header(self) -> None:
        rows = [["Country", "Year", ""], ["Peru", "2020", "dry"], [" ", ""], ["Chile", "", ""], ["A", "1", "b", "c!"]]
        assert list(sentences_of_rows(rows)) == [
            "Country: Peru; Year: 2020; dry.",
            "Country: Chile.",
            "Country: A; Year: 1; b; c!",
        ]

    def test_a_first_row_with_numbers_is_content(self) -> None:
        assert list(sentences_of_rows([["Peru", "2020"], ["Chile", "2021"]])) == ["Peru; 2020.", "Chile; 2021."]

    def test_a_header_without_rows_is_still_said(self) -> None:
        assert list(sentences_of_rows([["Country", "Year"]], has_header=True)) == ["Country; Year."]
        assert list(sentences_of_rows([[], [""]])) == []

    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            (["Name", "Born in"], True),
            (["Name"], False),
            (["A", "A"], False),
            (["Name", "1,200"], False),
            (["A", "b" * 61], False),
        ],
    )
    def test_what_names_columns_is_short_and_different(self, row: list[str], expected: bool) -> None:
        assert looks_like_header(row) is expected
