"""The figures in the README are those of the stored runs."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.peers import FOOTNOTED, TXTAI, Reply, draw_cases, judge
from rag.evaluate.cases import Case, CaseSet, Evidence
from rag.evaluate.gold import Gold
from rag.evaluate.metrics.citation import locate_quote
from rag.library import Library
from tests.conftest import ARTICLES

ROOT = Path(__file__).parent.parent


def check(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)


def test_the_table_is_that_of_the_stored_runs() -> None:
    done = check("benchmarks/table.py", "--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "least", "share"), [("answerable", 0.06, 0.0), ("near_miss", 0.0, 0.05)])
def test_the_constants_in_use_are_those_that_the_kept_questions_ask_for(name: str, least: float, share: float) -> None:
    done = check(f"benchmarks/{name}.py", "fit")
    assert done.returncode == 0, done.stderr
    kept = ROOT / "benchmarks" / "runs" / f"{name.replace('_', '-')}.txt"
    assert done.stdout == kept.read_text(encoding="utf-8")
    fitted, used = done.stdout.splitlines()[:2]
    assert numbers(used) == pytest.approx(numbers(fitted.partition("fitted:")[2]), abs=least, rel=share)


@pytest.mark.models
def test_follow_ups_are_understood_as_in_the_kept_run() -> None:
    done = check("benchmarks/conversation.py", "--rules")
    kept = (ROOT / "benchmarks" / "runs" / "conversation.txt").read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr
    # The model is not asked here, and SQuAD is counted only where the public data is there.
    left_out = re.compile(r" model  |SQuAD")
    rows, wanted = ([row for row in text.splitlines() if not left_out.search(row)] for text in (done.stdout, kept))
    assert rows == wanted


TOKYO = Case(
    "tokyo",
    "When did Pete Hegseth visit Tokyo?",
    True,
    ("30 March 2025",),
    (Evidence("missiles.md", "Pete Hegseth visited Tokyo on 30 March 2025."),),
    "answerable",
)
SILENT = Case("price", "What do the missiles cost?", False, kind="adversarial")


@pytest.mark.parametrize(
    ("case", "text", "refused", "cites", "wanted"),
    [
        # The paragraph is cited in full, as txtai does, or another sentence of it, as Footnoted may.
        (TOKYO, "On 30 March 2025.", False, "Pete Hegseth visited Tokyo on 30 March 2025.", (1, 1, 1, 0)),
        (TOKYO, "On 30 March 2025.", False, "North Korea condemned the joint production of missiles.", (1, 1, 1, 0)),
        (TOKYO, "On 30 March 2025.", False, "The agreement covers 1,200 missiles.", (1, 0, 0, 0)),
        (TOKYO, "In April.", False, "Pete Hegseth visited Tokyo on 30 March 2025.", (0, 0, 1, 0)),
        (TOKYO, "", True, "", (0, 0, None, 1)),
        (TOKYO, "It was 30 March 2025; the text does not say why.", True, "Pete Hegseth visited Tokyo", (1, 1, 1, 0)),
        (SILENT, "A million.", False, "Nobody named a price.", (None, None, None, 0)),
        (SILENT, "The text does not say.", True, "Nobody named a price.", (None, None, None, 1)),
    ],
)
def test_peers_are_judged_by_what_they_say_and_cite(
    library: Library, case: Case, text: str, refused: bool, cites: str, wanted: tuple[float | None, ...]
) -> None:
    gold = Gold(library, CaseSet("two", (TOKYO, SILENT)))
    article = next(document for document in library.documents() if document.source.endswith("missiles.md"))
    cited = locate_quote(article.id, article.text, cites)
    figures = judge(case, Reply(text, refused, (cited,) if cited else (), 2.0, 400), gold)
    of_refusing = figures["refused_wrongly" if case.answerable else "refused_adversarial"]
    assert (figures["contains_gold"], figures["borne"], figures["cited_right"], of_refusing) == wanted
    assert (figures["seconds"], figures["prompt_tokens"]) == (2.0, 400)


def test_peers_are_asked_questions_that_were_not_seen_a_third_of_them_unanswerable() -> None:
    cases = [Case(str(number), "Why?", number % 2 == 0) for number in range(100)]
    seen = {str(number) for number in range(40)}
    drawn = draw_cases(cases, seen, 24, seed=0)
    assert sum(case.answerable for case in drawn) == 16
    assert len({case.id for case in drawn} - seen) == 24
    assert drawn == draw_cases(cases, seen, 24, seed=0) != draw_cases(cases, seen, 24, seed=1)
    assert draw_cases(cases, seen, 60, seed=0) == tuple(cases[40:])


@pytest.mark.models
def test_both_peers_answer_and_are_judged(tmp_path: Path) -> None:
    python = os.environ.get("TXTAI_PYTHON")
    if not python:
        pytest.skip("TXTAI_PYTHON does not name a Python that has txtai; see benchmarks/peers.py")
    (tmp_path / "articles").mkdir()
    for name in ("missiles.md", "bread.md"):
        (tmp_path / "articles" / name).write_text(ARTICLES[name], encoding="utf-8")
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(asdict(case)) + "\n" for case in (TOKYO, SILENT)))
    places = ("--cases", str(tmp_path / "cases.jsonl"), "--out", str(tmp_path / "peers.json"))
    peers = ("benchmarks/peers.py", "--txtai-python", python, "--llm", "smollm2-135m-instruct")
    done = check(*peers, *places)
    assert done.returncode in {0, 1}, done.stderr  # which of the two is faster is not tested
    run = json.loads((tmp_path / "peers.json").read_text(encoding="utf-8"))
    for name in (FOOTNOTED, TXTAI):
        assert run["figures"][name]["seconds_p50"]["mean"] > 0
        assert run["figures"][name]["refused_wrongly"]["n"] == 1
    assert run["questions"][0][TXTAI]["cited_right"] == 1.0
    assert run["figures"][TXTAI]["prompt_tokens_p50"]["mean"] > 50


def numbers(text: str) -> list[float]:
    return [float(word.strip("[]")) for word in text.split() if word.strip("[]-.0123456789") == ""]
