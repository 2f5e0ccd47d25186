"""The readers on small data of every kind, on what can be wrong with it, and on the public sets."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from rag.errors import DataError
from rag.evaluate.cases import Case, Evidence, Pair, read_cases, read_pairs
from rag.evaluate.metrics.citation import locate_quote

SHARED = Path(__file__).parents[2] / "shared" / "eval"
shared = pytest.mark.skipif(not SHARED.exists(), reason="the public data is not beside the checkout")

CASE = {"id": "1", "question": "Who?", "answerable": True, "answers": ["Ann"], "evidence": [], "kind": "person"}
PAIR = {"id": "1", "claim": "It rains.", "source": ["It pours.", "It is cold."], "label": "supported"}


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_squad(path: Path, articles: list[Any]) -> Path:
    path.write_text(json.dumps({"version": "v2.0", "data": articles}), encoding="utf-8")
    return path


def squad_article(title: str, context: str, *questions: Any) -> dict[str, Any]:
    return {"title": title, "paragraphs": [{"context": context, "qas": list(questions)}]}


def squad_question(id_: str, *answers: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "question": "Who?", "answers": [{"text": it, "answer_start": 0} for it in answers], **more}


def write_beir(folder: Path, qrels: str = "q1\td1\t2\nq1\td2\t0\n", split: str = "test") -> Path:
    (folder / "qrels").mkdir(parents=True)
    corpus = [{"_id": "d1", "title": "One", "text": "First."}, {"_id": "d2", "text": "Second.", "metadata": {}}]
    write_lines(folder / "corpus.jsonl", corpus)
    write_lines(folder / "queries.jsonl", [{"_id": "q1", "text": "first?"}, {"_id": "q2", "text": "second?"}])
    (folder / "qrels" / f"{split}.tsv").write_text("query-id\tcorpus-id\tscore\n" + qrels)
    return folder


def test_cases_are_read_from_json_lines(tmp_path: Path) -> None:
    rows = [
        {**CASE, "evidence": [{"document": "a.md", "quote": "Ann did."}]},
        {"id": "2", "question": "When?", "answerable": False, "source of the case": "us"},
    ]
    found = read_cases(write_lines(tmp_path / "mine.jsonl", rows))

    first = Case("1", "Who?", True, ("Ann",), (Evidence("a.md", "Ann did."),), "person")
    assert (found.name, found.cases, found.skipped) == ("mine", (first, Case("2", "When?", False)), 0)
    assert (found.documents, found.qrels) == ((), {})


def test_a_line_separator_inside_a_string_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(
        "\ufeff" + json.dumps({**CASE, "question": "Who\u2028is it?"}, ensure_ascii=False) + "\r\n\r\n", "utf-8"
    )
    assert read_cases(path).cases[0].question == "Who\u2028is it?"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"id": "2", "question": "Who?"', "Invalid JSON: EOF while parsing an object at column 30"),
        ('["id"]', "Input should be an object"),
        ('{"id": "2", "answerable": true}', "question: Field required"),
        ('{"id": "2", "question": "", "answerable": true}', "question: String should have at least 1 character"),
        ('{"id": 2, "question": "Who?", "answerable": true}', "id: Input should be a valid string"),
        ('{"id": "2", "question": "Who?", "answerable": "yes"}', "answerable: Input should be a valid boolean"),
        ('{"id": "2", "question": "Who?", "answerable": true, "answers": "Ann"}', "answers: Input should be a valid"),
        (
            '{"id": "2", "question": "Who?", "answerable": true, "evidence": [{"document": "a.md"}]}',
            "evidence.0.quote: Field required",
        ),
        (
            '{"id": "2", "question": "Who?", "answerable": false, "answers": ["Ann"]}',
            "answerable is false, yet there are answers",
        ),
        ('{"id": "1", "question": "Who?", "answerable": true}', "the id '1' is used twice"),
        (
            '{"id": "2", "question": "Who?", "answerable": true, "answer": ["Ann"]}',
            "there is no field 'answer'; 'answers' is probably meant",
        ),
        (
            '{"id": "2", "question": "Who?", "answerable": true, "Evidences": []}',
            "there is no field 'Evidences'; 'evidence' is probably meant",
        ),
    ],
)
def test_a_malformed_line_is_named_and_can_be_skipped(tmp_path: Path, line: str, fault: str) -> None:
    path = write_lines(tmp_path / "cases.jsonl", [CASE])
    path.write_text(path.read_text() + "\n" + line + "\n")

    with pytest.raises(DataError) as caught:
        read_cases(path)
    assert str(caught.value).startswith(f"{path}, line 3: {fault}")
    assert "\n" not in str(caught.value)

    found = read_cases(path, skip_bad=True)
    assert ([case.id for case in found.cases], found.skipped) == (["1"], 1)


def test_bytes_that_are_not_utf_8_are_named_by_their_line(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b'{"id": "caf\xe9", "question": "Who?", "answerable": true}\n')
    with pytest.raises(DataError, match="line 1: Invalid JSON: invalid unicode"):
        read_cases(path)


def test_missing_empty_and_unknown_data_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "other.json").write_text('{"rows": []}')
    (tmp_path / "no-questions.json").write_text('{"data": []}')
    (tmp_path / "folder").mkdir()
    write_lines(tmp_path / "bad.jsonl", [{}, {}])

    for name, message in {
        "absent.jsonl": "There is no .*absent.jsonl",
        "empty.jsonl": "empty.jsonl holds nothing to evaluate.$",
        "notes.txt": "neither cases as .jsonl, nor SQuAD as .json, nor a BEIR folder",
        "other.json": "is not SQuAD's JSON: data: Field required",
        "no-questions.json": "holds nothing to evaluate",
        "folder": "has no corpus.jsonl",
        "bad.jsonl": "holds nothing to evaluate, only 2 malformed records",
    }.items():
        with pytest.raises(DataError, match=message):
            read_cases(tmp_path / name, skip_bad=True)
    with pytest.raises(DataError, match=r"absent\.jsonl cannot be read: No such file"):
        read_pairs(tmp_path / "absent.jsonl")


def test_squad_2_becomes_cases_and_documents(tmp_path: Path) -> None:
    answered = squad_question("a", "Ann", "Ann", "Ann B.", is_impossible=False)
    open_question = squad_question("b", is_impossible=True, plausible_answers=[{"text": "Bob", "answer_start": 3}])
    first = squad_article("Victoria_(Australia)", "Ann B. lived here.", answered)
    first["paragraphs"].append({"context": "Bob left.", "qas": [open_question]})

    found = read_cases(write_squad(tmp_path / "dev.json", [first]))

    evidence = Evidence("victoria-australia.md", "Ann B. lived here.")
    assert found.cases == (
        Case("a", "Who?", True, ("Ann", "Ann B."), (evidence,), "answerable"),
        Case("b", "Who?", False, kind="adversarial"),
    )
    (document,) = found.documents
    assert (document.source, document.title) == ("victoria-australia.md", "Victoria (Australia)")
    assert document.text == "Ann B. lived here.\n\nBob left."


def test_squad_1_1_has_only_questions_with_answers(tmp_path: Path) -> None:
    article = squad_article("Ann", "Ann lived here.", squad_question("a", "Ann"))
    found = read_cases(write_squad(tmp_path / "dev.json", [article]))
    assert [case.answerable for case in found.cases] == [True]


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ({"id": "b"}, "question: Field required"),
        (squad_question("a", "Ann"), "the id 'a' is used twice"),
        (squad_question("b"), "the question has no answer, yet is_impossible is not true"),
        (squad_question("b", "Ann", is_impossible=True), "answerable is false, yet there are answers"),
    ],
)
def test_a_malformed_squad_question_is_named_and_can_be_skipped(tmp_path: Path, question: Any, fault: str) -> None:
    article = squad_article("Ann", "Ann lived here.", squad_question("a", "Ann"), question)
    path = write_squad(tmp_path / "dev.json", [article])

    with pytest.raises(DataError) as caught:
        read_cases(path)
    assert str(caught.value).startswith(f"{path}, data.0.paragraphs.0.qas.1: {fault}")
    assert read_cases(path, skip_bad=True).skipped == 1


def test_two_squad_articles_of_one_name_are_refused(tmp_path: Path) -> None:
    articles = [squad_article(title, "Text.", squad_question(title, "x")) for title in ("New_York", "New-York")]
    with pytest.raises(DataError, match=r"data.1: a second article would be named new-york.md"):
        read_cases(write_squad(tmp_path / "dev.json", articles))


def test_a_beir_folder_becomes_cases_documents_and_grades(tmp_path: Path) -> None:
    found = read_cases(write_beir(tmp_path / "tiny"))

    assert (found.name, found.cases) == ("tiny", (Case("q1", "first?", True),))
    assert found.qrels == {"q1": {"d1": 2, "d2": 0}}
    assert [(it.id, it.title, it.text) for it in found.documents] == [("d1", "One", "First."), ("d2", "", "Second.")]


def test_the_test_split_is_read_before_others_and_a_choice_is_not_guessed(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "tiny", split="dev")
    assert set(read_cases(folder).qrels) == {"q1"}

    (folder / "qrels" / "train.tsv").write_text("q2\td2\t1\n")
    with pytest.raises(DataError, match=r"must hold test.tsv or a single .tsv file, not 2"):
        read_cases(folder)

    (folder / "qrels" / "test.tsv").write_text("q2\td2\t1\n")
    assert read_cases(folder).qrels == {"q2": {"d2": 1}}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("q1 d1 1", "expected a query's id, a document's id and a grade, parted by tabs"),
        ("q1\td1\tyes", "the grade 'yes' is not a whole number"),
        ("q9\td1\t1", "query 'q9' is not in queries.jsonl"),
        ("q1\td1\t1", "query 'q1' grades document 'd1' twice, differently"),
    ],
)
def test_a_malformed_grade_is_named_and_can_be_skipped(tmp_path: Path, line: str, fault: str) -> None:
    folder = write_beir(tmp_path / "tiny", qrels=f"q1\td1\t2\n{line}\n")

    with pytest.raises(DataError) as caught:
        read_cases(folder)
    assert str(caught.value).startswith(f"{folder / 'qrels' / 'test.tsv'}, line 3: {fault}")

    found = read_cases(folder, skip_bad=True)
    assert (found.qrels, found.skipped) == ({"q1": {"d1": 2}}, 1)


def test_pairs_are_read_and_only_full_support_counts(tmp_path: Path) -> None:
    rows = [
        PAIR,
        {**PAIR, "id": "2", "label": "partially_supported", "supporting": [[0]]},
        {**PAIR, "id": "3", "label": "not_supported", "edit_types": ["antonym_swap"]},
    ]
    found = read_pairs(write_lines(tmp_path / "pairs.jsonl", rows))

    assert found.pairs[0] == Pair("1", "It rains.", ("It pours.", "It is cold."), "supported")
    assert [pair.supported for pair in found.pairs] == [True, False, False]
    assert found.pairs[2].edit_types == ("antonym_swap",)


@pytest.mark.parametrize(
    ("change", "fault"), [({"label": "maybe"}, "label: Input should be 'supported'"), ({"source": []}, "source: Tuple")]
)
def test_a_malformed_pair_is_named_and_can_be_skipped(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    path = write_lines(tmp_path / "pairs.jsonl", [PAIR, {**PAIR, "id": "2", **change}])

    with pytest.raises(DataError) as caught:
        read_pairs(path)
    assert str(caught.value).startswith(f"{path}, line 2: {fault}")
    assert read_pairs(path, skip_bad=True).skipped == 1


@pytest.mark.shared
@shared
@pytest.mark.parametrize(
    ("name", "cases", "answerable"),
    [("squad2/cases", 5795, 3018), ("squad2/cases-100", 100, 50), ("clapnq/cases", 300, 150)],
)
def test_the_public_cases_are_read_and_their_evidence_is_found(name: str, cases: int, answerable: int) -> None:
    path = SHARED / f"{name}.jsonl"
    found = read_cases(path)
    assert (len(found.cases), sum(case.answerable for case in found.cases)) == (cases, answerable)

    texts = {it.name: it.read_text(encoding="utf-8") for it in (path.parent / "articles").iterdir()}
    for evidence in (it for case in found.cases for it in case.evidence):
        assert locate_quote(evidence.document, texts[evidence.document], evidence.quote) is not None


@pytest.mark.shared
@shared
def test_squad_articles_are_named_as_in_the_public_folder(tmp_path: Path) -> None:
    files = sorted((SHARED / "squad2" / "articles").iterdir())
    titles = [it.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").replace(" ", "_") for it in files]
    articles = [squad_article(title, "Text.", squad_question(title, "x")) for title in titles]

    found = read_cases(write_squad(tmp_path / "dev.json", articles))

    assert [document.source for document in found.documents] == [it.name for it in files]


@pytest.mark.shared
@shared
def test_the_public_beir_folder_and_pairs_are_read() -> None:
    scifact = read_cases(SHARED / "scifact")
    assert (len(scifact.cases), len(scifact.documents), len(scifact.qrels)) == (300, 5183, 300)
    assert sum(len(grades) for grades in scifact.qrels.values()) == 339
    assert len(read_pairs(SHARED / "verify" / "wice.jsonl").pairs) == 349
    assert len(read_pairs(SHARED / "verify" / "summedits-news.jsonl").pairs) == 418
