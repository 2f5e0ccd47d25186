import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.datatypes import Status, Usage
from rag.evaluate.answer import SCORER, answer_metrics, measure_answer, plain_text
from rag.evaluate.cache import CachedGenerator
from rag.evaluate.cases import Case, CaseSet, Evidence
from rag.evaluate.compare import changed_cases, compare_runs, find_regressions
from rag.evaluate.gold import Gold
from rag.evaluate.judge import Judge
from rag.evaluate.run import Record, Run, Setup
from rag.evaluate.scorers import rescore_run
from rag.generate import Message, Weighed
from rag.library import Library
from rag.settings import Policy
from rag.testing import ScriptedGenerator, tiny_library
from tests.conftest import Command

SLEEP = "Bats sleep in caves for twenty hours a day."
HUNT = "At night bats hunt moths near the river."
WAKE = "They wake at dusk, one after another."
# A strict answer would say the sentence that bears on the question in place of a wrong one.
AS_WRITTEN = Policy.MARK
BREAD = "Yeast makes the dough rise within two hours."
CASES = (
    Case("sleep", "Where do bats sleep?", True, ("caves",), (Evidence("bats.md", SLEEP),), "easy"),
    Case("hunt", "What do bats hunt at night?", True, ("moths",), (Evidence("bats.md", HUNT),), "easy"),
    Case("rise", "What makes the dough rise?", True, ("yeast",), (Evidence("bread.md", BREAD),), "hard"),
    Case("king", "Which king do bats sleep beside?", False, kind="trap"),
)
REPLIES = {
    "Where do bats sleep": "Bats sleep in caves.",
    "hunt at night": "Bats hunt moths near the river at night.",
    "dough rise?": "The articles do not say.",
    "Which king": "Bats sleep in caves.",
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return tiny_library(tmp_path, {"bats.md": f"# Bats\n\n{SLEEP}\n\n{HUNT}", "bread.md": f"# Bread\n\n{BREAD}"})


@pytest.fixture
def gold(library: Library) -> Gold:
    return Gold(library, CaseSet("cases", CASES))


def ask(library: Library, gold: Gold, case: Case, reply: str, **settings: Any) -> Record:
    chosen = library.settings.model_copy(update=settings)
    return measure_answer(case, Assistant(library, settings=chosen, generator=ScriptedGenerator([reply])), gold)


def complete(folder: Path, measure: Callable[[Case], Record], cases: tuple[Case, ...] = CASES) -> Run:
    run = Run.start(folder, Setup("answer", "cases", {}, {}), len(cases))
    run.complete(cases, measure, lambda done, total: None)
    rescore_run(run)
    return run


def test_a_cited_right_answer_scores_full_marks(library: Library, gold: Gold) -> None:
    record = ask(library, gold, CASES[0], SLEEP)
    metrics = answer_metrics(record)
    assert record["answer"]["text"] == "Bats sleep in caves for twenty hours a day [1]."
    assert plain_text(record["answer"]) == SLEEP
    full = ("contains_gold", "citation_precision", "citation_recall", "citation_exactness", "quoted")
    assert {name: metrics[name] for name in full} == dict.fromkeys(full, 1.0)
    assert metrics["exact_match"] == 0.0
    assert metrics["refusal_precision"] is None
    assert metrics["false_refusal"] == 0.0


def test_a_sentence_that_cites_nothing_keeps_all_its_words() -> None:
    said = {"text": "Bats can fly.", "start": 0, "citations": []}
    assert plain_text({"refused": False, "sentences": [said]}) == "Bats can fly."


def test_a_citation_of_another_paragraph_of_the_document_is_no_evidence(library: Library, gold: Gold) -> None:
    metrics = answer_metrics(ask(library, gold, CASES[0], HUNT, policy=AS_WRITTEN))
    assert metrics["citation_precision"] == 0.0
    assert metrics["citation_paragraph_precision"] == 0.0
    assert metrics["citation_exactness"] == 1.0


@pytest.mark.parametrize(("cited", "near"), [(SLEEP, 1.0), (HUNT, 1.0), (WAKE, 0.0)])
def test_a_citation_of_the_sentence_beside_the_evidence_counts_for_neighbours(
    tmp_path: Path, cited: str, near: float
) -> None:
    library = tiny_library(tmp_path, {"bats.md": f"# Bats\n\n{SLEEP} {HUNT} {WAKE}", "bread.md": f"# Bread\n\n{BREAD}"})
    metrics = answer_metrics(ask(library, Gold(library, CaseSet("cases", CASES)), CASES[0], cited, policy=AS_WRITTEN))
    assert metrics["citation_hit_rate"] == metrics["citation_recall"] == float(cited == SLEEP)
    assert metrics["citation_neighbour_precision"] == metrics["citation_neighbour_recall"] == near


def test_a_wrong_refusal_says_nothing_and_cites_nothing(library: Library, gold: Gold) -> None:
    metrics = answer_metrics(ask(library, gold, CASES[2], "The articles do not say."))
    assert metrics["token_f1"] == 0.0
    assert metrics["refusal_precision"] == 0.0
    assert metrics["false_refusal"] == 1.0
    assert metrics["citation_recall"] == 0.0
    assert metrics["citation_precision"] is None
    assert all(metrics[status.value] is None for status in Status)


def test_an_unanswerable_question_is_scored_by_its_refusal(library: Library, gold: Gold) -> None:
    refused = answer_metrics(ask(library, gold, CASES[3], "The articles do not say."))
    answered = answer_metrics(ask(library, gold, CASES[3], SLEEP))
    assert (refused["exact_match"], answered["exact_match"]) == (1.0, 0.0)  # as SQuAD 2.0 counts
    assert (refused["refusal_recall"], answered["refusal_recall"]) == (1.0, 0.0)
    assert refused["contains_gold"] is answered["citation_recall"] is None


def test_a_long_gold_answer_is_scored_by_rouge(library: Library, gold: Gold) -> None:
    long = replace(CASES[0], answers=("Bats sleep in dark caves for about twenty hours a day.",))
    assert answer_metrics(ask(library, gold, long, SLEEP))["rouge_l"] == pytest.approx(2 * 9 / (9 + 11))
    assert answer_metrics(ask(library, gold, CASES[0], SLEEP))["rouge_l"] is None


def test_a_record_holds_the_paragraphs_that_scoring_needs(library: Library, gold: Gold) -> None:
    record = ask(library, gold, CASES[0], HUNT, policy=AS_WRITTEN)
    assert [(passage["source"], passage["text"]) for passage in record["passages"]] == [
        ("bats.md", HUNT),
        ("bats.md", SLEEP),
    ]
    assert record["written"] == HUNT


def test_a_question_that_cannot_be_asked_is_counted_as_failed(library: Library, gold: Gold) -> None:
    blank = Case("blank", "  ", True, ("caves",))
    record = ask(library, gold, blank, SLEEP)
    assert record["error"].startswith("The question is empty")
    assert answer_metrics(record) == {"failed": 1.0}
    assert SCORER.of_set["refusal_f1"]([record]) is None


def test_scoring_again_needs_neither_model_nor_library_and_gives_the_same(
    library: Library, gold: Gold, tmp_path: Path
) -> None:
    assistant = Assistant(library, generator=ScriptedGenerator(REPLIES))
    run = complete(tmp_path / "run", partial(measure_answer, assistant=assistant, gold=gold))
    first = run.metrics
    library.close()
    (library.folder / "library.sqlite").unlink()
    again = Run.read(tmp_path / "run")
    again.head |= {"metrics": {}, "by_kind": {}}
    rescore_run(again)
    assert Run.read(tmp_path / "run").metrics == first
    assert first["contains_gold"].mean == pytest.approx(2 / 3)
    assert first["refusal_recall"].mean == 0.0
    assert first["citation_exactness"].mean == 1.0
    assert again.by_kind["easy"]["contains_gold"].mean == 1.0
    assert again.by_kind["trap"]["contains_gold"].n == 0


def test_kept_replies_are_not_asked_for_again(library: Library, gold: Gold, tmp_path: Path) -> None:
    inner = ScriptedGenerator(REPLIES)

    def measured(fingerprint: str) -> list[Record]:
        generator = CachedGenerator(inner, fingerprint, tmp_path / "replies.sqlite")
        return [measure_answer(case, Assistant(library, generator=generator), gold) for case in CASES]

    first = measured("weights")
    asked = len(inner.seen)
    second = measured("weights")
    assert len(inner.seen) == asked > 0
    assert [record["from_cache"] for record in first] == [False] * 4
    assert [record["from_cache"] for record in second] == [True] * 4
    for old, new in zip(first, second, strict=True):
        assert new["answer"]["sentences"] == old["answer"]["sentences"]
        assert new["answer"]["usage"] == old["answer"]["usage"]
    measured("other weights")
    assert len(inner.seen) == 2 * asked


def test_what_a_model_made_of_a_question_is_kept(tmp_path: Path) -> None:
    question = "How long do bats sleep?"
    generator = CachedGenerator(ScriptedGenerator([]), "weights", tmp_path / "replies.sqlite")
    fresh, kept = (generator.weigh([Message("user", question)], ["yes", "no"], question) for _ in range(2))
    assert fresh == kept == Weighed((1.0, 0.0), Usage(5))
    assert (generator.asked, generator.kept) == (1, 1)


def test_what_a_model_had_read_of_its_sentences_is_kept(tmp_path: Path) -> None:
    inner = ScriptedGenerator([SLEEP], borne={SLEEP: 1.5})
    generator = CachedGenerator(inner, "weights", tmp_path / "replies.sqlite")
    fresh, kept = ([*generator.stream([Message("user", "Where do bats sleep?")], 20)][-1] for _ in range(2))
    assert fresh.borne == kept.borne == {SLEEP: 1.5}
    assert (generator.asked, generator.kept) == (1, 1)


def test_a_judge_without_a_verdict_is_counted_and_leaves_no_figure(
    library: Library, gold: Gold, tmp_path: Path
) -> None:
    judge = Judge(ScriptedGenerator({"Given answer: Bats sleep": "Yes.", "Given answer: Bats hunt": "It depends."}))
    assistant = Assistant(library, generator=ScriptedGenerator(REPLIES))
    run = complete(tmp_path / "run", partial(measure_answer, assistant=assistant, gold=gold, judge=judge))
    assert (run.metrics["judge_agrees"].mean, run.metrics["judge_agrees"].n) == (0.5, 2)  # right, and refused
    assert run.metrics["judge_failed"].mean == pytest.approx(1 / 3)
    assert run.metrics["judge_failed"].n == 3


def test_comparing_shows_what_got_worse_and_for_which_question(library: Library, gold: Gold, tmp_path: Path) -> None:
    many = tuple(replace(CASES[0], id=str(n)) for n in range(12))

    def run(name: str, wrong: int) -> Run:
        def measure(case: Case) -> Record:
            return ask(library, gold, case, HUNT if int(case.id) < wrong else SLEEP, policy=AS_WRITTEN)

        return complete(tmp_path / name, measure, many)

    good, noisy, bad = run("good", 0), run("noisy", 1), run("bad", 9)
    assert find_regressions(good, noisy, {"contains_gold": 0.0}) == []  # one case in twelve may be chance
    regressions = find_regressions(good, bad, {"contains_gold": 0.2})
    assert [(change.metric, change.before, change.after) for change in regressions] == [("contains_gold", 1.0, 0.25)]
    assert find_regressions(good, bad, {"contains_gold": 0.8}) == []
    assert find_regressions(bad, good, {}) == []
    changes = {change.metric: change for change in compare_runs(good, bad)}
    assert changes["contains_gold"].comparison.difference.n == 12
    p_value = changes["contains_gold"].comparison.p_value
    assert p_value is not None
    assert p_value < 0.01
    assert changes["citation_exactness"].comparison.difference.mean == 0.0
    assert {record["id"] for record, _ in changed_cases(good, bad, "contains_gold")} == set(map(str, range(9)))


@pytest.mark.models
def test_a_real_model_is_measured_in_one_command(command: Command, library: Library, tmp_path: Path) -> None:
    lines = [json.dumps({"id": case.id, "question": case.question, "answerable": case.answerable}) for case in CASES]
    (tmp_path / "cases.jsonl").write_text("\n".join(lines))
    ran = command(
        "eval", "answer", "cases.jsonl", "-l", library.folder, "--llm", "smollm2-135m-instruct", "--no-cache", "--json"
    )
    assert ran.status == 0, ran.stderr
    metrics = json.loads(ran.stdout)
    assert metrics["failed"] == {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 4}
    assert metrics["seconds_p50"]["n"] == 4


def test_the_share_of_verification_is_of_the_seconds_of_all_answers(library: Library, gold: Gold) -> None:
    record = ask(library, gold, CASES[0], REPLIES["Where do bats sleep"])
    share = SCORER.of_set["verification_share"]

    def timed(verify: float, seconds: float) -> Record:
        return record | {"answer": record["answer"] | {"timings": {"verify": verify}}, "seconds": seconds}

    assert share([timed(0.1, 1), timed(0.1, 9)]) == pytest.approx(0.02)
    assert share([timed(0.1, 1), record | {"answer": None, "seconds": None}]) == pytest.approx(0.1)
    assert share([record | {"answer": None}]) is None
    assert 0 < (share([record]) or 0) < 1
