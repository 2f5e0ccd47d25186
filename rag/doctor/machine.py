"""Whether the machine has the memory and the disk that a language model needs."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from rag.doctor.finding import Finding, State
from rag.errors import ModelError
from rag.llama import available_cores
from rag.models import CATALOGUE, locate_language_model, models_folder
from rag.models.files import format_bytes
from rag.settings import Settings

# Beside a language model's weights: Python, the encoder, the model's state for 4,096 tokens.
OVERHEAD_BYTES = 1_000_000_000
SPARE_DISK_BYTES = 500_000_000


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
