"""What the language model is shown: the chunks of the best sentences within the budget, laid out as they stand."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.datatypes import Chunk, Document, Hit, Sentence
from rag.errors import SettingsError
from rag.library import Library
from rag.prompt import Evidence, lay_out, rank_sentences, render_prompt, select_evidence
from rag.sentences import split_sentences
from rag.testing import ScriptedGenerator

CATS = Document("c", "Cats sleep. Cats eat fish at dusk and dawn.\n\nCats purr.", "Cats", "cats.md", "2025-01-02")
DOGS = Document("d", "Dogs bark.", "Dogs", "dogs.md")
ONE_BLOCK = "{% block system %}Be brief.{% endblock %}{% block user %}"


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def hit(document: Document, relevance: Sequence[float], key: int = 1) -> Hit:
    sentences = tuple(split_sentences(document.text))
    chunk = Chunk(document.id, document.text, 0, len(document.text), sentences, key)
    return Hit(chunk, document, 1.0, {}, tuple(relevance))


def evidence(document: Document, number: int) -> Evidence:
    sentence: Sentence = split_sentences(document.text)[number]
    return Evidence(document, 1, sentence, 1.0)


def texts(chosen: Sequence[Evidence]) -> list[str]:
    return [item.sentence.text for item in chosen]


def test_sentences_are_ranked_by_how_well_they_bear_on_the_question() -> None:
    assert texts(rank_sentences([hit(CATS, [0.1, 0.5, 0.9]), hit(DOGS, [0.7])])) == [
        "Cats purr.",
        "Dogs bark.",
        "Cats eat fish at dusk and dawn.",
        "Cats sleep.",
    ]


def test_the_chunks_of_the_best_sentences_are_shown_whole() -> None:
    hits = [hit(CATS, [0.1, 0.5, 0.9]), hit(DOGS, [0.7], key=2)]
    assert texts(select_evidence(hits, count_words, 100)) == [
        "Cats purr.",
        "Cats eat fish at dusk and dawn.",
        "Cats sleep.",
        "Dogs bark.",
    ]
    assert texts(select_evidence(hits, count_words, 12)) == texts(select_evidence(hits, count_words, 100))[:3]


def test_where_a_chunk_does_not_fit_its_sentences_stand_alone_if_they_bear_nearly_as_well() -> None:
    few = [hit(CATS, [0.75, 0.1, 0.9]), hit(DOGS, [0.6], key=2)]
    assert texts(select_evidence(few, count_words, 8)) == ["Cats purr.", "Cats sleep.", "Dogs bark."]


@pytest.mark.parametrize(("relevance", "is_shown"), [(0.54, True), (0.53, False)])
def test_what_bears_much_less_than_the_best_is_not_shown(relevance: float, is_shown: bool) -> None:
    hits = [hit(CATS, [0.1, 0.5, 0.9]), hit(DOGS, [relevance], key=2)]
    assert ("Dogs bark." in texts(select_evidence(hits, count_words, 100))) is is_shown


@pytest.mark.parametrize("budget", range(1, 14))
def test_the_budget_is_kept(budget: int) -> None:
    chosen = select_evidence([hit(CATS, [0.1, 0.9, 0.5]), hit(DOGS, [0.7], key=2)], count_words, budget)
    assert sum(count_words([item.sentence.text for item in chosen])) <= budget


def test_a_sentence_that_is_too_long_makes_room_for_the_next_best() -> None:
    chosen = select_evidence([hit(CATS, [0.1, 0.9, 0.5])], count_words, 2)
    assert [item.sentence.text for item in chosen] == ["Cats purr."]


def test_nothing_found_is_no_evidence() -> None:
    assert select_evidence([], count_words, 100) == []
    assert lay_out([]) == []


def test_sentences_of_a_document_stand_together_in_its_order_with_gaps_marked() -> None:
    passages = lay_out([evidence(CATS, 2), evidence(DOGS, 0), evidence(CATS, 0)])
    assert [(passage.title, passage.date, passage.text) for passage in passages] == [
        ("Cats", "2025-01-02", "Cats sleep. … Cats purr."),
        ("Dogs", None, "Dogs bark."),
    ]
    (together,) = lay_out([evidence(CATS, 1), evidence(CATS, 2)])
    assert together.text == "Cats eat fish at dusk and dawn. Cats purr."


def test_what_the_model_reads_first_is_the_same_for_every_question(library: Library) -> None:
    generator = ScriptedGenerator(lambda messages: "The articles do not say.")
    assistant = Assistant(library, generator=generator)
    assistant.ask("Which missiles did North Korea condemn?")
    assistant.ask("How does yeast make the dough rise?")
    systems = {messages[0] for messages in generator.seen}
    assert [message.role for message in systems] == ["system"]


def test_the_answer_goes_on_from_the_words_that_were_weighed(library: Library) -> None:
    generator = ScriptedGenerator(lambda messages: "The articles do not say.")
    Assistant(library, generator=generator).ask("Which missiles did North Korea condemn?")
    weighed, asked = generator.seen
    assert asked[: len(weighed)] == weighed


def test_the_question_stands_last_behind_the_words_that_answer_it(library: Library) -> None:
    generator = ScriptedGenerator(["The articles do not say."])
    question = "When did Pete Hegseth visit Tokyo & <why>?"
    Assistant(library, generator=generator).ask(question)
    prompt = generator.seen[0][-1].content
    assert "Pete Hegseth visited Tokyo on 30 March 2025." in prompt
    assert prompt.index("30 March 2025") < prompt.index(question)


def test_a_users_template_comes_before_the_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "answer.jinja").write_text(ONE_BLOCK + "Say {{ word }}.{% endblock %}")
    messages = render_prompt("answer", tmp_path, word="R&D")
    assert [(message.role, message.content) for message in messages] == [
        ("system", "Be brief."),
        ("user", "Say R&D."),
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (ONE_BLOCK + "{{ nothing }}{% endblock %}", r"answer\.jinja.*'nothing' is undefined"),
        (ONE_BLOCK + "{{ word", r"answer\.jinja cannot be used"),
        ("{% block system %}{% endblock %}", r"answer\.jinja has no block 'user'"),
    ],
    ids=["unknown value", "broken", "a block missing"],
)
def test_a_template_that_cannot_be_used_is_named(tmp_path: Path, written: str, message: str) -> None:
    (tmp_path / "answer.jinja").write_text(written)
    with pytest.raises(SettingsError, match=message):
        render_prompt("answer", tmp_path)


def test_a_folder_or_template_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder of prompt templates"):
        render_prompt("answer", tmp_path / "none")
    with pytest.raises(SettingsError, match=r"no prompt template unheard-of\.jinja"):
        render_prompt("unheard-of", tmp_path)
