"""Words as they are compared, however they are written."""

import pytest

from rag.terms import content_spans, content_words, quoted_phrases, sign_pairs, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S. built 1,200 anti-tank missiles.", "the us built 1200 anti tank missil"),
        ("US", "us"),
        ("U.S.A.'s J.R.R. Tolkien", "usa s jrr tolkien"),
        ("at 5 p.m. sharp", "at 5 pm sharp"),
        ("1,234,567.89 or 3.14 (1,2)", "1234567.89 or 3.14 1 2"),
        ("5mm in the 1990s", "5mm in the 1990s"),
        ("on 30/03/2025, COVID-19", "on 30 03 2025 covid 19"),
        ("end.Another snake_case", "end anoth snake case"),
        ("Straße Zoë ﬁne ÉCOLE", "straße zoe fine ecol"),
        ("平壌 12٣", "平 壌 12٣"),
        ("東京でiPhoneを", "東 京 て iphon を"),
        ("في المدينة والقطار", "في مدينة قطار"),
        ("… ?! .", ""),
    ],
)
def test_terms(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected


def test_content_words_leave_out_function_words_but_not_initials_that_look_like_one() -> None:
    assert content_words("It was an I.T. firm") == ["it", "firm"]


def test_spans_are_where_the_words_stand() -> None:
    text = "Is the U.S. at 1,200?"
    assert [(term, text[start:end]) for term, start, end in content_spans(text)] == [("us", "U.S."), ("1200", "1,200")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Who wrote "The Old Dams"?', ["the old dam"]),
        ("“one” and «two three» and „four“", ["one", "two three", "four"]),
        ("the dog's 'own' word", []),
        ('an "unclosed one', []),
        ('"" "?!"', []),
    ],
)
def test_phrases_in_double_quotation_marks_are_found(text: str, expected: list[str]) -> None:
    assert [" ".join(phrase) for phrase in quoted_phrases(text)] == expected


def test_neighbouring_signs_are_searched_for_in_pairs() -> None:
    assert sign_pairs("東京 the 大橋梁 人") == ["東 京", "大 橋", "橋 梁"]
    assert sign_pairs("no signs") == []
