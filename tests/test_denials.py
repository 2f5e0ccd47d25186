"""A source that says that nobody does what a question takes for granted is found, and no other."""

import pytest

from rag.datatypes import Document
from rag.denials import find_denial
from rag.prompt import Evidence
from rag.sentences import split_sentences

ARTICLE = (
    "A fire broke out in the harbour of Tarn on Monday.\n\n"
    "It was put out by noon, and nobody was hurt. None of the six boats sank. No ship left the harbour that day. "
    "The mayor praised the crews, and nothing else was said. No fewer than 40 people watched."
)


def found() -> list[Evidence]:
    document = Document(id="fire", text=ARTICLE, title="Fire in the harbour", source="fire.md")
    return [Evidence(document, 0, sentence, 0.8) for sentence in split_sentences(ARTICLE)]


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Who was hurt in the fire?", "It was put out by noon, and nobody was hurt."),
        ("How many boats sank in the harbour of Tarn?", "None of the six boats sank."),
        ("Which ship left the harbour?", "No ship left the harbour that day."),
        ("Why did the boats sink?", None),  # another form of the verb
        ("Who was praised?", None),
        ("How many people watched the fire?", None),
        ("Was nobody hurt?", None),
        ("Who was not hurt?", None),
    ],
)
def test_what_nobody_does_is_found_where_all_that_is_asked_is_denied(question: str, quote: str | None) -> None:
    denial = find_denial(question, found())
    assert (denial.sentence.text if denial else None) == quote


def test_a_denial_that_bears_less_on_the_question_than_other_sentences_is_left_alone() -> None:
    [first, second, *others] = found()
    better = Evidence(first.document, 0, first.sentence, 1.2)
    assert find_denial("Who was hurt in the fire?", [better, second, *others]) is None
