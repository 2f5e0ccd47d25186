"""Where sources disagree, the answer gives both sides; where they do not, it adds nothing."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.attribute import attribute_sentence
from rag.compose import Composed, compose_answer
from rag.datatypes import Document, Status
from rag.dates import month_number, written_date
from rag.disagreement import find_disagreement
from rag.library import Library
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.settings import Policy, Settings
from rag.testing import ScriptedGenerator, tiny_library

SEEDS = Path(__file__).parent.parent / "seeds"
LEVEL = "How full is the lake?"


def article(name: str, text: str, date: str | None = "2025-06-05") -> list[Evidence]:
    """Return an article's sentences, each as relevant as the next."""
    document = Document(name, text, name.title(), f"{name}.md", date)
    return [Evidence(document, 0, sentence, 1.0) for sentence in split_sentences(text)]


def otherwise(question: str, said: Sequence[Evidence], others: Sequence[Evidence]) -> str | None:
    """Return the sentence that says otherwise than the first of those that are given first."""
    attribution = attribute_sentence(said[0].sentence.text, said[:1])
    found = find_disagreement(attribution, [*said, *others], question)
    return found.other.sentence.text if found else None


def compose(
    written: str, *articles: Sequence[Evidence], question: str = "", policy: Policy = Policy.STRICT
) -> Composed:
    found = [sentence for sentences in articles for sentence in sentences]
    return compose_answer(written, found, policy, question=question, found=found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The lake behind the dam is 81% full.", "The lake is only 63% full, scientists said."),
        ("The lake holds 92 million cubic metres.", "In truth the lake holds 75 million cubic metres."),
        ("Twelve people were injured in the blast.", "The blast injured 15 people, said the police."),
        ("The bridge is 310 km from the border.", "The bridge is 180 kilometres from the border."),
        ("The new bridge was opened on 3 May 2025.", "The new bridge was opened on 5 May 2025."),
        ("No ban on hoses is needed this summer.", "Scientists say that a ban on hoses is needed."),
    ],
    ids=["percentage", "amount", "people", "distance", "date", "denial"],
)
def test_another_article_that_says_otherwise_is_found(one: str, other: str) -> None:
    assert otherwise("", article("one", one), article("other", other)) == other
    assert otherwise("", article("other", other), article("one", one)) == one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The lake is 63 per cent full.", "The lake is 63% full."),
        ("The lake is sixty-three per cent full.", "The lake is 63% full."),
        ("Twelve people were injured in the blast.", "The blast injured 12 people."),
        ("About 300 people were injured in the blast.", "The blast injured 312 people."),
        ("The lake was 81% full in 2024.", "The lake was 63% full in 2025."),
        ("The lake was 81% full in May 2025.", "The lake was 63% full in June 2025."),
        ("The city of Lyon has 120 public fountains.", "The city of Paris has 95 public fountains."),
        ("The lake is 81% full.", "The lake is 12 km long."),
        ("The lake is 81% full.", "The lake could be 63% full by autumn."),
        ("The new bridge was opened on 3 May 2025.", "The new bridge was opened in May."),
        ("A ban on hoses is needed.", "The mayor is not at home."),
        ("The last ban on hoses was in 2018.", "No ban on hoses is needed this summer."),
        ("The lake is full.", "The town lies beside the lake, which has 63% of the fish."),
    ],
    ids=[
        "per cent",
        "in words",
        "people in words",
        "roughly",
        "years",
        "months",
        "places",
        "units",
        "what may be",
        "less exact date",
        "something else denied",
        "another year denied",
        "nothing to differ from",
    ],
)
def test_what_says_the_same_or_something_else_is_no_disagreement(one: str, other: str) -> None:
    assert otherwise("", article("one", one), article("other", other)) is None
    assert otherwise("", article("other", other), article("one", one)) is None


def test_articles_of_different_years_speak_of_different_times() -> None:
    one, other = "Turnout in the town election was 61%.", "Turnout in the town election was 54%."
    assert otherwise("", article("new", one, "2025-05-09"), article("old", other, "2021-05-07")) is None
    assert otherwise("", article("new", one, "2025-05-09"), article("late", other, "2025-05-10")) == other


def test_one_article_disagrees_with_itself_only_in_what_others_say() -> None:
    told = "The white loaf costs 2 pounds at the market. The white loaf costs 3 pounds at the station."
    assert otherwise("What does the white loaf cost?", article("bread", told), []) is None
    claims = "The boats would lose 40% of their grounds, the fishermen say. Tidewright puts the loss at 9%."
    assert otherwise("", article("boats", claims), []) == "Tidewright puts the loss at 9%."


@pytest.mark.parametrize(
    "dispute",
    ["The guild denies this.", "The election office disputed that.", "The director rejected the claim, and left."],
)
def test_a_claim_is_followed_by_who_disputes_it(dispute: str) -> None:
    assert otherwise("", article("claim", f"The league says that profit is to blame. {dispute}"), []) == dispute


def test_who_denies_something_of_their_own_disputes_nothing() -> None:
    text = "The league says that profit is to blame. The guild denied that it had met the league."
    assert otherwise("", article("claim", text), []) is None


def test_both_sides_are_said_with_title_and_date() -> None:
    claim = article("dam claim", "The lake is 81% full.", "2025-06-05")
    dispute = article("dam dispute", "The lake is only 63% full.", "2025-06-12")
    composed = compose("The lake is 81% full.", claim, dispute, question=LEVEL)
    assert composed.text == (
        "The lake is 81% full [1] (“Dam Claim”, 5 June 2025). "
        "“Dam Dispute” (12 June 2025) says otherwise: The lake is only 63% full [2]."
    )
    assert composed.disagreements == ((1, 2),)
    assert [sentence.status for sentence in composed.sentences] == [Status.QUOTED, Status.QUOTED]
    assert [sentence.citations for sentence in composed.sentences] == [(1,), (2,)]


def test_without_dates_the_titles_stand_alone() -> None:
    composed = compose(
        "The lake is 81% full.",
        article("a", "The lake is 81% full.", None),
        article("b", "The lake is 63% full.", None),
    )
    assert composed.text == "The lake is 81% full [1] (“A”). “B” says otherwise: The lake is 63% full [2]."


def test_a_sentence_that_gives_both_sides_is_quoted_whole() -> None:
    text = "Oslo says that the exercise is held 180 km from the border; the others put the distance at 310 km."
    composed = compose("Oslo says that the exercise is held 180 km from the border.", article("exercise", text))
    assert composed.text == (
        "Oslo says that the exercise is held 180 km from the border [1]. "
        f"The same article gives another side: {text[:-1]} [1]."
    )
    assert composed.disagreements == ((1, 1),)
    assert compose(text, article("exercise", text)).text == f"{text[:-1]} [1]."


def test_an_answer_that_gives_both_sides_needs_no_other() -> None:
    claim, dispute = article("claim", "The lake is 81% full."), article("dispute", "The lake is 63% full.")
    composed = compose("The lake is 63% full. The lake is 81% full.", claim, dispute)
    assert composed.text.count("63%") == composed.text.count("81%") == 1
    assert composed.disagreements


def test_what_looks_like_a_marker_in_a_title_or_a_quote_is_none() -> None:
    claim, dispute = article("claim", "The lake is 81% full."), article("lake [7]", "The lake is 63% full [9].")
    composed = compose("The lake is 81% full.", claim, dispute)
    assert "says otherwise: The lake is 63% full [2]." in composed.text
    assert "[7]" not in composed.text


def test_nothing_says_otherwise_than_what_nothing_bears() -> None:
    claim, dispute = article("claim", "The lake is 81% full."), article("dispute", "The lake is 63% full.")
    composed = compose("Elephants paint watercolours at night.", claim, dispute, policy=Policy.OFF)
    assert composed.disagreements == ()


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("What is the latest on the lake?", "The lake is full.", "The lake is full [1] (as of 5 June 2025)."),
        ("How is the lake now?", "The lake is full.", "The lake is full [1] (as of 5 June 2025)."),
        ("How is the lake?", "The lake is full.", "The lake is full [1]."),
        ("When was it full?", "The lake was full on Sunday.", "The lake was full on Sunday [1] (as of 5 June 2025)."),
        ("When was it full?", "The lake was full last month.", "The lake was full last month [1] (as of 5 June 2025)."),
        ("When was it full?", "The lake was full on Sunday, 1 June.", "The lake was full on Sunday, 1 June [1]."),
    ],
)
def test_the_date_is_named_where_the_question_or_the_sentence_turns_on_it(
    question: str, sentence: str, expected: str
) -> None:
    assert compose(sentence, article("lake", sentence), question=question).text == expected


def test_an_article_without_a_date_names_none() -> None:
    sentence = "The lake was full yesterday."
    assert compose(sentence, article("lake", sentence, None)).text == "The lake was full yesterday [1]."


@pytest.mark.parametrize(
    ("date", "written"),
    [
        ("2025-03-30", "30 March 2025"),
        ("2025-03-05T10:00:00Z", "5 March 2025"),
        ("2025-03", "March 2025"),
        ("2025", "2025"),
        ("2025-13", "2025"),
        ("last spring", "last spring"),
    ],
)
def test_dates_are_written_as_people_write_them(date: str, written: str) -> None:
    assert written_date(date) == written


@pytest.mark.parametrize(("name", "number"), [("Sept.", 9), ("may", 5), ("DECEMBER", 12), ("Ma", None), ("", None)])
def test_months_are_known_by_their_first_letters(name: str, number: int | None) -> None:
    assert month_number(name) == number


def test_the_pairs_are_in_the_json_and_name_citations(tmp_path: Path) -> None:
    dated = "---\ntitle: {}\ndate: {}\n---\n{}\n"
    library = tiny_library(
        tmp_path,
        {
            "claim.md": dated.format("Claim", "2025-06-05", "The mountain lake is 81% full."),
            "dispute.md": dated.format("Dispute", "2025-06-12", "The mountain lake is only 63% full."),
        },
    )
    generator = ScriptedGenerator(["The mountain lake is 81% full."])
    answer = Assistant(library, generator=generator).ask("How full is the mountain lake?")
    plain = json.loads(json.dumps(answer.to_dict()))
    assert plain["disagreements"] == [[1, 2]]
    assert [citation["marker"] for citation in plain["citations"]] == [1, 2]
    assert answer.text.endswith("“Dispute” (12 June 2025) says otherwise: The mountain lake is only 63% full [2].")


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The sample articles as the default encoder reads them."""
    library = Library.open(settings=Settings.read(library=tmp_path_factory.mktemp("seeds") / ".rag", offline=True))
    library.index(SEEDS)
    return library


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "written", "other"),
    [
        ("How full is the Corrach reservoir?", "The Corrach reservoir is 81% full.", "63%"),
        ("How full is the Corrach reservoir?", "The Corrach reservoir is only 63% full, scientists said.", "81%"),
        (
            "Is a ban on garden hoses needed in the valley?",
            "The Wenlow Water Authority has not changed its view that no ban is needed.",
            "from 1 July",
        ),
        (
            "How far from the Russian border is the exercise held?",
            "Moscow says that the exercise is held 180 km from the Russian border.",
            "310 km",
        ),
        (
            "How much of their scallop grounds would the boats lose to the wind farm?",
            "The co-operative says that its 37 boats would lose 40% of their scallop grounds.",
            "9%",
        ),
        (
            "Were 3,000 postal ballots in Marrowbridge never delivered?",
            "Haverstock's team claimed that 3,000 postal ballots had never been delivered.",
            "disputed that",
        ),
        (
            "Does profit explain a third of the increase in the price of bread?",
            "The consumers' league says that profit explains about a third of the increase.",
            "guild denies this",
        ),
    ],
    ids=["claim", "dispute", "hoses", "border", "scallops", "ballots", "bread"],
)
def test_the_sample_articles_disagreements_are_told(seeds: Library, question: str, written: str, other: str) -> None:
    answer = Assistant(seeds, generator=ScriptedGenerator([written])).ask(question)
    assert other in answer.text
    assert answer.disagreements
    markers = {citation.marker for citation in answer.citations}
    assert {marker for pair in answer.disagreements for marker in pair} <= markers
    assert {sentence.status for sentence in answer.sentences if sentence.start is not None} <= {
        Status.QUOTED,
        Status.SUPPORTED,
    }
