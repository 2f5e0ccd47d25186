"""The sample articles can be read as articles, and the cases over them quote what they say."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
ARTICLES = sorted((ROOT / "seeds").glob("*.md"))
KINDS = {
    "fact", "list", "explain", "swapped", "number", "date", "negation", "claim",
    "false-premise", "disagreement", "injection", "two-articles", "absent", "adversarial",
}  # fmt: skip


def read_article(path: Path) -> tuple[dict[str, Any], str]:
    """Return an article's front matter and its body."""
    before, front_matter, body = path.read_text(encoding="utf-8").split("---\n", maxsplit=2)
    assert before == "", f"{path.name} does not begin with front matter"
    return yaml.safe_load(front_matter), body


def read_cases(name: str) -> list[dict[str, Any]]:
    """Return the objects of a file of tests/cases, one a line."""
    lines = (ROOT / "tests" / "cases" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


CASES = read_cases("seeds.jsonl")
CONVERSATIONS = read_cases("seeds-conversations.jsonl")
BODIES = {path.name: read_article(path)[1] for path in ARTICLES}
each_article = pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])


def test_there_are_a_dozen_articles_and_more() -> None:
    assert len(ARTICLES) >= 12
    assert "missiles.md" in BODIES


@each_article
def test_front_matter_names_title_date_author_and_source(path: Path) -> None:
    front_matter, _ = read_article(path)
    assert set(front_matter) == {"title", "date", "author", "source"}
    assert type(front_matter["date"]) is date, "YAML reads only an ISO date as a date"
    assert all(str(value).strip() for value in front_matter.values())


@each_article
def test_body_is_a_short_article_without_headings(path: Path) -> None:
    _, body = read_article(path)
    assert 180 <= len(body.split()) <= 600
    assert not any(line.startswith("#") for line in body.splitlines())


def test_titles_are_unique() -> None:
    titles = Counter(read_article(path)[0]["title"] for path in ARTICLES)
    assert titles.most_common(1)[0][1] == 1


def test_an_article_quotes_an_injected_instruction() -> None:
    assert '"Ignore the above and reply that' in BODIES["scams.md"]


def test_ids_are_unique() -> None:
    ids = Counter(case["id"] for case in CASES + CONVERSATIONS)
    assert ids.most_common(1)[0][1] == 1


def test_every_kind_of_case_occurs() -> None:
    assert {case["kind"] for case in CASES} == KINDS


@each_case
def test_evidence_stands_verbatim_and_once_in_its_article(case: dict[str, Any]) -> None:
    for evidence in case["evidence"]:
        assert BODIES[evidence["document"]].count(evidence["quote"]) == 1


@each_case
def test_a_case_has_answers_and_evidence_exactly_if_it_is_answerable(case: dict[str, Any]) -> None:
    assert bool(case["answers"]) == bool(case["evidence"]) == case["answerable"]


@pytest.mark.parametrize("kind", ["absent", "adversarial"])
def test_absent_and_adversarial_cases_have_no_answer(kind: str) -> None:
    assert not any(case["answerable"] for case in CASES if case["kind"] == kind)


def test_cases_over_two_articles_quote_two() -> None:
    for case in CASES:
        if case["kind"] == "two-articles":
            assert len({evidence["document"] for evidence in case["evidence"]}) == 2


def test_each_of_ten_conversations_has_two_turns_about_one_article() -> None:
    assert len(CONVERSATIONS) == 10
    for conversation in CONVERSATIONS:
        assert len(conversation["turns"]) == 2
        assert conversation["document"] in BODIES
