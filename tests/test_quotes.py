"""What is quoted in place of a sentence that is borne in part, what is hearsay, and which sources are needed."""

import pytest

from rag.attribute import attribute_sentence
from rag.bearing import better_quote
from rag.compose import compose_answer
from rag.datatypes import Document, Status
from rag.hearsay import is_hearsay
from rag.prompt import Evidence
from rag.quotes import quotes_instead
from rag.sayings import without_idle_sources
from rag.sentences import split_sentences
from rag.verify import verify_attribution


def shown(text: str, *relevances: float, title: str = "") -> list[Evidence]:
    document = Document(id=f"{title} {text}", text=text, title=title, source="article.md")
    return [
        Evidence(document, 0, sentence, relevance)
        for sentence, relevance in zip(split_sentences(text), relevances, strict=True)
    ]


def quoted(sentence: str, evidence: list[Evidence], question: str) -> list[str]:
    quotes = quotes_instead(attribute_sentence(sentence, evidence), evidence, question)
    return [quote.sentence.text for quote in quotes]


def test_a_name_of_the_question_alone_is_not_worth_a_second_quote() -> None:
    evidence = shown("The ferry Marla sank in 1931. The Sound of Brod is cold.", 1.0, 0.9)
    question = "When did the ferry Marla sink in the Sound of Brod?"
    written = "The ferry Marla ran aground and sank in the Sound of Brod in 1931."
    assert quoted(written, evidence, question) == ["The ferry Marla sank in 1931."]


def test_a_name_of_the_question_is_worth_a_second_quote_where_that_bears_on_it_more() -> None:
    evidence = shown("The ferry Marla sank in 1931. The Sound of Brod is cold.", 0.9, 1.0)
    question = "When did the ferry Marla sink in the Sound of Brod?"
    written = "The ferry Marla ran aground and sank in the Sound of Brod in 1931."
    assert quoted(written, evidence, question) == ["The ferry Marla sank in 1931.", "The Sound of Brod is cold."]


@pytest.mark.parametrize(
    ("relevance", "quotes"),
    [
        (0.7, ["The name comes from a river in Wales."]),
        (0.4, []),  # about some other name
    ],
)
def test_a_source_that_is_far_less_relevant_than_the_best_is_not_quoted(relevance: float, quotes: list[str]) -> None:
    evidence = [
        *shown("The Blue Heron is a bakery in Tarn.", 1.0, title="Blue Heron"),
        *shown("The name comes from a river in Wales.", relevance, title="Severn"),
    ]
    written = "The name of the Blue Heron comes from a long river in Wales."
    assert quoted(written, evidence, "Where does the bakery's strange old name come from?") == quotes


def test_a_source_without_a_word_for_what_is_asked_gives_way_to_a_more_relevant_one_of_its_article() -> None:
    evidence = shown("The Marla rests in 40 m of water. Divers from Tarn raised the Marla.", 0.7, 0.9)
    source, closer = evidence
    question = "Who raised the Marla?"
    assert better_quote(question, source, evidence) == closer
    assert better_quote(question, closer, evidence) is None
    (elsewhere,) = shown("Divers raised the Marla.", 1.2)
    assert better_quote(question, source, [source, elsewhere]) is None


SAID = "One crane fell in May. The Port Guild said that a rusty bolt in the mast was to blame."


@pytest.mark.parametrize(
    ("question", "sentence", "hearsay"),
    [
        ("What was to blame for the crane's fall?", "The bolt in the mast was to blame for the crane's fall.", True),
        ("What was to blame for the crane's fall?", "The Port Guild said that a rusty bolt was to blame.", False),
        ("What did the Port Guild say was to blame?", "A rusty bolt was to blame.", False),
        ("When did the crane fall?", "One crane fell in May.", False),
    ],
)
def test_what_is_added_to_a_question_from_somebodys_mouth_is_hearsay(
    question: str, sentence: str, hearsay: bool
) -> None:
    assert is_hearsay(question, attribute_sentence(sentence, shown(SAID, 1.0, 1.0))) is hearsay


def test_hearsay_gives_way_to_who_says_it() -> None:
    evidence = shown(SAID, 0.8, 1.0)
    question = "What was to blame for the crane's fall?"
    composed = compose_answer(
        "The bolt in the mast was to blame for the crane's fall.", evidence, question=question, found=evidence
    )
    assert composed.text == "The Port Guild said that a rusty bolt in the mast was to blame [1]."
    written, said = composed.sentences
    assert (written.status, written.checks["speech"]) == (Status.PARTIAL, False)
    assert said.status is Status.QUOTED


def test_a_reason_is_not_cut_off_from_what_the_question_says_already() -> None:
    evidence = shown("The bakers of Tarn oppose the mill, saying that it would foul their wells.", 1.0)
    composed = compose_answer(
        "The bakers of Tarn oppose the mill because it would foul their wells.",
        evidence,
        question="Why do the bakers of Tarn oppose the mill?",
        found=evidence,
    )
    assert "foul their wells" in composed.text


def test_a_reason_is_not_given_up_for_a_sentence_with_more_of_the_questions_words() -> None:
    evidence = shown("A clean well also spares the children illness. Whether wells must be clean is debated.", 0.8, 1.2)
    composed = compose_answer(
        "A clean well also spares the children illness.",
        evidence,
        question="Why must wells be clean?",
        found=evidence,
    )
    assert composed.text == "A clean well also spares the children illness [1]."


def test_a_source_of_one_word_that_the_sentence_can_do_without_is_not_cited() -> None:
    evidence = shown("A kiln starts with clay, straw and water. Those who fire bricks must consider permits.", 1.0, 1.0)
    attribution = attribute_sentence("A kiln must have clay, straw and water.", evidence)
    assert len(attribution.sources) == 2
    needed = without_idle_sources(attribution, verify_attribution)
    assert [source for source, _ in needed.sources] == evidence[:1]


def test_sources_that_a_sentence_needs_stay() -> None:
    evidence = shown("The bridge opened in 1931. The bridge carries 900 lorries a day.", 1.0, 1.0)
    attribution = attribute_sentence("The bridge opened in 1931 and carries 900 lorries a day.", evidence)
    assert without_idle_sources(attribution, verify_attribution) == attribution
    assert len(attribution.sources) == 2
