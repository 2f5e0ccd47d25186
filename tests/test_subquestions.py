"""Which questions a question joins."""

import pytest

from rag.subquestions import split_question


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "In which exercise did a Kestrel-3 miss, and what was to blame?",
            ["In which exercise did a Kestrel-3 miss?", "What was to blame? (exercise a Kestrel-3 miss)"],
        ),
        (
            "How much did Tidewright Energy offer the fishermen, and how much did it give for the lighthouse?",
            [
                "How much did Tidewright Energy offer the fishermen?",
                "How much did it give for the lighthouse? (Tidewright Energy offer the fishermen)",
            ],
        ),
        (
            "What did China and North Korea each object to?",
            ["What did China object to?", "What did North Korea object to?"],
        ),
        (
            "What do the Wenlow Authority and Ashmere both say?",
            ["What do the Wenlow Authority say?", "What do Ashmere say?"],
        ),
        (
            "Who won the race and who came second in Marrowbridge?",
            ["Who won the race?", "Who came second in Marrowbridge?"],
        ),
    ],
)
def test_a_question_is_split_into_those_that_it_joins(question: str, parts: list[str]) -> None:
    assert split_question(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "What did North Korea object to?",
        "When and where was the agreement signed?",
        "What did the U.S. and Japan agree to?",
        "Who said that the mayor and the council knew what was planned?",
        "The Rhine forms the border between Austria and what other country?",
        "Which cities did Pete Hegseth visit in late March 2025?",
        "",
    ],
)
def test_one_question_stays_one(question: str) -> None:
    assert split_question(question) == [question]
