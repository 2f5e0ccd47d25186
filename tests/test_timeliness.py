"""Questions about time: what times they name is read soundly, and articles of them are preferred, never alone shown."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.assistant import Assistant
from rag.dates import MONTHS, read_date
from rag.library import Library
from rag.retrieve import Mode, Retriever
from rag.settings import Settings
from rag.testing import tiny_library
from rag.time_words import AskedTime, read_time
from rag.timeliness import WEIGHT, weigh_dates
from tests.conftest import Command
from tests.test_seeds import ARTICLES, read_cases

TODAY = date(2025, 11, 22)
SPANS: dict[str, list[tuple[str, str]]] = {
    "What was said in March 2025?": [("2025-03-00", "2025-03-99")],
    "what was said in mar. 2025": [("2025-03-00", "2025-03-99")],
    "Who spoke on 30 March 2025?": [("2025-03-30", "2025-03-30")],
    "Who spoke on the 3rd of March, 2025?": [("2025-03-03", "2025-03-03")],
    "Who spoke on March 30, 2025?": [("2025-03-30", "2025-03-30")],
    "Who spoke on 2025-03-30?": [("2025-03-30", "2025-03-30")],
    "Who spoke in 2025-03?": [("2025-03-00", "2025-03-99")],
    "Who won the 2019 marathon?": [("2019-00-00", "2019-99-99")],
    "What happened in the summer of 2024?": [("2024-06-00", "2024-08-99")],
    "What happened last spring?": [("2025-03-00", "2025-05-99")],
    "What happened last autumn?": [("2024-09-00", "2024-11-99")],
    "What happened last March?": [("2025-03-00", "2025-03-99")],
    "What happened last December?": [("2024-12-00", "2024-12-99")],
    "What happened this January?": [("2025-01-00", "2025-01-99")],
    "What happened last year?": [("2024-00-00", "2024-99-99")],
    "What happened this month?": [("2025-11-00", "2025-11-99")],
    "What happened last month?": [("2025-10-00", "2025-10-99")],
    "What happened last week?": [("2025-11-10", "2025-11-16")],
    "What happened yesterday?": [("2025-11-21", "2025-11-21")],
    "What has happened since March 2025?": [("2025-03-00", "9999")],
    "What happened after March 2025?": [("2025-03-99", "9999")],
    "What happened before the summer of 2024?": [("0000", "2024-06-00")],
    "What is to be ready by 2030?": [("0000", "2030-99-99")],
    "What happened in 2019 and in May 2021?": [("2021-05-00", "2021-05-99"), ("2019-00-00", "2019-99-99")],
}
YEARLY = {
    "What happened in March?": ["03"],
    "What happened on 1 April?": ["04-01"],
    "What happened on May 9th?": ["05-09"],
    "What happened in late sept?": ["09"],
}
NO_TIME = [
    "May I march with them?",
    "Are there 2,019 runners, or 12,2019?",
    "What is on pages 2019-21 of RFC 2025.3?",
    "How did the 1990s sound?",
    "What do augurs decide in the marketplace?",
    "Was there a second fall?",
    "What did 1 mayor say?",
    "When did they last meet?",
    "What are currents?",
    "",
    "???",
]
LATEST = [
    "What is the latest?",
    "Who is the newest member?",
    "What did she say most recently?",
    "What is it called now?",
    "Who currently runs it?",
    "What is the current rate?",
]


@pytest.mark.parametrize(("question", "spans"), SPANS.items(), ids=SPANS.keys())
def test_a_time_that_is_named_is_read(question: str, spans: list[tuple[str, str]]) -> None:
    assert read_time(question, TODAY) == AskedTime(spans=tuple(spans))


@pytest.mark.parametrize(("question", "days"), YEARLY.items(), ids=YEARLY.keys())
def test_a_month_or_day_without_a_year_is_that_of_any_year(question: str, days: list[str]) -> None:
    assert read_time(question, TODAY) == AskedTime(yearly=tuple(days))


@pytest.mark.parametrize("question", NO_TIME)
def test_what_only_looks_like_a_time_is_none(question: str) -> None:
    assert not read_time(question, TODAY)


@pytest.mark.parametrize("question", LATEST)
def test_words_that_ask_for_the_newest(question: str) -> None:
    assert read_time(question, TODAY) == AskedTime(latest=True)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_however_it_is_written(day: date) -> None:
    month = MONTHS[day.month - 1]
    for written in (day.isoformat(), f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}"):
        asked = read_time(f"What happened on {written}?", TODAY)
        assert asked.spans == ((day.isoformat(), day.isoformat()),)
        assert asked.names((day.isoformat(), day.isoformat()))
        other = (day + timedelta(days=1)).isoformat()
        assert not asked.names((other, other))


@given(st.text())
def test_any_text_is_read(question: str) -> None:
    assert isinstance(read_time(question, TODAY), AskedTime)


@given(st.dates(date(1, 2, 1)))
def test_last_and_this_are_reckoned_from_any_day(today: date) -> None:
    this, last = (read_time(f"{which} month", today).spans[0] for which in ("this", "last"))
    assert last < this
    assert this[0] <= today.isoformat() <= this[1]


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("2025", ("2025-00-00", "2025-99-99")),
        ("2025-03", ("2025-03-00", "2025-03-99")),
        ("2025-03-30T12:00", ("2025-03-30", "2025-03-30")),
        ("last Tuesday", None),
        ("", None),
        (None, None),
    ],
)
def test_the_dates_of_articles(written: str | None, span: tuple[str, str] | None) -> None:
    assert read_date(written) == span


def test_dates_are_weighed_as_the_docstring_says() -> None:
    asked = AskedTime(latest=True)
    dates = ["2024-12", "2025-05", "2025-03"]
    assert weigh_dates(asked, dates, [1.0] * 3, weight=0.4) == pytest.approx([0.1, 0.4, 0.2])


def test_what_bears_less_on_the_question_is_not_lifted_for_being_new() -> None:
    assert weigh_dates(AskedTime(latest=True), ["2024", "2025", None], [2.0, 2.0 - WEIGHT - 0.01, 2.0]) == [
        WEIGHT,
        0.0,
        0.0,
    ]


def test_what_hardly_bears_on_the_question_is_not_lifted_for_its_time() -> None:
    asked = read_time("What was said in March 2025?", TODAY)
    assert weigh_dates(asked, ["2025-03-02", "2025-03-03", "2024"], [0.9, 1.0, 2.0]) == [0.0, WEIGHT, 0.0]


def test_the_newest_of_a_time_that_is_named() -> None:
    asked = read_time("What is the latest poll of March 2025?", TODAY)
    added = weigh_dates(asked, ["2025-03-02", "2025-03-30", "2025-06-01", "spring"], [1.0] * 4, weight=0.4)
    assert added == pytest.approx([0.4 + 0.2, 0.4 + 0.4, 0.0, 0.0])


def test_nothing_is_weighed_where_no_time_is_named() -> None:
    assert weigh_dates(AskedTime(), ["2025-03-02", None], [1.0, 2.0]) == [0.0, 0.0]
    assert weigh_dates(AskedTime(latest=True), [], []) == []


@pytest.fixture
def polls(tmp_path: Path) -> Library:
    """A poll a month, each with its own figure, and an article without a date."""
    polls = {
        f"{month:02}.md": f"---\ntitle: Poll\ndate: 2025-{month:02}-07\n---\nThe Greens stand at {month}% in a poll."
        for month in range(1, 7)
    }
    return tiny_library(tmp_path, polls | {"party.md": "# Poll\n\nThe Greens stand for green in a poll."})


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Where do the Greens stand in the latest poll?", "06.md"),
        ("Where did the Greens stand in the poll of March 2025?", "03.md"),
        ("Where did the Greens stand in the February poll, in February?", "02.md"),
    ],
)
def test_search_prefers_the_time_that_is_asked_for_and_hides_nothing(polls: Library, question: str, first: str) -> None:
    retriever = Retriever(polls, 40)
    hits = retriever.search(question, 40)
    assert hits[0].document.source == first
    assert hits[0].timeliness == WEIGHT
    assert len(hits) == 7
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    undated = next(hit for hit in hits if hit.document.source == "party.md")
    assert undated.timeliness == 0
    assert all(hit.timeliness == 0 for hit in retriever.search("Where do the Greens stand in the poll?", 40))


def test_one_search_alone_keeps_its_order(polls: Library) -> None:
    for mode in (Mode.DENSE, Mode.LEXICAL):
        hits = Retriever(polls, 40, mode).search("Where do the Greens stand in the latest poll?", 7)
        assert {hit.timeliness for hit in hits} == {0.0}


def test_an_explanation_shows_what_the_date_gave(polls: Library, command: Command) -> None:
    question = "Where did the Greens stand in the poll of March 2025?"
    candidates = Assistant(polls).why(question).candidates
    assert [candidate.timeliness for candidate in candidates] == [WEIGHT, 0, 0, 0, 0, 0, 0]
    plain = json.loads(command("search", question, "--json").stdout)
    assert plain["hits"][0]["timeliness"] == WEIGHT
    head, first, *_ = command("why", question).stdout.splitlines()
    assert head.split()[:6] == ["dense", "lexical", "fused", "reranked", "time", "shown"]
    assert f"+{WEIGHT:.2f}" in first
    assert "time" not in command("why", "Where do the Greens stand?").stdout.splitlines()[0].split()


@pytest.mark.models
def test_dated_articles_are_found_by_their_time_and_older_ones_are_not_lost(tmp_path: Path) -> None:
    for path in ARTICLES:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for article in read_cases("dated-articles.jsonl"):
        head = f"---\ntitle: {json.dumps(article['title'])}\ndate: {article['date']}\n---\n"
        (tmp_path / f"{article['name']}.md").write_text(head + article["text"])
    library = Library.open(settings=Settings.read(library=tmp_path / ".rag"))
    library.index(tmp_path)
    retriever = Retriever(library, 40)
    right: dict[bool, list[bool]] = {True: [], False: []}
    for case in read_cases("dated-questions.jsonl"):
        found = retriever.search(case["question"], 1)[0].document.source in case["want"]
        right["but" in case["kind"]].append(found)
    assert sum(right[False]) / len(right[False]) > 0.8
    assert sum(right[True]) / len(right[True]) > 0.95
