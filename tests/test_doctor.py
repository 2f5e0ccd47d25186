"""What the doctor finds, and that every finding that is not well says what to do."""

import importlib.metadata
import json
import re
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

import rag.doctor.machine
import rag.doctor.packages
from rag.database import Database
from rag.doctor.finding import Finding, State
from rag.doctor.library import check_library
from rag.doctor.machine import check_machine
from rag.doctor.packages import check_compiled_parts, check_packages
from rag.doctor.weights import check_weights
from rag.library import Library
from rag.library_files import DATABASE_FILE, VECTORS_FILE
from rag.models import find_model
from rag.settings import Settings
from tests.conftest import Command

ENCODER = "all-MiniLM-L6-v2"


def read(**flags: object) -> Settings:
    return Settings.read(encoder="hashing", offline=True, **flags)


def troubles(findings: Iterable[Finding]) -> list[tuple[State, str]]:
    """Return what is not well; each such finding must say what to do."""
    found = [finding for finding in findings if finding.state is not State.OK]
    assert all(finding.advice for finding in found)
    return [(finding.state, finding.what) for finding in found]


def test_this_installation_is_well() -> None:
    findings = list(check_packages())
    assert troubles(findings) == []
    assert [finding.check for finding in findings] == ["python", "packages"]


@pytest.mark.parametrize(
    ("requirement", "what"),
    [("numpy>=99", "numpy .* is installed; >=99 is needed"), ("no-such-thing>=1", "no-such-thing is not installed")],
)
def test_a_package_that_is_old_or_missing_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, requirement: str, what: str
) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: [requirement, "x>=1; extra == 'test'"])
    (finding,) = (finding for finding in check_packages() if finding.check == "packages")
    assert finding.state is State.PROBLEM
    assert finding.advice == f"Run `pip install '{requirement}'`."
    assert re.match(what, finding.what)


def test_a_package_that_does_not_load_is_named_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.doctor.packages, "COMPILED", {"json": "json", "no_such_module": "no-such-package"})
    (trouble,) = troubles(check_compiled_parts())
    assert trouble == (
        State.PROBLEM,
        "no_such_module does not load (ModuleNotFoundError: No module named 'no_such_module').",
    )


def test_a_package_that_ends_its_process_ends_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import os; os.kill(os.getpid(), {int(signal.SIGILL)})"
    (tmp_path / "foreign.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(rag.doctor.packages, "COMPILED", {"foreign": "foreign-package"})
    first, *_ = check_compiled_parts()
    assert first.state is State.PROBLEM
    assert "built for another processor" in first.what
    assert first.advice == "Build it here: `pip install --force-reinstall --no-binary foreign-package foreign-package`."


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_build_without_the_processors_features_is_slow(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    finding = rag.doctor.packages._check_features("CPU : SSE3 = 1 | AVX2 = 0 | OPENMP = 1 |")
    assert finding.state is State.WARNING
    assert "it has SSE3, OPENMP" in finding.what
    well = rag.doctor.packages._check_features("CPU : NEON = 1 | AVX2 = 1 |")
    assert (well.state, well.what) == (State.OK, "llama.cpp uses NEON, AVX2")


def test_a_library_that_is_whole_has_no_troubles(library: Library) -> None:
    findings = list(check_library(library))
    assert troubles(findings) == []
    assert "3 articles, 3 chunks" in findings[0].what


def test_no_library_yet_is_a_warning(tmp_path: Path) -> None:
    (trouble,) = troubles(check_library(Library.open(tmp_path / "none", read())))
    assert trouble[0] is State.WARNING


def test_another_encoder_is_a_problem(library: Library) -> None:
    other = Library.open(settings=library.settings.model_copy(update={"encoder": "hashing-64"}))
    ((state, what),) = troubles(check_library(other))
    assert state is State.PROBLEM
    assert "'hashing-256'" in what


def test_an_encoder_that_is_not_here_is_a_warning(library: Library, tmp_path: Path) -> None:
    changes = {"encoder": ENCODER, "models": tmp_path / "weights"}
    ((state, what),) = troubles(check_library(Library.open(settings=library.settings.model_copy(update=changes))))
    assert state is State.WARNING
    assert "cannot be compared" in what


@pytest.mark.parametrize("content", [b"no database" * 999, b""], ids=["overwritten", "empty"])
def test_a_damaged_database_is_a_problem(library: Library, content: bytes) -> None:
    library.close()
    (library.folder / DATABASE_FILE).write_bytes(content)
    ((state, what),) = troubles(check_library(library))
    assert state is State.PROBLEM
    assert DATABASE_FILE in what


def test_tables_that_do_not_agree_are_a_problem(library: Library) -> None:
    database = Database(library.folder / DATABASE_FILE)
    with database.transaction():
        database._connection.execute("DELETE FROM terms")
    ((state, what),) = troubles(check_library(library))
    assert state is State.PROBLEM
    assert "3 chunks are missing from the lexical index" in what


def test_a_vector_index_that_must_be_made_again_is_a_warning(library: Library, tmp_path: Path) -> None:
    path = library.folder / VECTORS_FILE
    old = path.read_bytes()
    (tmp_path / "new.md").write_text("New.")
    library.index(tmp_path)
    path.write_bytes(old)
    assert [state for state, what in troubles(check_library(library)) if "out of date" in what] == [State.WARNING]
    path.write_bytes(old[:-1])
    assert [state for state, what in troubles(check_library(library)) if "damaged" in what] == [State.WARNING]
    path.unlink()
    assert [state for state, what in troubles(check_library(library)) if "missing" in what] == [State.WARNING]


def test_weights_that_are_not_here_yet_are_a_problem_only_offline(tmp_path: Path) -> None:
    found = troubles(check_weights(read(models=tmp_path), ENCODER))
    assert [state for state, _ in found] == [State.PROBLEM] * 2
    online = read(models=tmp_path).model_copy(update={"offline": False})
    assert [state for state, _ in troubles(check_weights(online, ENCODER))] == [State.WARNING] * 2


def test_weights_with_other_bytes_are_a_problem(tmp_path: Path) -> None:
    file = find_model("smollm2-135m-instruct").files[0]
    (tmp_path / "smollm2-135m-instruct").mkdir()
    (tmp_path / "smollm2-135m-instruct" / file.name).write_bytes(b"GGUF")
    ((state, what),) = troubles(check_weights(read(models=tmp_path, llm="smollm2-135m-instruct"), "hashing"))
    assert state is State.PROBLEM
    assert "SHA-256" in what


@pytest.mark.parametrize("name", ["nonsense", "~nobody-of-this-name/x.gguf", "all-MiniLM-L6-v2", "a\0b"])
def test_a_model_that_there_is_not_is_a_problem(name: str) -> None:
    settings = read(llm=name)
    assert [state for state, _ in troubles(check_weights(settings, "hashing"))] == [State.PROBLEM]
    assert all(finding.check == "machine" for finding in check_machine(settings))


def test_a_file_of_ones_own_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    llm, encoder = check_weights(read(llm="mine.gguf"), "hashing")
    assert (llm.state, encoder.state) == (State.OK, State.OK)
    assert "not compared" in llm.what


def test_a_model_larger_than_the_machine_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.doctor.machine, "_model_bytes", lambda settings: (10**15, 10**16))
    memory, *disks = check_machine(read())
    assert memory.state is State.PROBLEM
    assert disks[0].state is State.PROBLEM
    assert troubles([memory, *disks])


def test_the_command_prints_findings_and_exits_with_2_where_there_is_a_problem(
    library: Library, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.doctor.packages, "COMPILED", {"llama_cpp": "llama-cpp-python"})
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    well = command("doctor", "--llm", "mine.gguf")
    assert (well.status, well.stderr) == (0, "")
    assert "library" in well.stdout
    ran = command("doctor", "--llm", "nonsense", "--offline", "--json")
    assert ran.status == 2
    findings = json.loads(ran.stdout)
    assert {finding["check"] for finding in findings} == {"python", "packages", "library", "weights", "machine"}
    (problem,) = (finding for finding in findings if finding["state"] == "problem")
    assert set(problem) == {"check", "state", "what", "advice"}
    assert command("doctor", "--llm", "nonsense").stdout.count("problem") == 1


@pytest.mark.models
def test_real_weights_are_right_and_all_compiled_parts_load(command: Command) -> None:
    ran = command("doctor", "--llm", "smollm2-135m-instruct", "--json")
    findings = {finding["what"]: finding["state"] for finding in json.loads(ran.stdout)}
    assert findings["smollm2-135m-instruct has the catalogue's SHA-256"] == "ok"
    assert findings["all-MiniLM-L6-v2 has the catalogue's SHA-256"] == "ok"
    assert any(what.startswith("llama.cpp uses ") for what in findings)
