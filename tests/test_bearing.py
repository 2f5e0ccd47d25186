"""Whether sources bear on a question: articles at all, a sentence better than another, a quote in place of one."""

import pytest

from rag.bearing import (
    adds_to,
    best_quote,
    closer_source,
    may_answer,
    speaks_as_fully,
    speaks_of,
)
from rag.datatypes import Document
from rag.prompt import Evidence
from rag.sentences import split_sentences


def sentences(text: str, title: str = "") -> list[Evidence]:
    document = Document(id=f"{title} {text}", text=text, title=title, source="article.md")
    return [Evidence(document, 0, sentence, 0.5) for sentence in split_sentences(text)]


def one(text: str, relevance: float = 0.5, title: str = "") -> Evidence:
    [evidence] = sentences(text, title)
    return Evidence(evidence.document, 0, evidence.sentence, relevance)


@pytest.mark.parametrize(
    ("question", "speaks"),
    [
        ("Which team does Nora Quill play for?", False),
        ("Which school did Nora Quill open?", True),
        ("Who is Nora Quill?", True),
        ("What did Nora Quill open in Brenholm?", False),
    ],
)
def test_an_article_speaks_of_a_question_if_it_has_its_names_and_a_word_for_what_is_asked(
    question: str, speaks: bool
) -> None:
    ours, other = one("Nora Quill opened a school in Tarn."), one("Brenholm has a harbour.")
    assert speaks_of(question, [ours.document], [ours, other]) is speaks


def test_a_name_that_no_article_has_may_be_misspelt() -> None:
    ours = one("Nora Quill opened a school in Tarn.")
    assert speaks_of("What did Nora Qill open?", [ours.document], [ours])


@pytest.mark.parametrize(
    ("relevance", "answer", "found"),
    [
        (0.8, "The park has several birds.", True),
        (0.5, "The park has several birds.", False),  # as relevant
        (0.8, "The park has several birds of prey that nest.", False),  # the answer has the words itself
    ],
)
def test_a_closer_source_has_more_of_the_questions_words_and_is_more_relevant(
    relevance: float, answer: str, found: bool
) -> None:
    rests_on = one("The park has several birds.", 0.5)
    closer = one("In the park 14 birds of prey nest.", relevance)
    question = "Which birds of prey nest in the park?"
    assert closer_source(question, answer, [rests_on], [closer, rests_on]) == (closer if found else None)


@pytest.mark.parametrize(
    ("question", "sentence", "holds"),
    [
        ("Who led the girls' team?", "Ada Brook led the boys' team.", False),
        ("Who led the girls' team?", "Ada Brook led the girls' team.", True),
        ("Who led the girls' team?", "The girls' team was led with skill.", False),
        ("How many of the six boats sank?", "Of the six boats, some sank.", False),
        ("How many of the six boats sank?", "Six boats went out, and two sank.", True),
        ("How many boats sank?", "None of the boats sank.", True),
        ("When did the old mill close?", "The mill closed in 1931.", True),
        ("When did the old mill close?", "The mill closed for good.", False),
        ("In what year did the old mill close?", "The mill closed in 1931.", True),
        ("In what year did the old mill close?", "The old mill closed years ago.", False),
    ],
)
def test_a_sentence_may_answer_if_it_has_what_is_asked_for_and_no_opposite(
    question: str, sentence: str, holds: bool
) -> None:
    assert may_answer(question, one(sentence)) is holds


def test_what_only_repeats_the_question_adds_nothing_to_it() -> None:
    assert not adds_to("How many of the six boats sank?", "Six of the boats sank.")
    assert adds_to("How many of the six boats sank?", "Two of the six boats sank.")
    assert adds_to("Which boat sank, the Ada or the Nora?", "The Ada sank.")
    assert not adds_to("who wrote the song lanterns", "The song Lanterns was written.")


def test_what_speaks_as_fully_has_as_many_of_the_questions_words_with_its_pronouns_and_title() -> None:
    opened, hired, rain = sentences("Nora Quill opened a school. She hired teachers. Rain fell on the school.")
    asked = "Which school did Nora Quill open?"
    assert speaks_as_fully(asked, opened, [hired, rain])
    assert speaks_as_fully(asked, hired, [opened])
    assert not speaks_as_fully(asked, rain, [opened])
    assert speaks_as_fully(asked, one("Rain fell on the school.", title="Nora Quill"), [rain])
    assert speaks_as_fully(asked, rain, [])


def test_the_best_quote_has_most_of_the_questions_words_with_what_its_pronoun_stands_for() -> None:
    found = sentences("Nora Quill opened a school. She accused the council of hiding a report.")
    quote = best_quote("What did Nora Quill accuse the council of hiding?", found)
    assert quote == found[1]
    assert best_quote("Which party did Nora Quill join?", found) is None
