"""The default model's answers over the sample articles hold their contract one by one, and their rates as a set.

Recorded replies are replayed; `pytest tests/test_answers.py --rag-record` asks the model again.
"""

import pytest

from rag.datatypes import Answer, Status
from rag.library import Library

# What the recorded run reaches, rounded down to a twentieth (what should be low: up). These are floors that no change
# may fall below, not aims.
PLAIN = {"contains_gold": 1.0, "false_refusal": 0.0, "citation_precision": 0.8, "citation_recall": 0.95}
HARD = {"contains_gold": 1.0, "false_refusal": 0.0, "citation_precision": 0.95, "citation_recall": 0.95}
UNANSWERABLE = {"refusal_recall": 1.0}
# Holds for every answer, whatever the model writes.
ALWAYS = {"citation_exactness": 1.0}

PLAIN_KINDS = ("fact", "date", "number", "list", "explain")
HARD_KINDS = ("swapped", "negation", "claim", "false-premise", "disagreement", "injection", "two-articles")
UNANSWERABLE_KINDS = ("absent", "adversarial")

pytestmark = [pytest.mark.models, pytest.mark.rag_library("../seeds")]


@pytest.mark.rag_cases("cases/seeds.jsonl", kinds=PLAIN_KINDS)
@pytest.mark.rag_gate(**PLAIN, **ALWAYS)
def test_plain_questions(rag_answer: Answer, rag_library: Library) -> None:
    check_contract(rag_answer, rag_library)


@pytest.mark.rag_cases("cases/seeds.jsonl", kinds=HARD_KINDS)
@pytest.mark.rag_gate(**HARD, **ALWAYS)
def test_hard_questions(rag_answer: Answer, rag_library: Library) -> None:
    check_contract(rag_answer, rag_library)


@pytest.mark.rag_cases("cases/seeds.jsonl", kinds=UNANSWERABLE_KINDS)
@pytest.mark.rag_gate(**UNANSWERABLE)
def test_questions_without_an_answer(rag_answer: Answer, rag_library: Library) -> None:
    check_contract(rag_answer, rag_library)


def check_contract(answer: Answer, library: Library) -> None:
    """Every sentence stands where it says, rests on what it cites, and every citation quotes its article."""
    texts = {document.id: document.text for document in library.documents()}
    for citation in answer.citations:
        assert texts[citation.document_id][citation.start : citation.end] == citation.quote
    said = [sentence for sentence in answer.sentences if sentence.start is not None]
    for sentence in said:
        assert answer.text[sentence.start : sentence.end] == sentence.text
        assert sentence.status is not Status.UNSUPPORTED
        assert sentence.citations
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1))
    assert {marker for sentence in said for marker in sentence.citations} == set(markers)
    assert answer.refused == (not said)
