"""Words of a question that the best sentence says otherwise: numbers, opposites, denials."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answerable import OF_CONTRADICTION, likely_answerable
from rag.assistant import Assistant
from rag.contradictions import contradicted_words
from rag.datatypes import Chunk, Document, Hit, Refusal, Sentence, Usage
from rag.generate import Weighed
from rag.library import Library
from rag.opposites import PAIRS
from rag.testing import ScriptedGenerator, tiny_library


def found(*texts: str, title: str = "An article", date: str | None = None) -> list[Hit]:
    """Return a Hit of the sentences, of which the first bears best on the question."""
    text = " ".join(texts)
    sentences = tuple(Sentence(part, text.index(part), text.index(part) + len(part)) for part in texts)
    chunk = Chunk("a", text, 0, len(text), sentences)
    relevance = tuple(1 / place for place in range(1, len(texts) + 1))
    return [Hit(chunk, Document("a", text, title, "a.md", date=date), 1.0, {}, relevance)]


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("What kind of sleep was discovered in 1947?", "REM sleep was discovered in 1953.", ("1947",)),
        ("What kind of sleep was discovered in 1953?", "REM sleep was discovered in 1953.", ()),
        ("Who died within 8 days?", "Of 100 victims, most died within eight days.", ()),
        ("Which 3 towns were built in 1953?", "The towns were built long ago.", ()),
        ("What do private schools teach?", "The public schools teach Latin.", ("private",)),
        ("Which smaller lakes froze?", "The large lakes froze.", ("smaller",)),
        ("What did the public think of private schools?", "The public liked them.", ()),
        ("Which schools are private?", "Of public and private schools, the latter are few.", ()),
        ("How many schools are there?", "There are few schools.", ()),
        ("Which routes are official?", "Two routes are unofficial.", ("official",)),
        ("Which routes are unofficial?", "Two routes are official.", ("unofficial",)),
        ("What is the port for?", "The import of tea made it rich.", ()),
        ("What do pharmacists never do?", "Pharmacists dispense medicine.", ("never",)),
        ("Who didn't come to Tokyo?", "Kim came to Tokyo.", ("didn't",)),
        ("Who did not come to Tokyo?", "All came to Tokyo except Kim.", ()),
        ("What will come no later than May?", "The report will come in May.", ()),
    ],
)
def test_a_word_is_contradicted_where_its_opposite_stands_in_its_place(
    question: str, sentence: str, words: tuple[str, ...]
) -> None:
    assert contradicted_words(question, found(sentence)) == words


def test_a_sentence_about_something_else_contradicts_nothing() -> None:
    assert contradicted_words("Which bridge did Kim open in 1947?", found("In 1953 the mill burnt down.")) == ()


def test_only_the_sentence_that_bears_best_counts() -> None:
    hits = found("It opened in 1953.", "The other one opened in 1947.")
    assert contradicted_words("Which opened in 1947?", hits) == ("1947",)
    assert contradicted_words("Which opened in 1953?", [replace(hits[0], relevance=(0.1, 0.9))]) == ("1953",)


def test_what_is_denied_need_not_be_denied_in_the_best_sentence() -> None:
    question = "Which numbers larger than two are never prime?"
    said = "All prime numbers larger than five end in one, three, seven or nine."
    hits = found(said, "No even number larger than two is prime.")
    assert contradicted_words(question, hits) == ("never",)
    assert contradicted_words(question, [replace(hits[0], relevance=(0.9, 0.8))]) == ()


def test_each_word_is_named_once_and_as_it_was_asked() -> None:
    question = "Which Northern towns never voted in 1947, if 1947 had a vote?"
    assert contradicted_words(question, found("Southern towns voted in 1953.")) == ("1947", "Northern", "never")


def test_the_date_that_a_question_asks_for_may_be_that_of_the_article() -> None:
    sentence, question = "Kim will meet 12 envoys on Sunday.", "Whom will Kim meet on March 30, 2025?"
    assert contradicted_words(question, found(sentence, date="2025-03-30")) == ()
    assert contradicted_words(question, found(sentence)) == ("30", "2025")


def test_a_number_of_the_title_is_known() -> None:
    assert contradicted_words("Who won in 1998?", found("France beat Brazil 3 to 0.", title="World Cup 1998")) == ()


def test_nothing_is_contradicted_where_nothing_is_found() -> None:
    assert contradicted_words("Who never came in 1947?", []) == ()


def test_each_pair_of_opposites_stands_once() -> None:
    pairs = [frozenset(pair.split()) for pair in PAIRS.split("|")]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(set(pairs)) == len(pairs)


def test_a_contradiction_makes_an_answer_less_likely() -> None:
    hits = found("REM sleep was discovered in 1953.")

    def log_odds(question: str) -> float:
        likely = likely_answerable(question, hits, Weighed((0.5, 0.5), Usage()))
        return math.log(likely / (1 - likely))

    difference = log_odds("What sleep was discovered in 1947?") - log_odds("What sleep was discovered in 1953?")
    assert difference == pytest.approx(OF_CONTRADICTION)


def test_a_refusal_tells_what_is_said_otherwise(library: Library) -> None:
    assistant = Assistant(library, generator=ScriptedGenerator([], doubts=("2027",)))
    answer = assistant.ask("How many missiles, out of 1,300, does the agreement of 2027 cover?")
    assert answer.refusal_reason is Refusal.NOT_ANSWERED
    assert answer.to_dict()["near_miss"]["contradicted_words"] == ("1,300",)


@pytest.mark.models
def test_with_the_real_encoder_a_swapped_word_is_found_in_the_right_sentence(tmp_path: Path) -> None:
    text = (
        "REM sleep was discovered in Chicago in 1953. The university held its first classes in 1892, for both women "
        "and men. Its public library is the largest of the town, and lends to everybody."
    )
    assistant = Assistant(tiny_library(tmp_path, {"sleep.md": text}, encoder="all-MiniLM-L6-v2"))

    def contradicted(question: str) -> tuple[str, ...]:
        return assistant.judge(question, assistant.search(question)).contradicted_words

    assert contradicted("Where was REM sleep discovered in 1947?") == ("1947",)
    assert contradicted("Where was REM sleep discovered in 1953?") == ()
    assert contradicted("Which is the smallest library of the town?") == ("smallest",)
    assert contradicted("Whom does the library never lend to?") == ("never",)
