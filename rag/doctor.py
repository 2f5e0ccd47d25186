"""What may be wrong with an installation, its weights, a library or the machine, and what to do about it."""

import importlib.metadata
import platform
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from embeddings.vector_index import FaissIndex, VectorIndexDamaged
from rag.errors import EncoderMismatch, LibraryError, ModelError, ModelUnavailable
from rag.hints import command_line
from rag.library import Library
from rag.library_files import VECTORS_FILE
from rag.llama import available_cores
from rag.models import (
    CATALOGUE,
    Model,
    Progress,
    Role,
    locate_encoder,
    locate_language_model,
    models_folder,
    verify_model,
)
from rag.models.files import format_bytes, ignore_progress
from rag.settings import Settings

DISTRIBUTION = "footnoted"
# Those with compiled parts, which can be installed and still not load; sentence_transformers goes before faiss, since
# on macOS both bring an OpenMP of their own.
COMPILED = {
    "sentence_transformers": "sentence-transformers",
    "torch": "torch",
    "faiss": "faiss-cpu",
    "llama_cpp": "llama-cpp-python",
    "sentencex": "sentencex",
    "Stemmer": "pystemmer",
}
CPU_FEATURES = {"x86_64": "AVX2", "AMD64": "AVX2", "aarch64": "NEON", "arm64": "NEON"}
# Beside a language model's weights: Python, the encoder, the model's state for 4,096 tokens.
OVERHEAD_BYTES = 1_000_000_000
SPARE_DISK_BYTES = 500_000_000
# Where what was found says itself what to do.
AGAIN = "Do that, and run this command again."


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; ``advice`` says what to do, unless it is well."""

    check: str
    state: State
    what: str
    advice: str | None = None


def find_all(settings: Settings, progress: Progress = ignore_progress) -> Iterator[Finding]:
    """Check Python, the packages, the weights that the settings name, the library and the machine."""
    yield from check_packages()
    yield from check_compiled_parts()
    shelf = Library.open(settings=settings.model_copy(update={"offline": True}))
    yield from check_library(shelf)
    yield from check_weights(settings, _encoder_name(shelf), progress)
    yield from check_machine(settings)


def check_packages() -> Iterator[Finding]:
    """Compare Python and the installed packages with what this project's metadata asks for."""
    try:
        metadata = importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        yield Finding("packages", State.PROBLEM, f"{DISTRIBUTION} is not installed.", "Run `pip install .` in it.")
        return
    python = platform.python_version()
    wanted = metadata["Requires-Python"]
    if SpecifierSet(wanted).contains(python, prereleases=True):
        yield Finding("python", State.OK, f"Python {python}")
    else:
        yield Finding("python", State.PROBLEM, f"Python {python}; {wanted} is needed.", "Install a newer Python.")
    requirements = [Requirement(line) for line in importlib.metadata.requires(DISTRIBUTION) or ()]
    needed = [item for item in requirements if item.marker is None or item.marker.evaluate({"extra": ""})]
    wrong = [finding for item in needed if (finding := _check_requirement(item))]
    yield from wrong or [Finding("packages", State.OK, f"{len(needed)} packages in the versions that are needed")]


def _check_requirement(requirement: Requirement) -> Finding | None:
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        what = f"{requirement.name} is not installed."
    else:
        if requirement.specifier.contains(version, prereleases=True):
            return None
        what = f"{requirement.name} {version} is installed; {requirement.specifier} is needed."
    advice = f"Run `pip install '{requirement.name}{requirement.specifier}'`."
    return Finding("packages", State.PROBLEM, what, advice)


def check_compiled_parts() -> Iterator[Finding]:
    """Load what is compiled in a process of its own, since a build for another processor ends the one it is in."""
    info = f"import {', '.join(COMPILED)}; print(llama_cpp.llama_print_system_info().decode())"
    done = _run_python(info)
    if done.returncode == 0:
        yield Finding("packages", State.OK, f"{', '.join(COMPILED)} load")
        yield _check_features(done.stdout)
    else:
        for name, package in COMPILED.items():
            done = _run_python(f"import {name}")
            if done.returncode != 0:
                yield _not_loading(name, package, done)
    try:
        with sqlite3.connect(":memory:") as connection:
            connection.execute("CREATE VIRTUAL TABLE terms USING fts5 (text)")
        connection.close()
    except sqlite3.Error as error:
        yield Finding("packages", State.PROBLEM, f"SQLite {sqlite3.sqlite_version}: {error}.", "Take another Python.")
    else:
        yield Finding("packages", State.OK, f"SQLite {sqlite3.sqlite_version} with FTS5")


def _run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this Python, and code from above
        [sys.executable, "-c", code], capture_output=True, text=True, errors="replace", check=False
    )


def _not_loading(name: str, package: str, done: subprocess.CompletedProcess[str]) -> Finding:
    if done.returncode == -signal.SIGILL:
        what = f"{name} is built for another processor: it uses instructions that this one lacks."
        advice = f"Build it here: `pip install --force-reinstall --no-binary {package} {package}`."
        return Finding("packages", State.PROBLEM, what, advice)
    reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    advice = f"Install it again: `pip install --force-reinstall {package}`."
    return Finding("packages", State.PROBLEM, f"{name} does not load ({reason}).", advice)


def _check_features(system_info: str) -> Finding:
    features = ", ".join(re.findall(r"(\w+) = 1\b", system_info))
    wanted = CPU_FEATURES.get(platform.machine())
    if wanted and f"{wanted} = 1" not in system_info:
        what = f"llama.cpp is built without {wanted} (it has {features or 'nothing of its kind'}), so answers are slow."
        return Finding("machine", State.WARNING, what, "Build llama-cpp-python from source on this machine.")
    return Finding("machine", State.OK, f"llama.cpp uses {features}")


def _encoder_name(shelf: Library) -> str:
    try:
        return shelf.encoder_name
    except LibraryError:  # told by its own check
        return shelf.settings.encoder_for_new


def check_library(shelf: Library) -> Iterator[Finding]:
    """Check that the library is there, whole, made with the encoder at hand, and its vector index of its state."""
    if not shelf.exists():
        what = f"There is no library in {shelf.folder}."
        advice = f"Make one with {command_line('rag index PATH', library=shelf.folder)}."
        yield Finding("library", State.WARNING, what, advice)
        return
    rebuild = f"Make it anew with {command_line('rag index --rebuild PATH', library=shelf.folder)}."
    try:
        problems = shelf.database.problems()
        if problems:
            yield from (Finding("library", State.PROBLEM, f"{shelf.folder}: {what}.", rebuild) for what in problems)
            return
        _, documents = shelf.database.list_documents(contains="", limit=0, offset=0)
        chunks = sum(shelf.database.chunk_counts().values())
    except LibraryError as error:
        yield Finding("library", State.PROBLEM, str(error), AGAIN)
        return
    yield Finding("library", State.OK, f"{shelf.folder} is whole: {documents} articles, {chunks} chunks")
    yield _check_encoder(shelf)
    yield _check_vectors(shelf)


def _check_encoder(shelf: Library) -> Finding:
    try:
        fingerprint = shelf.encoder.fingerprint
    except EncoderMismatch as error:
        return Finding("library", State.PROBLEM, str(error), AGAIN)
    except ModelUnavailable as error:
        return Finding("library", State.WARNING, f"Its encoder cannot be compared: {error}", "Fetch the encoder first.")
    except ModelError as error:
        return Finding("library", State.PROBLEM, str(error), "Name the library's encoder with --encoder.")
    return Finding("library", State.OK, f"made with the encoder at hand, {shelf.encoder_name} ({fingerprint[:12]})")


def _check_vectors(shelf: Library) -> Finding:
    path = shelf.folder / VECTORS_FILE
    try:
        state = "out of date" if FaissIndex.read(path, shelf.database.generation) is None else None
    except FileNotFoundError:
        state = "missing"
    except (VectorIndexDamaged, OSError) as error:
        state = f"damaged ({error})"
    if state is None:
        return Finding("library", State.OK, "the vector index is of the database's state")
    what = f"The vector index {path} is {state}."
    advice = "Nothing: the next search makes it again from the database."
    if shelf.read_only:
        advice = "Have someone search the library once who may write it: until then every command makes it again."
    return Finding("library", State.WARNING, what, advice)


def check_weights(settings: Settings, encoder: str, progress: Progress = ignore_progress) -> Iterator[Finding]:
    """Hash the weights of the language model and the encoder, and compare them with the catalogue."""
    for name, role in ((settings.llm, Role.LANGUAGE_MODEL), (encoder, Role.ENCODER)):
        model = next((model for model in CATALOGUE if (model.name, model.role) == (name, role)), None)
        yield _check_listed(model, settings, progress) if model else _check_unlisted(name, role, settings)


def _check_listed(model: Model, settings: Settings, progress: Progress) -> Finding:
    states = {verdict.state for verdict in verify_model(model.name, settings.models, progress)}
    command = command_line(f"rag models pull {model.name}", online=True, models=settings.models)
    pull = f"Run {command} ({format_bytes(model.size)})."
    if states == {"right"}:
        return Finding("weights", State.OK, f"{model.name} has the catalogue's SHA-256")
    if "wrong" in states:
        what = f"{model.name} has not the catalogue's SHA-256: its files are damaged or altered."
        return Finding("weights", State.PROBLEM, what, pull)
    state = State.PROBLEM if settings.offline else State.WARNING
    return Finding("weights", state, f"{model.name} is not, or not all, in {models_folder(settings.models)}.", pull)


def _check_unlisted(name: str, role: Role, settings: Settings) -> Finding:
    locate = locate_encoder if role is Role.ENCODER else locate_language_model
    try:
        located = locate(name, folder=settings.models, offline=True)
    except ModelUnavailable as error:
        advice = "Run the command that needs it once with a network, or take a model of `rag models list`."
        return Finding("weights", State.PROBLEM if settings.offline else State.WARNING, str(error), advice)
    except ModelError as error:
        return Finding("weights", State.PROBLEM, str(error), "Take a model of `rag models list`.")
    if located.verified:
        return Finding("weights", State.OK, f"{name} needs no weights")
    return Finding("weights", State.OK, f"{name} is there; it is not in the catalogue, so its bytes are not compared")


def check_machine(settings: Settings) -> Iterator[Finding]:
    """Compare memory and disk with what the language model needs."""
    size, missing = _model_bytes(settings)
    memory = psutil.virtual_memory()
    needed = size + OVERHEAD_BYTES
    has = f"{available_cores()} cores, {format_bytes(memory.total)} of memory, {format_bytes(memory.available)} free"
    smaller = "Close other programs, or name a smaller model with --llm."
    if memory.total < needed:
        what = f"{has}; {settings.llm} needs about {format_bytes(needed)}."
        yield Finding("machine", State.PROBLEM, what, "Name a smaller model with --llm.")
    elif memory.available < needed:
        yield Finding("machine", State.WARNING, f"{has}; {settings.llm} needs about {format_bytes(needed)}.", smaller)
    else:
        yield Finding("machine", State.OK, has)
    for folder, wanted in {_existing(models_folder(settings.models)): missing, _existing(settings.library): 0}.items():
        free = shutil.disk_usage(folder).free
        what = f"{format_bytes(free)} free on the disk of {folder}"
        if free < wanted + SPARE_DISK_BYTES:
            state = State.PROBLEM if free < wanted else State.WARNING
            what += f"; {format_bytes(wanted + SPARE_DISK_BYTES)} are needed"
            yield Finding("machine", state, f"{what}.", "Make room, or name other folders with --models and --library.")
        else:
            yield Finding("machine", State.OK, what)


def _model_bytes(settings: Settings) -> tuple[int, int]:
    """Return the size of the language model, and how much of it is still to be fetched; 0 where it is not known."""
    model = next((model for model in CATALOGUE if model.name == settings.llm), None)
    if model is None:
        try:
            path = locate_language_model(settings.llm, folder=settings.models, offline=True).path
        except ModelError:  # told by the check of the weights
            path = None
        return (path.stat().st_size if path else 0), 0
    home = models_folder(settings.models) / model.name
    return model.size, sum(file.size for file in model.files if not (home / file.name).is_file())


def _existing(folder: Path) -> Path:
    """Return the folder, or where it would be made."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
