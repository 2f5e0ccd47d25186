"""An answer goes on in the source's own words: far where it explains, one sentence where that may be the answer too."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.compose import compose_answer
from rag.datatypes import Document, Sentence, Status
from rag.elaborate import MOST_SENTENCES, further_sentences
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.settings import Policy
from rag.testing import ScriptedGenerator, tiny_library

VALVE = Document(
    "v",
    "The relief valve\n\nThe relief valve opens when the boiler's pressure is too high. "
    "It closes again once enough steam is gone. The relief valve was made of brass until 1931. "
    "This was found to wear within ten years. A relief valve that sticks can make the boiler burst. "
    "The boiler is painted green.",
    "The relief valve",
    "valve.md",
)
HEADING, OPENS, CLOSES, BRASS, WEAR, STICKS, GREEN = split_sentences(VALVE.text)
TESTS = Document("t", "A relief valve is tested once a year.", "Tests", "tests.md")
(TESTED,) = split_sentences(TESTS.text)
BUILDERS = Document(
    "b",
    "Ann Lowe improved the relief valve in 1890. Tom Reed improved the relief valve in 1904. "
    "The relief valve was improved once more. Ida Park painted the boiler in 1911. Joan Wey improved the relief valve.",
    "The builders",
    "builders.md",
)
LOWE, REED, ONCE_MORE, PARK, WEY = split_sentences(BUILDERS.text)
ANSWER = "The relief valve opens when the boiler's pressure is too high."
ASKED = "What is the purpose of the relief valve?"
DESCRIBE = "Describe the relief valve."


def found(*sentences: tuple[Sentence, float], document: Document = VALVE, chunk_id: int = 1) -> list[Evidence]:
    return [Evidence(document, chunk_id, sentence, relevance) for sentence, relevance in sentences]


def quoted(question: str, evidence: list[Evidence], told: int = 1) -> list[str]:
    return [item.sentence.text for item in further_sentences(question, told, [evidence[0].place], evidence)]


def test_what_bears_nearly_as_well_is_quoted_in_the_order_of_the_article() -> None:
    evidence = found((BRASS, 1.0), (STICKS, 0.9), (OPENS, 0.85), (GREEN, 0.7))
    assert quoted(DESCRIBE, evidence) == [OPENS.text, STICKS.text]


@pytest.mark.parametrize(
    "question",
    [
        "When was the relief valve made of brass?",
        "Who made the relief valve?",
        "Which metals were used for the relief valve?",
        "What is the relief valve called?",
    ],
)
def test_a_question_for_a_fact_is_left_at_one_unless_another_sentence_bears_as_well(question: str) -> None:
    assert quoted(question, found((BRASS, 1.0), (STICKS, 0.9), (OPENS, 0.9))) == []
    assert quoted(question, found((OPENS, 1.0), (STICKS, 1.0), (BRASS, 0.3))) == [STICKS.text]


def test_a_fact_goes_on_with_one_sentence_at_the_most() -> None:
    evidence = found((OPENS, 1.0), (BRASS, 0.99), (STICKS, 0.98))
    assert quoted("Who made the relief valve?", evidence) == [BRASS.text]
    assert quoted("Who made the relief valve?", evidence, told=2) == []


class TestSeveralThings:
    WHO = "Which engineers improved the relief valve?"

    def quoted(self, question: str, *sentences: tuple[Sentence, float], told: int = 1) -> list[str]:
        return quoted(question, found(*sentences, document=BUILDERS), told)

    def test_what_names_more_of_them_is_quoted_in_the_order_of_the_article(self) -> None:
        evidence = (REED, 1.0), (WEY, 0.9), (LOWE, 0.85)
        assert self.quoted(self.WHO, *evidence) == [LOWE.text, WEY.text]
        assert self.quoted("Who improved the relief valve?", *evidence) == []

    def test_what_has_no_new_name_is_left_out_unless_it_bears_as_well(self) -> None:
        assert self.quoted(self.WHO, (REED, 1.0), (ONCE_MORE, 0.9)) == []
        assert self.quoted(self.WHO, (REED, 1.0), (ONCE_MORE, 0.99)) == [ONCE_MORE.text]

    def test_a_name_that_something_else_is_said_of_is_left_out(self) -> None:
        assert self.quoted(self.WHO, (REED, 1.0), (PARK, 0.9)) == []

    def test_what_bears_on_the_question_less_is_left_out(self) -> None:
        assert self.quoted(self.WHO, (REED, 1.0), (LOWE, 0.7)) == []

    def test_no_more_are_named_than_were_asked_for(self) -> None:
        evidence = (REED, 1.0), (WEY, 0.9), (LOWE, 0.85)
        assert self.quoted("Name two engineers who improved the relief valve.", *evidence) == [WEY.text]
        assert self.quoted(self.WHO, *evidence, told=MOST_SENTENCES - 1) == [WEY.text]

    def test_one_kind_is_not_several_things(self) -> None:
        assert self.quoted("What type of valves improved?", (REED, 1.0), (WEY, 0.9)) == []


def test_a_follow_up_is_not_answered_with_what_was_asked_before() -> None:
    evidence = found((OPENS, 1.0), (BRASS, 1.0))
    assert quoted("Who made the relief valve?", evidence) == [BRASS.text]
    assert quoted("Who made it? (relief valve)", evidence) == []


def test_a_fact_does_not_go_on_with_what_speaks_of_less_of_the_question() -> None:
    question = "Which relief valve was made of brass?"
    assert quoted(question, found((BRASS, 1.0), (STICKS, 1.0))) == []
    assert quoted(question, found((STICKS, 1.0), (BRASS, 1.0))) == [BRASS.text]


@pytest.mark.parametrize("question", ["Why does the relief valve open?", "Could you tell me why the valve opens?"])
def test_a_reason_is_left_at_that(question: str) -> None:
    assert quoted(question, found((OPENS, 1.0), (STICKS, 1.0))) == []


def test_what_holds_as_a_rule_is_explained() -> None:
    evidence = found((OPENS, 1.0), (CLOSES, 0.9), (STICKS, 0.8))
    assert quoted("When do you need a relief valve?", evidence) == [CLOSES.text, STICKS.text]
    assert quoted("When did you need a relief valve?", evidence) == []


def test_other_passages_are_not_drawn_on() -> None:
    evidence = [
        *found((OPENS, 1.0)),
        *found((STICKS, 1.0), chunk_id=2),
        *found((TESTED, 1.0), document=TESTS, chunk_id=3),
    ]
    assert quoted(DESCRIBE, evidence) == []


def test_an_answer_goes_on_in_its_paragraph_or_below_it_not_above() -> None:
    parted = Document("p", "Mills need much care.\n\nThe mill grinds rye.\n\nThe mill saws oak.", "The mill", "mill.md")
    care, grinds, saws = split_sentences(parted.text)
    evidence = found((grinds, 1.0), (care, 0.9), (saws, 0.9), document=parted)
    assert quoted("Describe the mill.", evidence) == [saws.text]


def test_nearly_is_of_the_best_that_was_found_wherever_it_stands() -> None:
    evidence = [*found((OPENS, 0.5), (STICKS, 0.5)), *found((TESTED, 1.0), document=TESTS, chunk_id=2)]
    assert quoted(DESCRIBE, evidence) == []


def test_a_pronoun_needs_the_sentence_that_tells_whom_it_stands_for() -> None:
    assert quoted(DESCRIBE, found((OPENS, 1.0), (CLOSES, 0.9), (WEAR, 0.9))) == [CLOSES.text]
    assert quoted(DESCRIBE, found((OPENS, 1.0), (BRASS, 0.95), (WEAR, 0.9))) == [BRASS.text, WEAR.text]


def test_headings_and_scraps_are_no_sentences() -> None:
    assert quoted(DESCRIBE, found((OPENS, 1.0), (HEADING, 1.0))) == []


def test_an_answer_has_four_sentences_at_the_most() -> None:
    evidence = found((OPENS, 1.0), (CLOSES, 1.0), (BRASS, 1.0), (STICKS, 1.0), (GREEN, 1.0))
    assert 1 + len(quoted(DESCRIBE, evidence)) == MOST_SENTENCES == 4
    assert 3 + len(quoted(DESCRIBE, evidence, told=3)) == 4
    assert quoted(DESCRIBE, evidence, told=5) == []


def test_nothing_was_found() -> None:
    assert further_sentences(DESCRIBE, 1, [], []) == []


def test_an_answer_goes_on_in_quotes_each_with_its_citation() -> None:
    evidence = found((OPENS, 1.0), (STICKS, 0.9), (GREEN, 0.2))
    composed = compose_answer("It opens when the pressure is too high.", evidence, question=ASKED, found=evidence)
    assert composed.text == (
        "It opens when the pressure is too high [1]. A relief valve that sticks can make the boiler burst [2]."
    )
    assert [sentence.status for sentence in composed.sentences] == [Status.SUPPORTED, Status.QUOTED]
    assert [citation.quote for citation in composed.citations] == [OPENS.text, STICKS.text]


@pytest.mark.parametrize("policy", [Policy.MARK, Policy.OFF])
def test_what_is_shown_as_it_was_written_does_not_go_on(policy: Policy) -> None:
    evidence = found((OPENS, 1.0), (STICKS, 0.9))
    composed = compose_answer(OPENS.text, evidence, policy, question=ASKED, found=evidence)
    assert [citation.quote for citation in composed.citations] == [OPENS.text]


def test_what_is_disputed_is_not_gone_on_with() -> None:
    disputed = Document(
        "d", "Valves of brass last longest. The guild denies this. Steel is cheap.", "Metals", "metals.md"
    )
    brass, denial, steel = split_sentences(disputed.text)
    told, claimed, denied = found((steel, 1.0), (brass, 1.0), (denial, 0.5), document=disputed)
    composed = compose_answer("Steel is cheap.", [told], question="What is the nature of steel?", found=[told, claimed])
    assert [citation.quote for citation in composed.citations] == [steel.text, brass.text]
    everything = [told, claimed, denied]
    composed = compose_answer("Steel is cheap.", [told], question="What is the nature of steel?", found=everything)
    assert [citation.quote for citation in composed.citations] == [steel.text]
    assert composed.disagreements == ()


def test_what_is_refused_does_not_go_on() -> None:
    evidence = found((OPENS, 1.0), (STICKS, 0.9))
    composed = compose_answer("Elephants paint underground.", evidence, question=ASKED, found=evidence)
    assert composed.refusal is not None
    assert composed.citations == ()


@pytest.fixture
def articles() -> Mapping[str, str]:
    return {"valve.md": VALVE.text, "gulls.md": "Gulls nest on the roof of the mill."}


def test_a_library_is_asked_to_explain_and_for_a_fact(tmp_path: Path, articles: Mapping[str, str]) -> None:
    library = tiny_library(tmp_path, articles)
    generator = ScriptedGenerator({"purpose of the relief": ANSWER, "When did the relief": ANSWER})
    assistant = Assistant(library, generator=generator)
    explained = assistant.ask(ASKED)
    assert explained.text.startswith("The relief valve opens when the boiler's pressure is too high [1].")
    assert len(explained.sentences) > 1
    assert {sentence.status for sentence in explained.sentences} == {Status.QUOTED}
    assert all(citation.quote in VALVE.text for citation in explained.citations)
    fact = assistant.ask("When did the relief valve open?")
    assert [sentence.text for sentence in fact.sentences] == [
        "The relief valve opens when the boiler's pressure is too high [1]."
    ]
