"""The commands: what they print where, and their exit status."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from rag.library import Library
from tests.conftest import QUESTION, Command


def lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        yield json.loads(line)


def test_index_says_what_it_did(tmp_path: Path, command: Command) -> None:
    (tmp_path / "a.md").write_text("One thing.")
    (tmp_path / "b.md").write_text("Another thing.")
    first = command("index", ".", "--encoder", "hashing")
    assert first.status == 0
    assert first.stdout.startswith("2 added; 2 chunks encoded in ")
    assert first.stderr == ""
    assert command("index", ".").stdout.startswith("2 unchanged; 0 chunks encoded in ")
    (tmp_path / "b.md").unlink()
    assert command("index", ".").stdout.startswith("1 unchanged, 1 removed; 0 chunks")


def test_index_as_json(tmp_path: Path, command: Command) -> None:
    (tmp_path / "a.md").write_text("One thing.")
    (tmp_path / "b.md").write_bytes(b"")
    ran = command("index", ".", "--encoder", "hashing", "-l", "shelf", "--json")
    report = json.loads(ran.stdout)
    assert ran.status == 2
    assert (report["added"], list(report["skipped"]), report["chunks"]) == (["a.md"], ["b.md"], 1)
    assert report["library"] == "shelf"
    assert (tmp_path / "shelf").is_dir()


def test_rebuild_begins_anew_with_another_encoder(library: Library, command: Command) -> None:
    library.close()
    assert command("index", ".", "--encoder", "hashing-64", "--rebuild").stdout.startswith("3 added")
    ran = command("search", "yeast", "--json")
    assert json.loads(ran.stdout)["hits"][0]["source"] == "bread.md"


def test_the_library_is_named_by_option_or_environment(
    library: Library, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.close()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert command("list").status == 2
    assert command("list", "--library", "../.rag").status == 0
    monkeypatch.setenv("RAG_LIBRARY", "../.rag")
    assert command("list").status == 0


def test_list_shows_articles(library: Library, command: Command) -> None:
    ran = command("list")
    assert ran.status == 0
    for words in ("Pyongyang objects", "2025-03-31", "How bread rises", "notes/shells.txt"):
        assert words in ran.stdout
    rows = json.loads(command("list", "--json").stdout)
    assert [row["source"] for row in rows] == ["bread.md", "missiles.md", "notes/shells.txt"]
    assert rows[1]["publisher"] == "Agency"


def test_remove_says_what_has_gone(library: Library, command: Command) -> None:
    library.close()
    ran = command("remove", "notes", "bread.md", "--json")
    assert (ran.status, json.loads(ran.stdout)) == (0, {"removed": ["notes/shells.txt", "bread.md"]})
    assert command("remove", "missiles.md").stdout == "removed missiles.md\n"
    assert command("search", "missiles").status == 1


def test_search_shows_hits_best_first(library: Library, command: Command) -> None:
    ran = command("search", "oldest shell")
    assert ran.status == 0
    assert ran.stdout.startswith("1. Shells · notes/shells.txt")
    assert "The oldest shell in the museum is 4,000 years old." in ran.stdout
    plain = json.loads(command("search", "oldest shell", "-k", "2", "--json").stdout)
    assert plain["question"] == "oldest shell"
    assert [hit["ranks"]["reranked"] for hit in plain["hits"]] == [1, 2]


def test_search_reads_questions_from_standard_input(library: Library, command: Command) -> None:
    ran = command("search", "-", "--json", stdin="yeast\n\n  missiles \n")
    assert [(line["question"], line["hits"][0]["source"]) for line in lines(ran.stdout)] == [
        ("yeast", "bread.md"),
        ("missiles", "missiles.md"),
    ]


@pytest.mark.usefixtures("scripted")
def test_ask_prints_the_answer_with_its_footnotes(library: Library, command: Command) -> None:
    ran = command("ask", QUESTION)
    assert ran.status == 0
    answer, _, heading, quote = ran.stdout.splitlines()
    assert answer == "Pete Hegseth visited Tokyo on 30 March 2025 [1]."
    assert heading == "[1] Pyongyang objects · 2025-03-31 · missiles.md"
    assert quote.strip() == "“Pete Hegseth visited Tokyo on 30 March 2025.”"


@pytest.mark.usefixtures("scripted")
def test_ask_shows_what_is_not_said_when_asked_to(library: Library, command: Command) -> None:
    ran = command("ask", QUESTION, "--show-unsupported")
    assert "Not said, since it is unsupported: Elephants paint watercolours." in ran.stdout
    assert "in no source: Elephants, paint, watercolours" in ran.stdout
    marked = command("ask", QUESTION, "--policy", "mark")
    assert "Elephants paint watercolours [not in the articles]." in marked.stdout


@pytest.mark.usefixtures("scripted")
def test_ask_exits_with_1_where_the_articles_do_not_say(library: Library, command: Command) -> None:
    ran = command("ask", "How many missiles does the agreement cover?")
    assert ran.status == 1
    assert "The articles do not say." in ran.stdout
    assert "missiles.md" in ran.stdout
    misled = command("ask", "How many of 1,300 missiles does the agreement cover?")
    assert "The closest sentence says otherwise: 1,300.\n" in misled.stdout
    nothing = command("ask", "Zebras juggle?")
    assert nothing.status == 1
    assert "Nothing was found that bears on the question.\nIn no article: zebras, juggle." in nothing.stdout


def test_search_says_where_nothing_seems_to_bear_on_the_question(library: Library, command: Command) -> None:
    ran = command("search", "Zebras juggle?")
    assert "Nothing in the library seems to bear on the question.\nIn no article: zebras, juggle." in ran.stdout
    near_miss = json.loads(command("search", "Zebras juggle?", "--json").stdout)["near_miss"]
    assert near_miss["absent_words"] == ["zebras", "juggle"]
    assert near_miss["likely"] < 0.1


@pytest.mark.usefixtures("scripted")
def test_json_is_all_that_stands_on_standard_output(library: Library, command: Command) -> None:
    ran = command("ask", QUESTION, "--json")
    answer = json.loads(ran.stdout)
    assert (ran.status, answer["refused"], answer["model"]) == (0, False, "any.gguf")
    assert answer["citations"][0]["quote"] == "Pete Hegseth visited Tokyo on 30 March 2025."
    refused = command("ask", "How many missiles does the agreement cover?", "--json")
    assert refused.status == 1
    assert json.loads(refused.stdout)["refusal_reason"] == "not_answered"


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(
    ("questions", "status"),
    [
        ([QUESTION, "How many missiles does the agreement cover?"], 0),
        (["How many missiles does the agreement cover?"], 1),
        ([QUESTION, "Which missiles took North Korea too long?"], 2),
        ([], 1),
    ],
    ids=["one answered", "none answered", "an error", "no questions"],
)
def test_a_batch_is_one_object_a_line(
    library: Library, command: Command, questions: Sequence[str], status: int
) -> None:
    ran = command("ask", "-", stdin="\n".join(["", *questions, ""]))
    assert ran.status == status
    assert [line["question"] for line in lines(ran.stdout)] == questions
    assert ["error" in line for line in lines(ran.stdout)] == ["too long" in question for question in questions]


@pytest.mark.usefixtures("scripted")
def test_half_a_character_in_a_question_is_no_end(library: Library, command: Command) -> None:
    ran = command("ask", f"{QUESTION} \udcff", "--json")
    assert ran.status in {0, 1}
    assert json.loads(ran.stdout)["hits"]


@pytest.mark.parametrize(
    "name",
    ["", "index", "list", "remove", "search", "ask", "why", "why-not", "doctor", "models", "eval"],
    ids=lambda name: name or "rag",
)
def test_every_command_has_help(command: Command, name: str) -> None:
    ran = command(*name.split(), "--help")
    assert ran.status == 0
    assert "Usage: rag" in ran.stdout


@pytest.mark.parametrize("name", ["ask", "chat", "serve", "mcp", "replay", "eval answer"])
def test_whatever_answers_takes_the_settings_that_shape_an_answer(command: Command, name: str) -> None:
    help_text = command(*name.split(), "--help").stdout
    for option in ("llm", "encoder", "reranker", "prompts", "models", "offline", "policy", "when-unsure", "verifier"):
        assert f"--{option} " in help_text


def test_a_command_that_there_is_not_is_an_error(command: Command) -> None:
    ran = command("serch", "x")
    assert ran.status == 2
    assert "No such command" in ran.stderr


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rag.cli", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | environment,
        check=False,
    )


def test_a_real_process_ends_with_one_line_and_status_2(tmp_path: Path) -> None:
    ran = run("search", "anything")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "rag: There is no library in .rag; make one with `rag index PATH`.\n"


def test_a_reader_that_goes_away_is_no_traceback(library: Library) -> None:
    library.close()
    command = [sys.executable, "-m", "rag.cli", "search", "-", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(b"missiles\n" * 100)
        process.stdin.close()
        assert b"Traceback" not in process.stderr.read()


def test_the_version_is_told(command: Command) -> None:
    ran = command("--version")
    assert (ran.status, ran.stdout, ran.stderr) == (0, f"footnoted {version('footnoted')}\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["search", "missiles"]])
def test_output_to_a_full_disk_ends_with_one_line_and_status_2(library: Library, arguments: list[str]) -> None:
    library.close()
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "rag.cli", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 2
    assert ran.stderr.startswith("rag: The output cannot be written: No space left on device")
    assert ran.stderr.count("\n") == 1


INTERRUPTED = """
import os, signal, sys

class Interruption:
    def find_spec(self, name, path, target=None):
        if name == "rag.cli.articles":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interruption())
sys.argv = ["rag", "list"]
from rag.cli import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_ctrl_c_while_the_program_starts_is_no_traceback() -> None:
    ran = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


def test_a_search_that_finds_nothing_says_so(library: Library, command: Command) -> None:
    ran = command("search", "--source", "no-such-folder", "missiles")
    assert (ran.status, ran.stdout) == (1, "Nothing was found.\n")


def test_a_folder_without_articles_is_told_as_one(library: Library, command: Command, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"PNG")
    ran = command("index", "pictures")
    assert (ran.status, ran.stderr) == (0, "")
    assert ran.stdout.startswith("no article found; 0 chunks encoded")


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize("name", ["ask", "search"])
def test_no_question_on_standard_input_is_told(library: Library, command: Command, name: str) -> None:
    ran = command(name, "-", stdin=" \n\n")
    assert (ran.status, ran.stdout) == (1, "")
    assert ran.stderr.splitlines()[-1] == "rag: There was no question on standard input; write them one a line."


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize("option", ["--save", "--html"])
@pytest.mark.parametrize("place", [".", "nowhere/answer"])
def test_a_place_that_cannot_be_written_is_told_before_the_model_is_asked(
    library: Library, command: Command, option: str, place: str
) -> None:
    ran = command("ask", option, place, QUESTION)
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"rag: {option} {place}: ")


@pytest.mark.models
def test_a_real_model_answers_or_refuses_within_the_contract(library: Library) -> None:
    library.close()
    small = {"RAG_LLM": "smollm2-135m-instruct", "RAG_ANSWER_TOKENS": "16", "RAG_EVIDENCE_TOKENS": "64"}
    ran = run("ask", "-", stdin=f"{QUESTION}\nWhich missiles did North Korea condemn?\n", **small)
    assert ran.returncode in {0, 1}
    assert ran.stderr == ""
    texts = {document.id: document.text for document in Library.open(settings=library.settings).documents()}
    answers = list(lines(ran.stdout))
    assert [answer["model"] for answer in answers] == ["smollm2-135m-instruct"] * 2
    for citation in [citation for answer in answers for citation in answer["citations"]]:
        assert texts[citation["document_id"]][citation["start"] : citation["end"]] == citation["quote"]
