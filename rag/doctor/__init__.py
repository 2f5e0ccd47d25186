"""What may be wrong with an installation, its weights, a library or the machine, and what to do about it."""

from collections.abc import Iterator

from rag.doctor.finding import Finding
from rag.doctor.library import check_library
from rag.doctor.machine import check_machine
from rag.doctor.packages import check_compiled_parts, check_packages
from rag.doctor.weights import check_weights
from rag.errors import LibraryError
from rag.library import Library
from rag.models.files import Progress, ignore_progress
from rag.settings import Settings


def find_all(settings: Settings, progress: Progress = ignore_progress) -> Iterator[Finding]:
    """Check Python, the packages, the weights that the settings name, the library and the machine."""
    yield from check_packages()
    yield from check_compiled_parts()
    shelf = Library.open(settings=settings.model_copy(update={"offline": True}))
    yield from check_library(shelf)
    yield from check_weights(settings, _encoder_name(shelf), progress)
    yield from check_machine(settings)


def _encoder_name(shelf: Library) -> str:
    try:
        return shelf.encoder_name
    except LibraryError:  # told by its own check
        return shelf.settings.encoder_for_new
