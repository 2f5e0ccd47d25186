"""Weights from the Hugging Face Hub; a Hub that does not answer is noticed within three seconds."""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from huggingface_hub import HfApi, constants, get_session, hf_hub_url, is_offline_mode
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers, httpx  # type: ignore[attr-defined]  # exported lazily

from rag.errors import ModelUnavailable, UnknownModel
from rag.models.catalogue import HubRepository, Model, WeightFile
from rag.models.files import Progress, count_from, open_partial, require_space

_SECONDS_TO_ANSWER = 2.5  # what is left of three is for imports


def fetch_from_hub(model: Model, files: Sequence[WeightFile], partial: Path, progress: Progress) -> None:
    """Bring files of a model into the folder ``partial``, going on behind what is there.

    Raises ModelUnavailable where the Hub does not answer, is not to be asked, or does not have them.
    """
    _require_hub()
    _download(model.hub, {file.name: file.size for file in files}, partial, progress)


def fetch_unlisted(
    repository: str, choose: Callable[[Sequence[str]], Sequence[str]], partial: Path, progress: Progress
) -> Path:
    """Bring the files that ``choose`` picks, by name, of any repository; return the folder that they are in.

    Nothing is verified. Raises UnknownModel where there is no such repository, ModelUnavailable as above.
    """
    _require_hub()
    try:
        info = HfApi().model_info(repository, files_metadata=True)
    except RepositoryNotFoundError as error:
        raise UnknownModel(f"The Hugging Face Hub has no model '{repository}' that you may read.") from error
    except (httpx.HTTPError, OSError) as error:
        raise ModelUnavailable(_first_line(error)) from error
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    chosen = {name: sizes[name] for name in choose(sorted(sizes)) if ".." not in PurePosixPath(name).parts}
    # One folder a commit, so that what was cut off is never continued with another commit's bytes.
    folder = partial / (info.sha or "main")
    folder.mkdir(parents=True, exist_ok=True)
    require_space(folder, sum(chosen.values()), repository)
    _download(HubRepository(repository, info.sha or "main"), chosen, folder, progress)
    return folder


def _require_hub() -> None:
    problem = _hub_problem()
    if problem:
        raise ModelUnavailable(problem)


def _hub_problem() -> str | None:
    # The client, left to itself, retries for over 20 seconds, and a name server that does not answer cannot be
    # interrupted at all: so one request, in a thread that is waited for only so long.
    if is_offline_mode():
        return "HF_HUB_OFFLINE is set"
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            get_session().head(constants.ENDPOINT, timeout=_SECONDS_TO_ANSWER, follow_redirects=False)
        # InvalidURL, ImportError and ValueError: an endpoint or a proxy that is not well written.
        except (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError, ValueError) as error:
            answers.put(f"cannot be reached ({_first_line(error)})")
        else:
            answers.put(None)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=_SECONDS_TO_ANSWER)
    except queue.Empty:
        return f"no answer within {_SECONDS_TO_ANSWER} seconds"


def _download(repository: HubRepository, sizes: Mapping[str, int], folder: Path, progress: Progress) -> None:
    total, before = sum(sizes.values()), 0
    for name, size in sizes.items():
        activity = f"{repository.id}: {name}, from the Hugging Face Hub"
        report = count_from(before, total, activity, progress)
        with open_partial(folder / name) as file:
            if file.tell() > size:
                file.truncate(0)
            report(file.tell())
            if file.tell() < size:
                _append(hf_hub_url(repository.id, name, revision=repository.revision), file, report)
        before += size


def _append(url: str, file: BinaryIO, report: Callable[[int], None]) -> None:
    try:
        # Not hf_hub_download: it begins a file that was cut off at its first byte again.
        http_get(url, file, resume_size=file.tell(), headers=build_hf_headers(), tqdm_class=_bar(report))
    except (httpx.HTTPError, OSError) as error:
        raise ModelUnavailable(_first_line(error)) from error


def _bar(report: Callable[[int], None]) -> type[Any]:
    class Bar:
        """Stands where the client wants a tqdm bar, and tells ``report`` the bytes of the file so far."""

        def __init__(self, *, initial: int = 0, **_: object) -> None:
            self.done = initial

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            self.done += count
            report(self.done)

    return Bar


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
