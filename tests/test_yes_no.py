"""Yes/no questions are answered in the articles' own words, without a language model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.claims import claim_holds, claim_of, in_words_of
from rag.datatypes import Answer, Document, Refusal, Status, Usage
from rag.evaluate.cases import Case, read_cases
from rag.evaluate.metrics.answer import contains_gold
from rag.events import Answered, Retrieved, Verified
from rag.library import Library
from rag.prompt import Evidence
from rag.questions import QuestionKind, question_kind
from rag.sentences import split_sentences
from rag.settings import Settings
from rag.testing import ScriptedGenerator, tiny_library
from rag.yes_no import Ruling, rule_on_claim

CASES = Path(__file__).parent / "cases"
ARTICLES = {
    "ferry.md": (
        "---\ntitle: Ferry between Orsk and Hale stopped\ndate: 2025-03-31\n---\n"
        "Norland protested against Hale's new ferry on Monday. The Norland navy won the race but did not recall its "
        "ship.\n\nThe harbour master closed the old pier. Anna Lund broke the record in 2021, ahead of Per Moe. "
        "Her boat cost 61 crowns, up from 54 crowns in 2020.\n\n"
        "Moe's team claimed that 300 tickets had never been sold. The ferry office disputed that.\n\n"
        "Norland warned that the pier is unsafe. Nobody has been fined so far.\n\n"
        "The last race was in 2019. Norland did not complain about it.\n"
    ),
    "tower.md": (
        "---\ntitle: Tower opens\ndate: 2025-04-02\n---\n"
        "The tower needs no repairs before winter, the owner decided. The tower was painted by Per Moe.\n"
    ),
    "survey.md": "---\ntitle: Survey\ndate: 2025-04-09\n---\nThe tower needs repairs before winter. It leans.\n",
}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """An assistant over three small articles whose language model has nothing to say."""
    return Assistant(tiny_library(tmp_path_factory.mktemp("articles"), ARTICLES), generator=ScriptedGenerator([]))


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("Did Tokyo accuse North Korea of forming a bloc?", "Tokyo accuse North Korea of forming a bloc"),
        ("Was Haverstock defeated by Dray?", "Haverstock was defeated by Dray"),
        ("Didn't Japan win?", "Japan win"),
        ("Is it true that the bridge is closed?", "the bridge is closed"),
        ("Are there any missiles on the island?", "missiles on the island"),
        ("Will missiles be stationed there?", "will missiles be stationed there"),
        ("Can you tell me whether the road was built?", "the road was built"),
        ("Did it win? (the race in Hale)", "it win"),
        ("Is?", ""),
    ],
)
def test_a_yes_no_question_is_a_claim(question: str, claim: str) -> None:
    assert claim_of(question) == claim


@pytest.mark.parametrize(
    ("claim", "source", "put"),
    [
        ("Russia win the cup", "The Russian team won the cup.", "Russian won the cup"),
        ("the record broken", "She breaks the record.", "the record breaks"),
        ("Tokyo accuse Seoul", "Tokyo accused Seoul.", "Tokyo accuse Seoul"),
        ("Japan leave", "Norland stayed.", "Japan leave"),
    ],
)
def test_a_claim_takes_the_forms_of_its_source(claim: str, source: str, put: str) -> None:
    assert in_words_of(claim, source) == put


@pytest.mark.parametrize(
    ("claim", "source", "holds"),
    [
        ("Anna Lund break the record", "Anna Lund broke the record in 2021.", True),
        ("Anna Lund break the record", "On Monday, Anna Lund broke the record.", True),
        ("Norland recall its ship", "The Norland navy won but did not recall its ship.", False),
        ("Japan recall its ship", "The Japanese did not recall their ship.", False),
        # Somebody else did, or it was done to them.
        ("Per Moe break the record", "Anna Lund broke the record ahead of Per Moe.", None),
        ("Moe beat Lund", "Lund was beaten by Moe.", None),
        ("Moe beat Lund", "Lund beat Moe.", None),
        # The number is that of something else.
        ("turnout 54%", "Turnout was 61%, up from 54%.", None),
        ("Lund win in 2019", "Lund won in 2021, and not in 2019.", None),
        # What is said, is planned, or is so of some.
        ("the pier unsafe", "The pier is unsafe, Moe said.", None),
        ("the council build a pier", "The council plans to build a pier.", None),
        ("all ships sink", "Ships sank.", None),
        ("the ship not sink", "The ship did not sink.", None),
        # Whose boat it was, stands elsewhere.
        ("Lund sell the boat", "She sold the boat.", None),
        ("", "She sold the boat.", None),
    ],
)
def test_a_claim_holds_or_not_only_where_that_is_certain(claim: str, source: str, holds: bool | None) -> None:
    assert claim_holds(claim, evidence_of(source)) is holds


def evidence_of(source: str) -> Evidence:
    (sentence,) = split_sentences(source)
    return Evidence(Document("d", source, "Title", "d.md"), 1, sentence, 1.0)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Did Anna Lund break the record?", "Yes: Anna Lund broke the record in 2021, ahead of Per Moe [1]."),
        ("Did Per Moe break the record?", "Anna Lund broke the record in 2021, ahead of Per Moe [1]."),
        ("Did Norland recall its ship?", "No: The Norland navy won the race but did not recall its ship [1]."),
        (
            "Was the boat sold for 54 crowns?",
            "Anna Lund broke the record in 2021, ahead of Per Moe [1]. "
            "Her boat cost 61 crowns, up from 54 crowns in 2020 [2].",
        ),
        (
            "Were 300 tickets never sold?",
            "Moe's team claimed that 300 tickets had never been sold [1]. "
            "The same article gives another side: The ferry office disputed that [2].",
        ),
        ("Is the pier unsafe?", "Norland warned that the pier is unsafe [1]."),
        ("Has anybody been fined over the ferry?", "Nobody has been fined so far [1]."),
        (
            "Did Norland complain about the race in 2019?",
            "The last race was in 2019 [1]. Norland did not complain about it [2].",
        ),
        (
            "Does the tower need repairs before winter?",
            "The tower needs repairs before winter [1] (“Survey”, 9 April 2025). "
            "“Tower opens” (2 April 2025) says otherwise: "
            "The tower needs no repairs before winter, the owner decided [2].",
        ),
    ],
)
def test_the_source_is_quoted_and_yes_or_no_said_where_it_is_certain(
    asking: Assistant, question: str, said: str
) -> None:
    answer = asking.ask(question)
    assert answer.text == said
    assert [sentence.status for sentence in answer.sentences] == [Status.QUOTED] * len(answer.sentences)
    assert_exact(answer, asking.library)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Did Anna Macron break the record?", Refusal.NOT_ANSWERED),
        ("Did South Norland protest against the ferry?", Refusal.NOT_ANSWERED),
        ("Has the harbour master a younger daughter?", Refusal.NOT_ANSWERED),
        ("Do zebras juggle?", Refusal.NOTHING_FOUND),
        ("Is it?", Refusal.NOT_ANSWERED),
    ],
)
def test_what_the_articles_do_not_have_is_refused(asking: Assistant, question: str, reason: Refusal) -> None:
    answer = asking.ask(question)
    assert (answer.refused, answer.refusal_reason) == (True, reason)
    assert not answer.sentences
    assert not answer.citations


@pytest.mark.parametrize(("relevance", "bears"), [(0.95, True), (0.8, False)])
def test_other_words_are_an_answer_where_they_clearly_mean_the_same(relevance: float, bears: bool) -> None:
    source = replace(evidence_of("The price of butter fell by 3%."), relevance=relevance)
    assert (rule_on_claim("the price of butter gone down", [source]) == Ruling(None, (source,))) is bears


def test_no_language_model_is_asked(asking: Assistant) -> None:
    events = list(asking.stream("Did Anna Lund break the record?"))
    assert [type(event) for event in events] == [Retrieved, Verified, Answered]
    last = events[-1]
    assert isinstance(last, Answered)
    assert last.answer.usage == Usage()
    assert isinstance(asking.generator, ScriptedGenerator)
    assert asking.generator.seen == []


def test_a_marker_in_the_source_is_not_taken_for_one_of_the_answer(tmp_path: Path) -> None:
    library = tiny_library(tmp_path, {"cats.md": "# Cats\n\nCats chase grey mice [7]. Dogs bark at night.\n"})
    answer = Assistant(library, generator=ScriptedGenerator([])).ask("Do cats chase grey mice?")
    assert answer.text == "Yes: Cats chase grey mice [1]."
    assert_exact(answer, library)


def assert_exact(answer: Answer, library: Library) -> None:
    """Check that sentences stand where they say, and that every citation quotes its article."""
    texts = {document.id: document.text for document in library.documents()}
    assert all(texts[cited.document_id][cited.start : cited.end] == cited.quote for cited in answer.citations)
    assert all(answer.text[sentence.start : sentence.end] == sentence.text for sentence in answer.sentences)
    assert [marker for sentence in answer.sentences for marker in sentence.citations] == [
        cited.marker for cited in answer.citations
    ]


def yes_no_cases(name: str) -> Sequence[Case]:
    return [case for case in read_cases(CASES / name).cases if question_kind(case.question) is QuestionKind.YES_NO]


@pytest.fixture(scope="module")
def over_seeds(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """An assistant over the sample articles with the real encoder; its language model has nothing to say."""
    settings = Settings.read(library=tmp_path_factory.mktemp("seeds"))
    library = Library.open(settings=settings)
    library.index(CASES.parent.parent / "seeds")
    return Assistant(library, generator=ScriptedGenerator([]))


@pytest.mark.models
@pytest.mark.parametrize(
    "case", [*yes_no_cases("seeds.jsonl"), *yes_no_cases("seeds-yes-no.jsonl")], ids=lambda case: case.id
)
def test_yes_no_questions_over_the_sample_articles(case: Case, over_seeds: Assistant) -> None:
    assert is_right(case, over_seeds)


@pytest.mark.models
def test_yes_no_questions_that_no_rule_was_written_for(over_seeds: Assistant) -> None:
    cases = yes_no_cases("seeds-yes-no-held-out.jsonl")
    assert sum(is_right(case, over_seeds) for case in cases) / len(cases) >= 0.8


def is_right(case: Case, assistant: Assistant) -> bool:
    """Tell whether the words that count are quoted, or rightly none; a wrong yes or no fails at once."""
    answer = assistant.ask(case.question)
    assert not answer.text.startswith("Yes:") or case.kind == "yes"
    assert not answer.text.startswith("No:") or case.kind in {"no", "negation"}
    assert_exact(answer, assistant.library)
    if not case.answerable:
        return answer.refused
    return not answer.refused and bool(contains_gold(answer.text, case.answers))
