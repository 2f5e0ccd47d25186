"""Conditions: how they are read, what they hold of, and that they are applied before the search."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rag.llama
from rag.assistant import Assistant
from rag.conditions import Condition, Field, Operator
from rag.errors import ConditionError, QuestionError
from rag.events import Answered, Retrieved
from rag.library import Library
from rag.retrieve import Mode, Retriever
from rag.testing import ScriptedGenerator, tiny_library
from tests.conftest import Command

FIELDS = {
    "date": "2025-03-30",
    "author": "Miriam Oakes",
    "title": "Pyongyang objects",
    "publisher": "Straße & Co.",
    "source": "news/2025/missiles.md",
}


def holds(text: str, **fields: str | None) -> bool:
    return Condition.parse(text).holds(FIELDS | fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date>=2025-01-01", Condition(Field.DATE, Operator.SINCE, "2025-01-01")),
        ("  author =  Miriam Oakes ", Condition(Field.AUTHOR, Operator.EQUAL, "Miriam Oakes")),
        ("Title~a = b", Condition(Field.TITLE, Operator.CONTAINS, "a = b")),
        ("source!=*.txt", Condition(Field.SOURCE, Operator.NOT_EQUAL, "*.txt")),
    ],
)
def test_a_condition_is_read_as_it_is_written(text: str, expected: Condition) -> None:
    assert Condition.parse(text) == expected
    assert Condition.parse(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no condition"),
        ("date", "no condition"),
        ("date>=", "no condition"),
        (">=2025", "no condition"),
        ("date=>2025", "no condition"),
        ("title==Bread", "no condition"),
        ("colour=red", "no field 'colour'; the fields are date, author, title, publisher, source"),
        ("author>M", "is for dates"),
        ("date>=last week", "write the date as 2025, 2025-03 or 2025-03-30"),
        ("date=2025-13", "write the date"),
        ("date=2025-02-30", "write the date"),
        ("date=2025-03-30T12:00", "write the date"),
        ("date=٢٠٢٥", "write the date"),
    ],
)
def test_what_is_malformed_is_said_in_one_line(text: str, what: str) -> None:
    with pytest.raises(ConditionError, match=what) as raised:
        Condition.parse(text)
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, QuestionError)


def test_a_condition_without_a_value_is_refused_however_it_is_made() -> None:
    with pytest.raises(ConditionError, match="has no value"):
        Condition(Field.SOURCE, Operator.EQUAL, " ")


@given(st.text())
def test_any_text_is_a_condition_or_an_error_of_ours(text: str) -> None:
    try:
        condition = Condition.parse(text)
    except ConditionError:
        return
    assert holds(str(condition)) in {True, False}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("author=miriam  oakes", True),
        ("author=Miriam", False),
        ("author~MIRIAM", True),
        ("author!=Miriam Oakes", False),
        ("publisher=STRASSE & co.", True),
        ("title~object", True),
        ("title~bread", False),
        ("source=news/2025/missiles.md", True),
        ("source=missiles.md", True),
        ("source=news", True),
        ("source=news/2025/", True),
        ("source=new", False),
        ("source=*.md", True),
        ("source=*.txt", False),
        ("source!=*.txt", True),
        ("source~2025", True),
        ("date~03-3", True),
    ],
)
def test_text_is_compared_without_regard_to_case(text: str, expected: bool) -> None:
    assert holds(text) is expected


def test_a_file_whose_name_looks_like_a_pattern_is_found_by_its_name() -> None:
    assert holds("source=notes[1].md", source="notes[1].md")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date=2025-03-30", True),
        ("date=2025-03", True),
        ("date=2025", True),
        ("date!=2025", False),
        ("date=2024", False),
        ("date>=2025-03-30", True),
        ("date>2025-03-30", False),
        ("date>2025-03", False),
        ("date>2025-02", True),
        ("date<=2025-03", True),
        ("date<2025-03", False),
        ("date<2026", True),
    ],
)
def test_a_year_or_a_month_stands_for_all_of_it(text: str, expected: bool) -> None:
    assert holds(text) is expected
    assert holds(text, date="2025-03-30T23:59:00+02:00") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("date>=2025-03", True), ("date>=2025-03-02", False), ("date<2025-04-01", True), ("date=2025-03-01", False)],
)
def test_an_article_of_some_day_in_march_meets_what_holds_of_every_day(text: str, expected: bool) -> None:
    assert holds(text, date="2025-03") is expected


DAYS = st.dates(min_value=date(1000, 1, 1), max_value=date(9998, 12, 31))


@given(DAYS, DAYS | st.integers(-2, 2))
def test_days_are_compared_as_the_calendar_does(found: date, other: date | int) -> None:
    given_day = found + timedelta(days=other) if isinstance(other, int) else other
    expected = {
        "=": found == given_day,
        "!=": found != given_day,
        "<": found < given_day,
        "<=": found <= given_day,
        ">": found > given_day,
        ">=": found >= given_day,
    }
    assert {sign: holds(f"date{sign}{given_day}", date=str(found)) for sign in expected} == expected


@pytest.mark.parametrize("field", ["date", "author", "publisher"])
def test_a_field_that_is_not_there_meets_nothing_but_not_equal(field: str) -> None:
    value = "2025" if field == "date" else "x"
    signs = ["=", "!=", "~", *(["<", "<=", ">", ">="] if field == "date" else [])]
    assert [sign for sign in signs if holds(f"{field}{sign}{value}", **{field: None})] == ["!="]


def test_a_date_that_is_none_can_only_be_searched_as_text() -> None:
    assert holds("date~spring", date="Spring 2025")
    assert holds("date!=2025", date="Spring 2025")
    assert not holds("date>=2000", date="Spring 2025")


@pytest.fixture
def news(tmp_path: Path) -> Library:
    """Sixty articles that say nearly the same, one a day from 2025-01-01; odd ones by Oakes, even ones by Belmar."""
    articles = {
        f"{'odd' if n % 2 else 'even'}/{n:02}.md": (
            f"---\ntitle: Report {n}\ndate: {date(2025, 1, 1) + timedelta(days=n)}\n"
            f"author: {'M. Oakes' if n % 2 else 'J. Belmar'}\n---\n" + f"Missiles were counted {n} times. " * (60 - n)
        )
        for n in range(60)
    }
    return tiny_library(tmp_path, articles, candidates=5)


@pytest.mark.parametrize("mode", Mode)
def test_as_many_come_back_as_there_are_whatever_the_filter(news: Library, mode: Mode) -> None:
    retriever = Retriever(news, candidates=5, mode=mode)
    where = [Condition.parse("date>=2025-02-25"), Condition.parse("author~oakes")]
    hits = retriever.search("How many missiles were counted?", 5, where)
    assert {hit.document.title for hit in hits} == {"Report 55", "Report 57", "Report 59"}
    assert len(retriever.search("missiles", 5, where[1:])) == 5


def test_ranks_are_those_among_the_articles_that_are_searched(news: Library) -> None:
    hits = Retriever(news, 5).search("missiles", 5, [Condition.parse("source=even")])
    assert sorted(hit.ranks["dense"] or 0 for hit in hits if hit.ranks["dense"]) == [1, 2, 3, 4, 5]
    assert [hit.ranks["reranked"] for hit in hits] == [1, 2, 3, 4, 5]


def test_no_conditions_are_the_search_as_ever(library: Library) -> None:
    retriever = Retriever(library, 40)
    everything = [Condition.parse("source=*")]
    assert retriever.search("missiles", 3, []) == retriever.search("missiles", 3) != []
    assert retriever.search("missiles", 3, everything) == retriever.search("missiles", 3)


def where(*texts: str) -> Sequence[Condition]:
    return [Condition.parse(text) for text in texts]


def test_the_assistant_searches_asks_and_streams_within_the_conditions(library: Library) -> None:
    assistant = Assistant(library, generator=ScriptedGenerator(lambda _: "Yeast makes the dough rise."))
    question = "What makes the dough rise?"
    assert {hit.document.source for hit in assistant.search(question, where=where("title~bread"))} == {"bread.md"}
    assert assistant.ask(question, where=where("title~bread")).citations[0].source == "bread.md"
    elsewhere = assistant.ask(question, where=where("author=A. Writer"))
    assert elsewhere.refused
    assert {hit.document.source for hit in elsewhere.hits} == {"missiles.md"}
    first, *_, last = assistant.stream(question, where=where("title~bread"))
    assert isinstance(first, Retrieved)
    assert isinstance(last, Answered)
    assert {hit.document.source for hit in first.hits} == {"bread.md"}


def sources(stdout: str) -> set[str]:
    return {hit["source"] for hit in json.loads(stdout)["hits"]}


def test_the_commands_take_conditions_and_sources(library: Library, command: Command) -> None:
    ran = command("search", "missiles", "--where", "date>=2025-03-31", "--where", "author~writer", "--json")
    assert (ran.status, sources(ran.stdout), ran.stderr) == (0, {"missiles.md"}, "")
    assert sources(command("search", "missiles", "--source", "notes/*", "--json").stdout) == {"notes/shells.txt"}
    both = command("search", "missiles", "--source", "*.md", "--where", "date!=2025-03-31", "--json")
    assert sources(both.stdout) == {"bread.md"}


def test_a_filter_without_articles_is_told_apart_from_nothing_found(
    library: Library, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    line = (
        "No article in the library meets 'date>2030' and 'source=*.md'; "
        "`rag list --json` shows what can be asked for.\n"
    )
    ran = command("search", "missiles", "--where", "date>2030", "--source", "*.md")
    assert (ran.status, ran.stdout, ran.stderr) == (1, "Nothing was found.\n", line)
    ran = command("search", "missiles", "--where", "date>2030", "--source", "*.md", "--json")
    assert (ran.status, json.loads(ran.stdout)["hits"], ran.stderr) == (1, [], line)

    (tmp_path / "any.gguf").write_bytes(b"GGUF")
    monkeypatch.setenv("RAG_LLM", "any.gguf")
    monkeypatch.setattr(rag.llama, "LlamaCppGenerator", lambda *_: ScriptedGenerator(["No."]))
    ran = command("ask", "missiles", "--where", "date>2030", "--source", "*.md")
    assert (ran.status, ran.stdout) == (1, "The articles do not say.\nNothing was found that bears on the question.\n")
    assert line in ran.stderr
    assert "No article" not in command("ask", "Zebras juggle?", "--where", "date=2025").stderr


def test_a_malformed_condition_is_one_line_and_status_2(library: Library, command: Command) -> None:
    for name in ("search", "ask"):
        ran = command(name, "missiles", "--where", "date>=soon")
        assert (ran.status, ran.stdout) == (2, "")
        assert ran.stderr == "rag: 'date>=soon': write the date as 2025, 2025-03 or 2025-03-30.\n"
