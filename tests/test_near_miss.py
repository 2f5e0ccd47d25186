"""A search says when nothing bears on the question, and which words it did not find."""

from pathlib import Path

import pytest

from rag.library import Library
from rag.near_miss import judge_search
from rag.retrieve import Retriever
from rag.testing import tiny_library


def test_words_that_occur_nowhere_are_named_as_they_were_asked(library: Library) -> None:
    question = "Did the Zeppelins carry missiles, or zeppelins Radium?"
    hits = Retriever(library, 40).search(question, 5)
    assert judge_search(question, hits, library).absent_words == ("zeppelins", "carry", "radium")


def test_what_bears_on_the_question_is_likelier_than_what_does_not(library: Library) -> None:
    retriever = Retriever(library, 40)
    asked, other = "Which missiles did North Korea condemn?", "Who painted the ceiling of the chapel?"
    likely, unlikely = (judge_search(question, retriever.search(question, 5), library) for question in (asked, other))
    assert 0 < unlikely.likely < 0.1 < likely.likely <= 1
    assert "ceiling" in unlikely.absent_words


def test_nothing_is_likely_in_an_empty_library(library: Library) -> None:
    library.remove("*")
    assert judge_search("Which missiles?", [], library).likely < 0.001


@pytest.mark.models
def test_with_the_real_encoder_an_absent_subject_is_unlikely_and_a_present_one_likely(tmp_path: Path) -> None:
    text = "Yeast makes dough rise, since it turns sugar into gas. Bakers knead the dough by hand."
    library = tiny_library(tmp_path, {"bread.md": text}, encoder="all-MiniLM-L6-v2")
    retriever = Retriever(library, 40)

    def likely(question: str) -> float:
        return judge_search(question, retriever.search(question, 5), library).likely

    assert likely("Why does dough rise?") > 0.9
    assert likely("Who won the election in Manila?") < 0.1
