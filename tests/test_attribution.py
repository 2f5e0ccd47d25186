"""From the sentences of an answer to their sources, how well these bear them, and what is said of it."""

import pytest

from rag.answer_text import mark_sentence
from rag.attribute import MOST_SOURCES, attribute_sentences
from rag.compose import compose_answer
from rag.datatypes import Document, Refusal, Status
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.settings import Policy
from rag.verify import is_quoted, verify_attribution

TOKYO = Document(
    "t",
    "Pete Hegseth visited Tokyo on 30 March 2025. He agreed with General Nakatani to build 1,200 missiles. "
    "Kim Jong Un ordered the toughest counteraction in December 2024.",
    "A visit",
    "tokyo.md",
    "2025-03-31",
)
BREAD = Document("b", "Yeast makes the dough rise. A warm kitchen halves the time.", "Bread", "bread.md")
EVIDENCE = [
    Evidence(document, 1, sentence, 1.0) for document in (TOKYO, BREAD) for sentence in split_sentences(document.text)
]


def status(sentence: str) -> Status:
    (attribution,) = attribute_sentences(sentence, EVIDENCE)
    return verify_attribution(attribution).status


def sources(sentence: str) -> list[str]:
    (attribution,) = attribute_sentences(sentence, EVIDENCE)
    return [source.sentence.text for source, _ in attribution.sources]


@pytest.mark.parametrize("source", EVIDENCE, ids=[item.sentence.text[:20] for item in EVIDENCE])
def test_a_source_sentence_rests_on_itself_alone_and_is_quoted(source: Evidence) -> None:
    (attribution,) = attribute_sentences(source.sentence.text, EVIDENCE)
    assert attribution.sources == ((source, 1.0),)
    assert attribution.coverage == 1.0
    assert verify_attribution(attribution).status is Status.QUOTED


def test_a_sentence_of_two_facts_rests_on_two_sources() -> None:
    assert sources("Pete Hegseth visited Tokyo, and yeast makes the dough rise.") == [
        "Pete Hegseth visited Tokyo on 30 March 2025.",
        "Yeast makes the dough rise.",
    ]


def test_sources_are_few_however_many_share_a_word() -> None:
    assert len(sources("Hegseth, missiles, December counteraction, yeast and a kitchen.")) <= MOST_SOURCES


def test_what_shares_no_word_rests_on_nothing() -> None:
    assert sources("Elephants paint watercolours underground.") == []
    assert attribute_sentences("", EVIDENCE) == []
    assert attribute_sentences("Anything.", [])[0].sources == ()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Pete Hegseth visited Tokyo on 30 March 2025.", Status.QUOTED),
        ("He visited Tokyo on 30 March 2025", Status.SUPPORTED),
        ("Tokyo was visited by Pete Hegseth on 30 March 2025.", Status.SUPPORTED),
        ("Elephants paint watercolours underground.", Status.UNSUPPORTED),
        ("Yes.", Status.UNSUPPORTED),
    ],
    ids=["the words themselves", "a part of them", "in another order", "other words", "no content"],
)
def test_the_status_says_how_well_the_words_bear_a_sentence(sentence: str, expected: Status) -> None:
    assert status(sentence) is expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Pete Hegseth visited Tokyo on 29 March 2025.",
        "Pete Hegseth visited Tokyo on 31 March 2025.",
        "General Nakatani agreed to build 12,000 missiles.",
        "Pete Hegseth visited Seoul on 30 March 2025.",
    ],
    ids=["another day", "the day of the article", "another number", "another place"],
)
def test_one_wrong_number_or_name_is_never_supported(sentence: str) -> None:
    assert status(sentence) in {Status.PARTIAL, Status.UNSUPPORTED}


def test_quoted_is_without_a_gap() -> None:
    assert is_quoted("the dough rise", "Yeast makes the dough rise.")
    assert not is_quoted("Yeast makes dough", "Yeast makes the dough rise.")
    assert not is_quoted("it is", "It is late.")


def test_a_document_is_cited_by_the_exact_words_with_its_metadata() -> None:
    composed = compose_answer("Yeast makes the dough rise. Pete Hegseth visited Tokyo on 30 March 2025.", EVIDENCE)
    assert composed.text == "Yeast makes the dough rise [1]. Pete Hegseth visited Tokyo on 30 March 2025 [2]."
    assert [(c.marker, c.source, c.title, c.date, c.quote, c.start, c.end) for c in composed.citations] == [
        (1, "bread.md", "Bread", None, "Yeast makes the dough rise.", 0, 27),
        (2, "tokyo.md", "A visit", "2025-03-31", "Pete Hegseth visited Tokyo on 30 March 2025.", 0, 44),
    ]


def test_a_source_that_bears_two_sentences_has_one_marker() -> None:
    composed = compose_answer("Yeast makes the dough rise. The dough rise.", EVIDENCE)
    assert composed.text == "Yeast makes the dough rise [1]. The dough rise [1]."
    (citation,) = composed.citations
    assert citation.score == 1.0


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("The articles do not say.", Refusal.NOT_ANSWERED),
        ("The excerpts do not mention who won.", Refusal.NOT_ANSWERED),
        ("The winner is not mentioned in the articles.", Refusal.NOT_ANSWERED),
        ("There is no information on that.", Refusal.NOT_ANSWERED),
        ("", Refusal.NOT_ANSWERED),
        ("France won the cup.", Refusal.NOT_SUPPORTED),
    ],
)
def test_a_reply_that_answers_nothing_is_a_refusal(written: str, reason: Refusal) -> None:
    composed = compose_answer(written, EVIDENCE)
    assert composed.refusal is reason
    assert composed.citations == ()


def test_without_evidence_nothing_was_found() -> None:
    assert compose_answer("Yeast makes the dough rise.", []).refusal is Refusal.NOTHING_FOUND


@pytest.mark.parametrize(
    ("sentence", "marked"),
    [
        ("It did.", "It did [1][2]."),
        ("It did", "It did [1][2]"),
        ("Did it?", "Did it [1][2]?"),
        ("“It did.”", "“It did [1][2].”"),
    ],
)
def test_markers_stand_before_the_full_stop(sentence: str, marked: str) -> None:
    assert mark_sentence(sentence, [1, 2]) == marked


def test_a_partial_sentence_keeps_its_borne_part() -> None:
    composed = compose_answer(
        "Pete Hegseth visited Tokyo on 30 March 2025, and he met the old emperor in his palace.", EVIDENCE
    )
    assert composed.text == "Pete Hegseth visited Tokyo on 30 March 2025 [1]."
    written, said = composed.sentences
    assert (written.status, written.start, written.missing) == (
        Status.PARTIAL,
        None,
        ("met", "old", "emperor", "palace"),
    )
    assert (said.status, said.start) == (Status.QUOTED, 0)


def test_a_partial_sentence_without_such_a_part_is_replaced_by_the_quote() -> None:
    composed = compose_answer("Pete Hegseth visited Tokyo on 31 March 2025.", EVIDENCE)
    assert composed.text == "Pete Hegseth visited Tokyo on 30 March 2025 [1]."
    written, said = composed.sentences
    assert (written.status, written.checks["dates"]) == (Status.PARTIAL, False)
    assert said.status is Status.QUOTED


def test_a_partial_sentence_gives_way_to_what_bears_on_the_question_where_its_source_hardly_does() -> None:
    text = "The name of the mill is Ashgrind. The Ashgrind bakery owes its name to a baker of old, Tom Ash."
    mill, bakery = split_sentences(text)
    document = Document("m", text, "Bread", "mills.md")
    written = "The name comes from the name of the mill in Bremen."

    def said(relevance: float) -> str:
        evidence = [Evidence(document, 1, mill, relevance), Evidence(document, 2, bakery, 1.0)]
        return compose_answer(written, evidence, question="Where does the Ashgrind bakery get its name?").text

    assert said(0.3) == "The Ashgrind bakery owes its name to a baker of old, Tom Ash [1]."
    assert said(0.8) == "The name of the mill is Ashgrind [1]."


def test_the_same_quote_is_not_said_twice() -> None:
    wrong = "Pete Hegseth visited Tokyo on 31 March 2025."
    composed = compose_answer(f"{wrong} {wrong}", EVIDENCE)
    assert composed.text == "Pete Hegseth visited Tokyo on 30 March 2025 [1]."


def test_marked_sentences_are_said_with_what_they_are() -> None:
    composed = compose_answer(
        "Yeast makes the dough rise. Pete Hegseth visited Tokyo on 31 March 2025. Elephants paint.",
        EVIDENCE,
        Policy.MARK,
    )
    assert composed.text == (
        "Yeast makes the dough rise [1]. Pete Hegseth visited Tokyo on 31 March 2025 [2] "
        "[only in part in the articles]. Elephants paint [not in the articles]."
    )
    assert [sentence.status for sentence in composed.sentences] == [Status.QUOTED, Status.PARTIAL, Status.UNSUPPORTED]
    for sentence in composed.sentences:
        assert composed.text[sentence.start : sentence.end] == sentence.text


def test_with_the_policy_off_everything_is_said_as_it_is() -> None:
    composed = compose_answer("Elephants paint. Yeast makes the dough rise.", EVIDENCE, Policy.OFF)
    assert composed.text == "Elephants paint. Yeast makes the dough rise [1]."


@pytest.mark.parametrize(
    ("sentence", "entailed", "expected"),
    [
        ("Hegseth travelled to Tokyo on 30 March 2025.", None, Status.PARTIAL),
        ("Hegseth travelled to Tokyo on 30 March 2025.", True, Status.SUPPORTED),
        ("Hegseth travelled to Tokyo on 30 March 2025.", False, Status.PARTIAL),
        ("Hegseth travelled to Tokyo on 31 March 2025.", True, Status.PARTIAL),
        ("Hegseth visited Tokyo on 30 March 2025.", False, Status.QUOTED),
        ("Elephants paint.", True, Status.UNSUPPORTED),
    ],
)
def test_what_understands_the_sources_has_the_say_over_wording(
    sentence: str, entailed: bool | None, expected: Status
) -> None:
    (attribution,) = attribute_sentences(sentence, EVIDENCE)
    assert verify_attribution(attribution, {"entailment": lambda _: entailed}).status is expected
