"""The pytest plugin: fixtures that answer from a library, one test per case, gates over sets, and recordings.

pytest imports this module in every run of every project of the environment, so it imports nothing heavy until a test
uses it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import pytest

from rag.gates import AT_LEAST, AT_MOST, PROPERTY, GateKeeper

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.datatypes import Answer
    from rag.evaluate.cases import Case
    from rag.evaluate.gold import Gold
    from rag.generate import Generator
    from rag.library import Library
    from rag.settings import Settings

MARKERS = (
    "rag_library(path): the library, or the folder of articles, that rag_library opens; relative to the test's file.",
    "rag_cases(path, kinds=['…']): run the test for each case of the file, or for those of these kinds; relative to "
    "the test's file. The test takes rag_case and rag_answer.",
    "rag_gate(metric=value, …): after the run, hold the mean of each metric over all cases of the test to a value.",
)
# Cases by test function, without the part of its name that tells its cases apart.
_cases_of = pytest.StashKey[dict[str, "tuple[Case, ...]"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the configuration's keys."""
    group = parser.getgroup("rag", "answers from articles (footnoted)")
    group.addoption("--rag-library", metavar="FOLDER", help="A library, or a folder of articles to make one of.")
    group.addoption("--rag-llm", metavar="NAME", help="The language model: catalogue name, GGUF file, or hf:….")
    group.addoption("--rag-record", action="store_true", help="Ask the language model, and record what it says.")
    group.addoption("--rag-live", action="store_true", help="Ask the language model; neither record nor replay.")
    parser.addini("rag_library", "As --rag-library; relative to the root folder.")
    parser.addini("rag_llm", "As --rag-llm.")
    parser.addini(
        "rag_recordings", "The folder of recordings; relative to the root folder.", default="tests/recordings"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers, and have somebody judge the gates where the reports of all processes arrive."""
    if config.getoption("rag_record") and config.getoption("rag_live"):
        raise pytest.UsageError("--rag-record and --rag-live exclude each other.")
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[_cases_of] = {}
    if not hasattr(config, "workerinput"):  # set by pytest-xdist in the processes that it starts
        config.pluginmanager.register(GateKeeper(), "rag_gates")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Open the library that a marker names, and make one test of each case."""
    node = metafunc.definition
    library = node.get_closest_marker("rag_library")
    if library and "rag_library" in metafunc.fixturenames:
        path = node.path.parent / library.args[0]
        metafunc.parametrize("rag_library", [path], indirect=True, ids=[pytest.HIDDEN_PARAM], scope="session")
    marker = node.get_closest_marker("rag_cases")
    gate = node.get_closest_marker("rag_gate")
    if gate and not (marker and "rag_answer" in metafunc.fixturenames):
        raise _misused(node, "rag_gate judges the answers to rag_cases; mark the test so, and let it take rag_answer")
    if marker:
        cases = _read_cases(node, *marker.args, **marker.kwargs)
        metafunc.config.stash[_cases_of][node.nodeid] = cases
        if "rag_case" in metafunc.fixturenames:
            metafunc.parametrize("rag_case", cases, ids=[case.id for case in cases])
        elif "rag_cases" not in metafunc.fixturenames:
            raise _misused(node, "rag_cases makes tests of cases; let the test take rag_case, rag_answer or rag_cases")


def _read_cases(node: pytest.Item, path: str, kinds: Sequence[str] | None = None) -> tuple[Case, ...]:
    from rag.errors import DataError
    from rag.evaluate.cases import read_cases

    try:
        cases = read_cases(node.path.parent / path).cases
    except DataError as error:
        raise pytest.Collector.CollectError(str(error)) from error
    chosen = tuple(case for case in cases if kinds is None or case.kind in kinds)
    if not chosen:
        raise _misused(node, f"{path} has no case of the kinds {', '.join(kinds or ())}")
    return chosen


def _misused(node: pytest.Item, what: str) -> pytest.Collector.CollectError:
    return pytest.Collector.CollectError(f"{node.nodeid}: {what}.")


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Fail with the message of an error that says what to do; where in the code it was raised helps nobody."""
    from rag.errors import RagError

    try:
        yield
    except RagError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Have a missing recording shown at the test's own line: the way there through this package helps nobody."""
    try:
        return (yield)
    except Exception as error:
        from rag.errors import RecordingMissing

        own = [step for step in _steps(error.__traceback__) if step.tb_frame.f_code.co_filename == str(item.path)]
        if own and isinstance(error, RecordingMissing):
            own[-1].tb_next = None
        raise


def _steps(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback:
        yield traceback
        traceback = traceback.tb_next


@pytest.fixture(scope="session")
def rag_settings(pytestconfig: pytest.Config) -> Settings:
    """Read the settings of the library and the assistant: the environment, ``rag.toml``, and --rag-llm."""
    from rag.settings import Settings

    with _in_one_line():
        return Settings.read(llm=pytestconfig.getoption("rag_llm") or pytestconfig.getini("rag_llm") or None)


@pytest.fixture(scope="session")
def rag_library(request: pytest.FixtureRequest, rag_settings: Settings) -> Library:
    """Open the library that the marker, --rag-library or the configuration names.

    Of a folder of articles a library is made, kept, and brought in step with it at every run.
    """
    from rag.evaluate.cases import CaseSet
    from rag.evaluate.corpus import index_kept, kept_library
    from rag.library import Library

    config = request.config
    if hasattr(request, "param"):
        folder = Path(request.param)
    elif option := config.getoption("rag_library"):
        folder = config.invocation_params.dir / option
    elif configured := config.getini("rag_library"):
        folder = config.rootpath / configured
    else:
        pytest.fail(
            "There is no library to answer from: give --rag-library FOLDER, set rag_library in pytest's configuration, "
            "or mark the test with @pytest.mark.rag_library('FOLDER').",
            pytrace=False,
        )
    library = Library.open(folder, rag_settings)
    with _in_one_line():
        if not library.exists():
            library = kept_library(CaseSet(folder.name, ()), folder, rag_settings)
            index_kept(library)
    return library


@pytest.fixture(scope="session")
def rag_generator() -> Generator | None:
    """Override this to have another Generator write the answers than the language model that the settings name."""
    return None


@pytest.fixture(scope="session")
def rag_assistant(
    pytestconfig: pytest.Config, rag_library: Library, rag_settings: Settings, rag_generator: Generator | None
) -> Assistant:
    """Answer from ``rag_library``: as was recorded, unless --rag-record or --rag-live asks the language model."""
    from rag.assistant import Assistant
    from rag.recording import RecordingGenerator, ReplayingGenerator

    folder = pytestconfig.rootpath / pytestconfig.getini("rag_recordings")
    assistant = Assistant(rag_library, settings=rag_settings, generator=rag_generator)
    if pytestconfig.getoption("rag_live"):
        return assistant
    with _in_one_line():
        generator: Generator = (
            RecordingGenerator(assistant.generator, folder)
            if pytestconfig.getoption("rag_record")
            else ReplayingGenerator(folder, rag_generator.name if rag_generator else rag_settings.llm)
        )
    return Assistant(rag_library, settings=rag_settings, generator=generator)


@pytest.fixture
def rag_cases(request: pytest.FixtureRequest) -> tuple[Case, ...]:
    """Return all cases of the file that the marker ``rag_cases`` names."""
    name = _set_name(request.node)
    if name not in request.config.stash[_cases_of]:
        pytest.fail("There are no cases: mark the test with @pytest.mark.rag_cases('cases.jsonl').", pytrace=False)
    return request.config.stash[_cases_of][name]


@pytest.fixture
def rag_case(rag_cases: tuple[Case, ...]) -> Case:
    """Return one case of the file that the marker ``rag_cases`` names; the test is run for each."""
    raise NotImplementedError  # a marked test is given its cases as parameters, and another one fails in rag_cases


@pytest.fixture
def rag_answer(
    request: pytest.FixtureRequest,
    rag_case: Case,
    _rag_ask: Callable[[str], Answer],
    _rag_gold: Gold,
) -> Answer:
    """Answer the question of ``rag_case``; what the answer scores goes into the table and the gate."""
    from rag.evaluate.answer import SCORER, record_answer

    with _in_one_line():
        evidence = _rag_gold.spans(rag_case)
        answer = _rag_ask(rag_case.question)
    metrics = SCORER.of_case(record_answer(rag_case, answer, evidence, _rag_gold))
    marker = request.node.get_closest_marker("rag_gate")
    bounds = marker.kwargs if marker else {}
    if unknown := [metric for metric in bounds if metric not in metrics]:
        pytest.fail(f"rag_gate: there is no metric {unknown[0]}; the metrics are {', '.join(metrics)}.", pytrace=False)
    name = _set_name(request.node)
    outcome = {
        "set": name,
        "total": len(request.config.stash[_cases_of][name]),
        "gate": {
            metric: [AT_MOST if metric in SCORER.lower_is_better else AT_LEAST, bounds[metric]] for metric in bounds
        },
        "case": rag_case.id,
        "metrics": metrics,
    }
    request.node.user_properties.append((PROPERTY, outcome))
    return answer


@pytest.fixture(scope="session")
def _rag_ask(rag_assistant: Assistant) -> Callable[[str], Answer]:
    """Ask each question once, however many tests look at the answer."""
    return functools.cache(rag_assistant.ask)


@pytest.fixture(scope="session")
def _rag_gold(rag_library: Library) -> Gold:
    from rag.evaluate.cases import CaseSet
    from rag.evaluate.gold import Gold

    return Gold(rag_library, CaseSet("", ()))


def _set_name(item: pytest.Function) -> str:
    """Return the id of the test function, which is the item's without the part that tells its cases apart."""
    assert item.parent is not None
    return f"{item.parent.nodeid}::{item.originalname}"
