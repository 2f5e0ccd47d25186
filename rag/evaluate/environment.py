"""What a run's figures depend on besides its data: code, prompts, weights, packages, machine."""

import hashlib
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

import embeddings
from rag.models import find_model, locate_language_model
from rag.models.files import hash_file, ignore_progress
from rag.prompt import BUILT_IN
from rag.settings import Settings

PACKAGES = (
    "faiss-cpu",
    "footnoted",
    "llama-cpp-python",
    "numpy",
    "pystemmer",
    "scipy",
    "sentence-transformers",
    "sentencex",
    "torch",
    "transformers",
)
# What shows, serves or scores answers does not change them.
NOT_AT_WORK = {"cli", "evaluate", "saved", "server"}
# These say where things are and how fast they go, not what is answered.
PLACES = {"library", "models", "offline", "prompts", "threads"}
TO_ANSWER = tuple(name for name in Settings.model_fields if name not in PLACES)
TO_FIND = ("encoder", "reranker", "chunk_tokens", "candidates", "hits")


def code_fingerprint() -> str:
    """Return a digest of the code that finds, answers and verifies."""
    package = Path(__file__).parents[1]
    files = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in NOT_AT_WORK]
    files += Path(embeddings.__file__).parent.rglob("*.py")
    return digest_files(sorted(files))


def prompt_fingerprints(folder: Path | None) -> dict[str, str]:
    """Return a digest of each template that would be used, by its name."""
    folders = [folder] if folder else []
    found = {path.stem: path for place in reversed([*folders, *BUILT_IN]) for path in sorted(place.glob("*.jinja"))}
    return {name: digest_files([path]) for name, path in sorted(found.items())}


def model_fingerprint(settings: Settings) -> str:
    """Return the SHA-256 of the language model's file: the catalogue's, or that of a file the user named."""
    located = locate_language_model(settings.llm, folder=settings.models, offline=settings.offline)
    if located.verified:
        return next(file.sha256 for file in find_model(located.name).files if file.name.endswith(".gguf"))
    assert located.path is not None  # only an encoder can do without weights
    return hash_file(located.path, ignore_progress)


def digest_data(path: Path) -> str:
    """Return a digest of evaluation data, a file or a BEIR folder."""
    if path.is_dir():
        return digest_files(sorted(file for file in path.rglob("*") if file.suffix in {".jsonl", ".tsv"}))
    return digest_files([path])


def digest_files(paths: Sequence[Path]) -> str:
    """Return a short digest of the content of files, in this order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def plain_settings(settings: Settings, names: Sequence[str]) -> dict[str, Any]:
    """Return settings as plain values; of a file or folder only its name, as its place is that of one machine."""
    plain = settings.model_dump(mode="json", include=set(names))
    return {name: _without_place(value) if isinstance(value, str) else value for name, value in plain.items()}


def _without_place(name: str) -> str:
    return Path(name).name if Path(name).exists() else name


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that change figures, as far as they are installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def describe_machine() -> dict[str, Any]:
    """Return what seconds depend on."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
    }
