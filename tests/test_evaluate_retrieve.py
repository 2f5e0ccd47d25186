import json
from pathlib import Path

import pytest

from rag.evaluate.cases import Case, CaseSet, read_cases
from rag.evaluate.corpus import article_name, write_articles
from rag.evaluate.gold import Gold
from rag.evaluate.retrieve import measure_retrieval, retrieval_scorer
from rag.evaluate.run import RECORDS_FILE, Run
from rag.load import load_documents
from rag.parts import Part
from rag.retrieve import Mode, Retriever, Trace
from rag.testing import tiny_library
from tests.conftest import Command

ABSTRACTS = {
    "1": ("Yeast", "Yeast makes the dough rise. It needs warmth."),
    "a/2": ("Tides: a study", "The moon moves the tides. They come twice a day."),
    "3": ("", "Copper wires carry the current of a motor."),
}
QUERIES = {"q1": "What makes dough rise?", "q2": "What moves the tides?", "q3": "What carries the current?"}
QRELS = {"q1": {"1": 1}, "q2": {"a/2": 2, "3": 0}, "q3": {"3": 1, "gone": 1}}
CAVES = "Bats sleep in caves all day. They hang from the roof.\n\nAt night they hunt moths."


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "cache" / name))


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    documents = [{"_id": key, "title": title, "text": text} for key, (title, text) in ABSTRACTS.items()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in documents))
    queries = [{"_id": key, "text": text} for key, text in QUERIES.items()]
    (folder / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in queries))
    rows = [f"{query}\t{key}\t{grade}\n" for query, grades in QRELS.items() for key, grade in grades.items()]
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(rows))
    return folder


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "bats.md").write_text(CAVES)
    (tmp_path / "articles" / "bread.md").write_text("Yeast makes the dough rise.")
    evidence = {"document": "bats.md", "quote": "At night they hunt moths."}
    rows = [
        {"id": "1", "question": "What do bats hunt?", "answerable": True, "answers": ["moths"], "evidence": [evidence]},
        {"id": "2", "question": "Who painted the ceiling?", "answerable": False},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line + "\n")


@pytest.mark.parametrize("mode", list(Mode))
def test_a_beir_folder_is_measured_in_one_command(command: Command, beir: Path, mode: Mode) -> None:
    ran = command("eval", "retrieve", beir, "--mode", mode, "--encoder", "hashing", "--json", "--out", "run")
    assert ran.status == 0, ran.stderr
    metrics = json.loads(ran.stdout)
    assert metrics["document.hits@1"]["mean"] == 1.0
    assert metrics["document.recall@10"]["mean"] == pytest.approx((1 + 1 + 1 / 2) / 3)  # "gone" cannot be found
    assert metrics["document.ndcg@10"]["n"] == 3
    assert metrics["chunk.ndcg@10"]["n"] == 0  # a BEIR folder grades whole documents


def test_a_part_that_is_left_out_shows_in_the_table(command: Command, beir: Path) -> None:
    ran = command("eval", "ablate", beir, "--encoder", "hashing", "--json")
    assert ran.status == 0, ran.stderr
    rows = json.loads(ran.stdout)
    assert list(rows) == ["(nothing)", *Part]
    assert rows["(nothing)"] == {"document.ndcg@10": pytest.approx(1, abs=0.15)}
    table = command("eval", "ablate", beir, "--encoder", "hashing").stdout.splitlines()
    assert table[0].split() == ["without", "document.ndcg@10", "(n=3)"]
    assert len(table) == 2 + len(Part)


def test_each_part_that_is_left_out_changes_what_it_is_for(tmp_path: Path) -> None:
    story = "Bats hunt moths by night, and sleep in caves by day."
    articles = {f"{name}.md": story for name in "ab"} | {"c.md": "---\ntitle: Moths\ndate: 2025-03-01\n---\nThey fly."}
    library = tiny_library(tmp_path / "articles", articles | {"d.md": "Bread rises."})
    question = "What of moths in March 2025?"

    def found(part: Part) -> Trace:
        return Retriever(library, 40, without=frozenset([part])).trace(question, 4)

    everything = Retriever(library, 40).trace(question, 4)
    assert (everything.found.dense, everything.found.lexical) != ({}, {})
    assert found(Part.DENSE).found.dense == found(Part.LEXICAL).found.lexical == {}
    assert len(found(Part.FOLDING).hits) == len(everything.hits) + 1
    assert [hit.timeliness for hit in found(Part.TIME).hits] == [0, 0, 0]
    assert max(hit.timeliness for hit in everything.hits) > 0
    for part in (Part.COSINE, Part.SHARED_WORDS, Part.WORDS_BESIDE):
        assert [hit.relevance for hit in found(part).reranked] != [hit.relevance for hit in everything.reranked]
    for part in (Part.FUSED_SCORE, Part.BEST_SENTENCE, Part.LATE_INTERACTION):
        assert sum(hit.score for hit in found(part).reranked) <= sum(hit.score for hit in everything.reranked)
    assert sum(hit.score for hit in found(Part.BEST_SENTENCE).reranked) < sum(hit.score for hit in everything.reranked)


def test_a_finished_run_is_only_scored_again(command: Command, beir: Path) -> None:
    first = command("eval", "retrieve", beir, "--encoder", "hashing", "--out", "run")
    written = Path("run", RECORDS_FILE).read_bytes()
    second = command("eval", "retrieve", beir, "--encoder", "hashing", "--out", "run")
    assert "run is complete; only scored again" in second.stderr
    assert Path("run", RECORDS_FILE).read_bytes() == written
    assert second.stdout == first.stdout
    assert command("eval", "rescore", "run").stdout == first.stdout


def test_other_settings_in_the_same_folder_are_an_error(command: Command, beir: Path) -> None:
    command("eval", "retrieve", beir, "--encoder", "hashing", "--out", "run")
    ran = command("eval", "retrieve", beir, "--encoder", "hashing", "--out", "run", "--mode", "dense")
    assert ran.status == 2
    assert "settings.mode: hybrid, not dense" in ran.stderr


def test_the_evidence_is_found_at_every_level(command: Command, cases: Path) -> None:
    ran = command("eval", "retrieve", cases, "--corpus", "articles", "--encoder", "hashing", "--json", "-k", "1")
    assert ran.status == 0, ran.stderr
    metrics = json.loads(ran.stdout)
    for level in ("document", "chunk", "answer", "span"):
        assert metrics[f"{level}.hits@1"] == {"mean": 1.0, "low": None, "high": None, "n": 1}
    assert "2 cases in runs" in ran.stderr.replace("\\", "/")


def test_sources_in_a_run_name_no_place_of_the_machine(command: Command, cases: Path, tmp_path: Path) -> None:
    command("eval", "retrieve", cases, "--corpus", tmp_path / "articles", "--encoder", "hashing", "--out", "run")
    written = Path("run", RECORDS_FILE).read_text() + Path("run", "run.json").read_text()
    assert '"articles/bats.md"' in written
    assert str(tmp_path) not in written


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"id": "3", "question"', "cases.jsonl, line 3"),
        (
            '{"id": "3", "question": "q", "answerable": true, "evidence": [{"document": "x.md", "quote": "y"}]}',
            "Case '3': the library holds no article x.md",
        ),
        (
            '{"id": "3", "question": "q", "answerable": true, "evidence": [{"document": "bats.md", "quote": "owls"}]}',
            "Case '3': bats.md does not hold the quote “owls”",
        ),
    ],
)
def test_a_malformed_case_stops_the_run_unless_it_is_to_be_skipped(
    command: Command, cases: Path, line: str, complaint: str
) -> None:
    append(cases, line)
    arguments = ("eval", "retrieve", cases, "--corpus", "articles", "--encoder", "hashing", "--out", "run")
    ran = command(*arguments)
    assert ran.status == 2
    assert complaint in ran.stderr
    assert ran.stderr.endswith(". --skip-bad leaves it out.\n")
    assert not Path("run").exists()
    ran = command(*arguments, "--skip-bad")
    assert ran.status == 0
    assert "2 cases in run; 1 malformed ones left out" in ran.stderr


def test_articles_and_a_library_at_once_are_refused(command: Command, cases: Path) -> None:
    ran = command("eval", "retrieve", cases, "--corpus", "articles", "-l", ".rag")
    assert (ran.status, ran.stderr.count("\n")) == (2, 1)
    assert "not both" in ran.stderr


def test_a_regression_that_the_interval_bears_out_gives_status_1(command: Command, cases: Path, tmp_path: Path) -> None:
    words = "apple brick cloud drum eagle flute grape house igloo jelly kite lemon".split()
    for word in words:
        (tmp_path / "articles" / f"{word}.md").write_text(f"The {word} stands alone here.")
        evidence = [{"document": f"{word}.md", "quote": f"The {word} stands alone here."}]
        append(cases, json.dumps({"id": word, "question": word, "answerable": True, "evidence": evidence}))
    common = ("--corpus", "articles", "--encoder", "hashing")
    assert command("eval", "retrieve", cases, *common, "--out", "good").status == 0
    gate = ("--baseline", "good", "--tolerance", "chunk.hits@1=0.1")
    assert command("eval", "retrieve", cases, *common, "--out", "same", *gate).status == 0

    lines = [json.loads(line) for line in Path("good", RECORDS_FILE).read_text().splitlines()]
    Path("worse").mkdir()
    Path("worse", "run.json").write_bytes(Path("good", "run.json").read_bytes())
    for line in lines:
        line["ranked"]["chunks"].reverse()
        line["ranked"]["documents"].reverse()
    Path("worse", RECORDS_FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    ran = command("eval", "retrieve", cases, *common, "--out", "worse", *gate)
    assert ran.status == 1
    assert "Regression: chunk.hits@1 1.000 -> 0.0" in ran.stderr
    assert command("eval", "retrieve", cases, *common, "--out", "worse", "--baseline", "good").status == 1

    compared = command("eval", "compare", "good", "worse", "--metric", "chunk.hits@1")
    assert compared.status == 0
    assert "13 cases changed by chunk.hits@1" in compared.stdout


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--baseline", "nowhere"), "There is no run in nowhere"),
        (("--tolerance", "f1=0.1"), "--tolerance needs a run"),
        (("--baseline", "nowhere", "--tolerance", "f1"), "write it as METRIC=VALUE"),
    ],
)
def test_a_wrong_baseline_is_told_before_anything_is_spent(
    command: Command, cases: Path, options: tuple[str, ...], complaint: str
) -> None:
    ran = command("eval", "retrieve", cases, "--corpus", "articles", *options)
    assert ran.status == 2
    assert complaint in ran.stderr


def test_documents_stand_at_the_place_of_their_best_chunk(tmp_path: Path) -> None:
    long = " ".join(f"Bats number {n} sleep in caves all day long." for n in range(30))
    library = tiny_library(tmp_path, {"bats.md": long, "owls.md": "Owls and bats sleep."}, chunk_tokens=32)
    case = Case("1", "Where do bats sleep?", answerable=True)
    record = measure_retrieval(case, Retriever(library, 40), Gold(library, CaseSet("cases", (case,))), shown=5)
    assert len(record["ranked"]["chunks"]) > 2
    assert sorted(record["ranked"]["documents"]) == ["bats.md", "owls.md"]
    assert record["ranked"]["chunks"][0].startswith(record["ranked"]["documents"][0])
    metrics = retrieval_scorer((1, 5)).of_case(record)
    assert metrics["document.precision@1"] is None  # the case has no evidence


def test_written_articles_read_as_what_was_written(tmp_path: Path, beir: Path) -> None:
    documents = read_cases(beir).documents
    write_articles(documents, tmp_path / "articles")
    for document in documents:
        name = article_name(document.id)
        (read,) = load_documents((tmp_path / "articles" / name).read_bytes(), name)
        assert read.text == document.text
        assert not document.title or read.title == document.title


def test_a_run_is_read_as_it_was_written(command: Command, beir: Path) -> None:
    command("eval", "retrieve", beir, "--encoder", "hashing", "--out", "run")
    run = Run.read(Path("run"))
    assert run.finished
    assert run.kind == "retrieve"
    assert run.metrics["seconds_p50"].mean is not None
