"""The pytest plugin, seen from a project that uses it: runs of pytest inside a folder of its own."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest

pytest_plugins = ["pytester"]

ARTICLES = {
    "cats.md": "# Cats\n\nCats sleep sixteen hours a day. Old ones like to lie on warm stones.\n",
    "bread.md": "# How bread rises\n\nYeast makes the dough rise. A warm kitchen halves the time it needs.\n",
}
CASES = [
    {
        "id": "cats",
        "question": "How long do cats sleep each day?",
        "answerable": True,
        "answers": ["sixteen hours"],
        "evidence": [{"document": "cats.md", "quote": "Cats sleep sixteen hours a day."}],
        "kind": "fact",
    },
    {
        "id": "bread",
        "question": "What makes the dough of bread rise?",
        "answerable": True,
        "answers": ["yeast"],
        "evidence": [{"document": "bread.md", "quote": "Yeast makes the dough rise."}],
        "kind": "fact",
    },
    {"id": "price", "question": "What is the price of a warm kitchen?", "answerable": False, "kind": "absent"},
]
REPLIES = {
    "How long do cats sleep": "Cats sleep sixteen hours a day.",
    "What makes the dough": "Yeast makes the dough rise.",
    "price": "The articles do not say.",
}
TESTS = """
    import pytest
    from rag.testing import assert_answers, assert_refuses

    @pytest.mark.rag_library("articles")
    @pytest.mark.rag_cases("cases.jsonl")
    @pytest.mark.rag_gate(contains_gold=1, citation_precision=0.9, refusal_recall=1, false_refusal=0)
    def test_cases(rag_case, rag_answer):
        if rag_case.answerable:
            assert_answers(rag_answer, *rag_case.answers)
        else:
            assert_refuses(rag_answer)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with two articles, three cases, and a scripted model that answers them rightly."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    monkeypatch.setenv("RAG_ENCODER", "hashing")
    articles = pytester.mkdir("articles")
    for name, text in ARTICLES.items():
        (articles / name).write_text(text, encoding="utf-8")
    write_cases(pytester, CASES)
    script(pytester, REPLIES)
    pytester.makepyfile(TESTS)
    return pytester


def write_cases(project: pytest.Pytester, cases: list[dict[str, object]]) -> None:
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    (project.path / "cases.jsonl").write_text(lines, encoding="utf-8")


def script(project: pytest.Pytester, replies: dict[str, str]) -> None:
    """Have the project's model write these replies."""
    project.makeconftest(f"""
        import pytest
        from rag.testing import ScriptedGenerator

        @pytest.fixture(scope="session")
        def rag_generator():
            return ScriptedGenerator({replies!r})
    """)


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    # Plugins of others that are slow to import are left out.
    unused = ("cacheprovider", "hypothesispytest", "anyio")
    return project.runpytest_subprocess(*(f"-pno:{name}" for name in unused), *options)


def test_cases_become_tests_and_pass(project: pytest.Pytester) -> None:
    result = run(project, "--rag-live", "-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "*::test_cases?cats? PASSED*",
            "*::test_cases?bread? PASSED*",
            "*::test_cases?price? PASSED*",
            "*::test_cases?gate? PASSED*",
        ]
    )


def test_a_table_of_metrics_ends_the_run(project: pytest.Pytester) -> None:
    result = run(project, "--rag-live")
    result.stdout.fnmatch_lines(
        [
            "*answers of test_a_table_of_metrics_ends_the_run.py::test_cases*",
            "metric * mean * cases * gate",
            "contains_gold * 1.000 * 2 * at least 1",
            "refusal_recall * 1.000 * 1 * at least 1",
            "false_refusal * 0.000 * 2 * at most 0",
            "citation_precision * 1.000 * 2 * at least 0.9",
            "citation_exactness * 1.000 * 2",
            "completion_tokens * [1-9]*",
        ]
    )


@pytest.fixture
def as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A strict answer would say the sentence that bears on the question in place of a wrong one."""
    monkeypatch.setenv("RAG_POLICY", "mark")


@pytest.mark.usefixtures("as_written")
def test_a_wrong_answer_fails_with_the_answer_and_the_nearest_source(project: pytest.Pytester) -> None:
    script(project, REPLIES | {"How long do cats sleep": "Old ones like to lie on warm stones."})
    result = run(project, "--rag-live", "-k", "cats")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * AssertionError: The answer says none of: “sixteen hours”.",
            "E * answer: Old ones like to lie on warm stones [[]1].",
            "E * nearest source text, *cats.md: “Cats sleep sixteen hours a day.”",
        ]
    )
    result.stdout.no_fnmatch_line("*rag/assertions.py*")


@pytest.mark.usefixtures("as_written")
def test_a_set_below_its_gate_fails_the_run(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS.replace("if rag_case", "return\n        if rag_case"))
    script(project, REPLIES | {"How long do cats sleep": "Old ones like to lie on warm stones."})
    result = run(project, "--rag-live", "--junit-xml=junit.xml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "rag_gate: contains_gold is 0.500 over 2 cases, not at least 1; *: cats.",
            "rag_gate: citation_precision is 0.500 over 2 cases, not at least 0.9; *: cats.",
            "FAILED *::test_cases?gate?*",
        ]
    )
    failures = ElementTree.parse(project.path / "junit.xml").findall(".//testcase[failure]")
    assert [case.get("name") for case in failures] == ["test_cases[gate]"]


def test_a_gate_of_a_metric_that_applies_to_no_case_fails(project: pytest.Pytester) -> None:
    write_cases(project, CASES[:2])
    result = run(project, "--rag-live")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["rag_gate: refusal_recall applies to none of the 2 cases, so it cannot be at least 1."]
    )


def test_a_gate_is_not_judged_by_some_of_its_cases(project: pytest.Pytester) -> None:
    script(project, REPLIES | {"price": "A warm kitchen halves the time it needs."})
    result = run(project, "--rag-live", "-k", "bread or cats")
    result.assert_outcomes(passed=2, deselected=1)
    result.stdout.fnmatch_lines(["The gate was not judged: 2 of 3 cases were asked."])


def test_what_is_recorded_is_replayed_without_the_model(project: pytest.Pytester) -> None:
    run(project, "--rag-record").assert_outcomes(passed=4)
    # What the model would say now is wrong, and is not asked for.
    script(project, {})
    result = run(project)
    result.assert_outcomes(passed=4)
    assert (project.path / "tests" / "recordings" / "token-counts.json").exists()


def test_the_model_of_the_settings_is_replayed_under_its_name_without_its_weights(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nrag_recordings = kept\nrag_llm = absent.gguf")
    script(project, REPLIES)
    conftest = project.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace("})", "}, name='absent.gguf')"))
    run(project, "--rag-record").assert_outcomes(passed=4)
    conftest.unlink()
    run(project).assert_outcomes(passed=4)
    assert (project.path / "kept").is_dir()
    run(project, "--rag-llm", "another.gguf").assert_outcomes(errors=3)


def test_nothing_recorded_asks_to_record(project: pytest.Pytester) -> None:
    result = run(project)
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        ["What 'scripted' says to this is not recorded in *Re-record: give pytest the same arguments and --rag-record."]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_question_of_a_test_that_was_not_recorded_is_shown_at_its_line(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest

        @pytest.mark.rag_library("articles")
        def test_sleep(rag_assistant):
            rag_assistant.ask("How long do cats sleep each day?")
    """)
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*rag_assistant.ask(*", "E *What 'scripted' says to this is not recorded in *"])
    result.stdout.no_fnmatch_line("*assistant.py*")


def test_a_changed_prompt_asks_to_record_again(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    run(project, "--rag-record").assert_outcomes(passed=4)
    prompts = project.mkdir("prompts")
    (prompts / "answer.jinja").write_text(
        "{% block system %}Be brief.{% endblock %}{% block user %}{{ question }}{% endblock %}", encoding="utf-8"
    )
    monkeypatch.setenv("RAG_PROMPTS", str(prompts))
    result = run(project)
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        ["*so the prompt changed or was never recorded. Re-record: give pytest the same arguments and --rag-record."]
    )


def test_a_changed_article_asks_to_record_again(project: pytest.Pytester) -> None:
    run(project, "--rag-record").assert_outcomes(passed=4)
    path = project.path / "articles" / "bread.md"
    path.write_text(ARTICLES["bread.md"] + "\nBread is eaten with butter.\n", encoding="utf-8")
    result = run(project, "-k", "bread")
    result.assert_outcomes(errors=1, deselected=2)
    result.stdout.fnmatch_lines(["*Re-record: give pytest the same arguments and --rag-record."])


def test_xdist_records_replays_and_judges_the_whole_set(project: pytest.Pytester) -> None:
    run(project, "-n", "2", "--rag-record").assert_outcomes(passed=4)
    project.makepyfile(TESTS.replace("contains_gold=1,", "contains_gold=1, completion_tokens=1,"))
    result = run(project, "-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        ["rag_gate: completion_tokens is * over 3 cases, not at most 1; *: bread, cats, price."]
    )


@pytest.mark.parametrize("way", ["option", "ini"])
def test_a_library_is_named_by_option_or_configuration(project: pytest.Pytester, way: str) -> None:
    project.makepyfile(TESTS.replace('@pytest.mark.rag_library("articles")', ""))
    if way == "ini":
        project.makeini("[pytest]\nrag_library = articles")
    run(project, "--rag-live", *(["--rag-library", "articles"] if way == "option" else [])).assert_outcomes(passed=4)


def test_a_library_that_is_there_is_opened_as_it_is(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest
        from rag.testing import tiny_library

        def test_make(tmp_path, request):
            tiny_library(request.config.rootpath / "made", {"cats.md": "Cats sleep all day."})

        @pytest.mark.rag_library("made/.rag")
        def test_sources(rag_library):
            assert [document.source for document in rag_library.documents()] == ["cats.md"]
    """)
    run(project).assert_outcomes(passed=2)


def test_two_libraries_in_one_run_are_kept_apart(project: pytest.Pytester) -> None:
    (project.mkdir("other") / "dogs.md").write_text("Dogs bark.", encoding="utf-8")
    project.makepyfile("""
        import pytest

        def names(assistant):
            return sorted(document.source.rpartition("/")[2] for document in assistant.library.documents())

        @pytest.mark.rag_library("articles")
        def test_first(rag_assistant):
            assert names(rag_assistant) == ["bread.md", "cats.md"]

        @pytest.mark.rag_library("other")
        def test_second(rag_assistant, rag_library):
            assert names(rag_assistant) == ["dogs.md"]
            assert rag_assistant.library is rag_library
    """)
    result = run(project, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*::test_first PASSED*", "*::test_second PASSED*"])


def test_no_library_says_how_to_name_one(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(rag_assistant): pass")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["There is no library to answer from: give --rag-library FOLDER, *"])


def test_a_case_whose_evidence_is_not_in_the_library_fails_without_a_hint_for_other_commands(
    project: pytest.Pytester,
) -> None:
    write_cases(project, [CASES[0] | {"evidence": [{"document": "dogs.md", "quote": "Dogs sleep less."}]}])
    result = run(project, "--rag-live")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["Case 'cats': the library holds no article dogs.md."])


def test_a_missing_folder_of_articles_is_named(project: pytest.Pytester) -> None:
    result = run(project, "--rag-library", "nowhere")
    project.makepyfile("def test_it(rag_assistant): pass")
    result = run(project, "--rag-library", "nowhere")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["There is no folder of articles *nowhere."])


def test_all_cases_are_given_to_a_test_of_the_set(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest

        @pytest.mark.rag_cases("cases.jsonl", kinds=["absent"])
        def test_set(rag_cases):
            assert [case.id for case in rag_cases] == ["price"]
    """)
    run(project).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("rag_cases('none.jsonl')\ndef test_it(rag_case): pass", "There is no *none.jsonl."),
        ("rag_cases('broken.jsonl')\ndef test_it(rag_case): pass", "*broken.jsonl, line 2: id: Field required."),
        ("rag_cases('cases.jsonl', kinds=['odd'])\ndef test_it(rag_case): pass", "*has no case of the kinds odd."),
        ("rag_cases('cases.jsonl')\ndef test_it(): pass", "*let the test take rag_case, rag_answer or rag_cases."),
        ("rag_gate(contains_gold=1)\ndef test_it(rag_answer): pass", "*rag_gate judges the answers to rag_cases;*"),
    ],
    ids=["no file", "malformed line", "no such kind", "no fixture", "gate without cases"],
)
def test_a_misused_marker_is_explained_when_tests_are_collected(
    project: pytest.Pytester, test: str, message: str
) -> None:
    (project.path / "broken.jsonl").write_text(json.dumps(CASES[0]) + "\n{}\n", encoding="utf-8")
    project.makepyfile(f"import pytest\n@pytest.mark.{test}")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_gate_of_an_unknown_metric_names_the_metrics(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS.replace("contains_gold=1", "beauty=1"))
    result = run(project, "--rag-live", "-k", "cats")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["rag_gate: there is no metric beauty; the metrics are exact_match, *"])


def test_a_case_without_its_marker_is_explained(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(rag_case): pass")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["There are no cases: mark the test with @pytest.mark.rag_cases('cases.jsonl')."])


def test_recording_and_asking_live_exclude_each_other(project: pytest.Pytester) -> None:
    result = run(project, "--rag-record", "--rag-live")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--rag-record and --rag-live exclude each other."])


def test_a_question_is_asked_once_however_many_tests_look_at_its_answer(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest

        pytestmark = [pytest.mark.rag_library("articles"), pytest.mark.rag_cases("cases.jsonl")]

        class TestAnswers:
            def test_first(self, rag_answer): pass
            def test_second(self, rag_answer): pass

        def test_last(rag_cases, rag_generator): assert len(set(rag_generator.seen)) == len(rag_generator.seen) >= 3
    """)
    run(project, "--rag-live").assert_outcomes(passed=7)


def test_a_run_that_does_not_use_the_plugin_imports_nothing_for_it(project: pytest.Pytester) -> None:
    """An import and three hooks are all it costs; what would cost more than 30 ms is not imported."""
    project.makeconftest("""
        import sys

        def pytest_unconfigure():
            print("OURS", sorted(name for name in sys.modules if name.split(".")[0] in {"rag", "embeddings"}))
            print("HEAVY", sorted({"numpy", "pydantic", "torch", "faiss", "llama_cpp", "scipy"} & set(sys.modules)))
    """)
    project.makepyfile("def test_it(): pass")
    result = run(project, "-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["OURS [[]'rag', 'rag.gates', 'rag.pytest_plugin'[]]", "HEAVY [[]]"])


def test_importing_the_plugin_takes_less_than_30_ms(tmp_path: Path) -> None:
    timed = dedent("""
        import pytest, time
        began = time.process_time()  # what other processes take does not count
        import rag.pytest_plugin
        print(time.process_time() - began)
    """)
    seconds = [float(subprocess.check_output([sys.executable, "-c", timed], cwd=tmp_path)) for _ in range(5)]
    assert min(seconds) < 0.030
