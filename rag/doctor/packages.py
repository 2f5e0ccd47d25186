"""Whether Python and the packages are those that are needed, and what is compiled fits the processor."""

import importlib.metadata
import platform
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from rag.doctor.finding import Finding, State

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
