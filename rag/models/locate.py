"""From what a user wrote to weights on this disk: a catalogue's name, a path, or a name on the Hugging Face Hub."""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.errors import ModelUnavailable, UnknownModel
from rag.models import catalogue
from rag.models.catalogue import Role, suggest_names
from rag.models.files import Progress, ignore_progress
from rag.models.store import locked, models_folder, pull_model

_REPOSITORY = r"[\w-][\w.-]*/[\w-][\w.-]*"
_HUB_FILE = re.compile(rf"hf:({_REPOSITORY})/(.+\.gguf)", re.IGNORECASE)
_HUB_FOLDER = re.compile(rf"(?:hf:)?({_REPOSITORY}|[\w-][\w.-]*)")
_HASHING = re.compile(r"hashing(-[1-9]\d*)?")
_HASHING_LIKE = re.compile(r"hashing(-.*)?")
# What sentence-transformers can do without: the same weights for other runtimes, and pictures.
_NOT_READ = {".onnx", ".h5", ".msgpack", ".ot", ".gguf", ".mlmodel", ".xml", ".png", ".jpg", ".pdf"}


@dataclass(frozen=True, slots=True)
class Located:
    """Weights that can be loaded; ``path`` is None for an encoder that has none.

    ``verified`` says that the bytes are those that the catalogue names.
    """

    name: str
    path: Path | None
    verified: bool


def locate_language_model(
    name: str, *, folder: Path | None = None, offline: bool = False, progress: Progress = ignore_progress
) -> Located:
    """Find, and fetch if need be, the GGUF file that is meant by a name.

    ``name`` is a catalogue's name, the path of a file, or ``hf:owner/repository/file.gguf``. Raises UnknownModel,
    ModelUnavailable or ChecksumMismatch.
    """
    if _in_catalogue(name, Role.LANGUAGE_MODEL):
        return Located(name, pull_model(name, folder=folder, offline=offline, progress=progress), verified=True)
    path = _existing_path(name)
    if path:
        if path.is_dir():
            raise UnknownModel(f"'{name}' is a folder; for a language model name the GGUF file in it.")
        return Located(name, path, verified=False)
    match = _HUB_FILE.fullmatch(name)
    if not match or ".." in PurePosixPath(match[2]).parts:
        raise UnknownModel(
            f"'{name}' is neither in the catalogue nor a file.{suggest_names(name, Role.LANGUAGE_MODEL)} Write a name "
            "from `rag models list`, the path of a GGUF file, or hf:owner/repository/file.gguf."
        )
    repository, file = match.groups()

    def choose(names: Sequence[str]) -> list[str]:
        if file in names:
            return [file]
        there = ", ".join(name for name in names if name.endswith(".gguf")) or "none"
        raise UnknownModel(f"{repository} has no file {file}; its GGUF files: {there}.")

    target = models_folder(folder) / "hub" / "files" / repository / file
    _pull_unlisted(name, repository, choose, target, lambda fetched: fetched / file, offline, progress)
    return Located(name, target, verified=False)


def locate_encoder(
    name: str, *, folder: Path | None = None, offline: bool = False, progress: Progress = ignore_progress
) -> Located:
    """Find, and fetch if need be, the sentence-transformers folder that is meant by a name.

    ``name`` is a catalogue's name, the path of a folder, a sentence-transformers name on the Hub (``hf:`` may stand
    before it), or ``hashing`` or ``hashing-N``, which need no weights. Raises UnknownModel, ModelUnavailable or
    ChecksumMismatch.
    """
    if _HASHING_LIKE.fullmatch(name):
        if not _HASHING.fullmatch(name):
            raise UnknownModel(f"'{name}': write hashing, or hashing-N with the number of dimensions, as hashing-256.")
        return Located(name, None, verified=True)
    return _locate_folder(name, Role.ENCODER, "sentence-transformers", folder, offline, progress)


def locate_reranker(
    name: str, *, folder: Path | None = None, offline: bool = False, progress: Progress = ignore_progress
) -> Located:
    """Find, and fetch if need be, the folder of a sentence-transformers ``CrossEncoder`` that is meant by a name.

    ``name`` is the path of a folder or a name on the Hub (``hf:`` may stand before it); one without an owner is one of
    ``cross-encoder``'s. Raises UnknownModel, ModelUnavailable or ChecksumMismatch.
    """
    return _locate_folder(name, Role.RERANKER, "cross-encoder", folder, offline, progress)


def locate_verifier(
    name: str, *, folder: Path | None = None, offline: bool = False, progress: Progress = ignore_progress
) -> Located:
    """Find, and fetch if need be, the folder of a ``CrossEncoder`` for entailment, by a name as a reranker's."""
    return _locate_folder(name, Role.VERIFIER, "cross-encoder", folder, offline, progress)


def _locate_folder(
    name: str, role: Role, owner: str, folder: Path | None, offline: bool, progress: Progress
) -> Located:
    """Find a model that is a folder; ``owner`` is whose it is on the Hub where the name does not say."""
    if _in_catalogue(name, role):
        return Located(name, pull_model(name, folder=folder, offline=offline, progress=progress), verified=True)
    path = _existing_path(name)
    if path:
        if not path.is_dir():
            raise UnknownModel(f"'{name}' is a file; for the {role} name the sentence-transformers folder.")
        return Located(name, path, verified=False)
    match = _HUB_FOLDER.fullmatch(name)
    if not match:
        raise UnknownModel(
            f"'{name}' is neither in the catalogue nor a folder.{suggest_names(name, role)} Write a name from "
            "`rag models list`, the path of a sentence-transformers folder, or its name on the Hugging Face Hub."
        )
    repository = match[1] if "/" in match[1] else f"{owner}/{match[1]}"
    target = models_folder(folder) / "hub" / f"{role}s" / repository
    _pull_unlisted(name, repository, _choose_files, target, lambda fetched: fetched, offline, progress)
    return Located(name, target, verified=False)


def _in_catalogue(name: str, role: Role) -> bool:
    model = next((model for model in catalogue.CATALOGUE if model.name == name), None)
    if model and model.role is not role:
        names = ", ".join(model.name for model in catalogue.CATALOGUE if model.role is role)
        instead = f"for that: {names}" if names else "name a folder or a model on the Hugging Face Hub"
        raise UnknownModel(f"'{name}' is a model for the role of {model.role}, not of {role}; {instead}.")
    return model is not None


def _existing_path(name: str) -> Path | None:
    try:
        path = Path(name).expanduser()
        return path if name and path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, ~ of an unknown user, a NUL: no path at all
        return None


def _choose_files(names: Sequence[str]) -> list[str]:
    """Leave out what is there for other runtimes, and a pickle where the same folder has the safetensors."""
    safe = {str(PurePosixPath(name).parent) for name in names if name.endswith(".safetensors")}
    return [
        name
        for name in names
        if PurePosixPath(name).suffix not in _NOT_READ
        and not name.startswith(("onnx/", "openvino/"))
        and not (name.endswith(".bin") and str(PurePosixPath(name).parent) in safe)
    ]


def _pull_unlisted(
    name: str,
    repository: str,
    choose: Callable[[Sequence[str]], Sequence[str]],
    target: Path,
    pick: Callable[[Path], Path],
    offline: bool,
    progress: Progress,
) -> None:
    # What was fetched once stays what it is: no later run asks the Hub, nor finds other vectors under the same name.
    if target.exists():
        return
    if offline:
        raise _not_here(name, repository, "offline it is not asked")
    # Imported here because the Hub's client costs 0.2 s, which a command that has its weights need not pay.
    from rag.models.hub import fetch_unlisted

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target, progress):
            if not target.exists():
                partial = target.with_name(f"{target.name}.partial")
                partial.mkdir(exist_ok=True)
                pick(fetch_unlisted(repository, choose, partial, progress)).replace(target)
                shutil.rmtree(partial)
    except ModelUnavailable as error:
        raise _not_here(name, repository, str(error)) from error
    except OSError as error:
        raise ModelUnavailable(
            f"{name} cannot be kept in {target.parent}: {error.strerror or error}. Name another folder with --models "
            "or RAG_MODELS."
        ) from error


def _not_here(name: str, repository: str, reason: str) -> UnknownModel | ModelUnavailable:
    # Who writes an owner means the Hub; a bare name is more likely misspelt.
    kind = ModelUnavailable if "/" in name else UnknownModel
    return kind(
        f"'{name}' is neither in the catalogue nor on this disk, and the Hugging Face Hub does not give {repository}: "
        f"{reason.rstrip('.')}.{suggest_names(name)} See `rag models list` for what is known."
    )
