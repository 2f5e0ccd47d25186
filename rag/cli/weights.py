"""What a command needs before it begins: weights, fetched with their progress, and the library that it reads."""

import typer

from rag.cli.progress import show_fetching
from rag.library import Library
from rag.models import Located, locate_encoder, locate_language_model
from rag.settings import Settings


def open_library(settings: Settings) -> Library:
    """Open the library that the settings name, to read it; a missing one is told before weights are fetched for it."""
    shelf = Library.open(settings=settings)
    shelf.database  # noqa: B018 - raises LibraryNotFound
    fetch_encoder(shelf.encoder_name, settings)
    return shelf


def fetch_encoder(name: str, settings: Settings) -> None:
    """Bring an encoder here, with its progress, before anything waits for it."""
    with show_fetching() as progress:
        located = locate_encoder(name, folder=settings.models, offline=settings.offline, progress=progress)
    _tell_unverified(located)


def fetch_language_model(settings: Settings) -> None:
    """Bring the language model here, with its progress, before a question waits for it."""
    with show_fetching() as progress:
        located = locate_language_model(
            settings.llm, folder=settings.models, offline=settings.offline, progress=progress
        )
    _tell_unverified(located)


def _tell_unverified(located: Located) -> None:
    """Say on stderr where weights are used that the catalogue does not vouch for."""
    if not located.verified:
        typer.echo(f"Using {located.path}: not in the catalogue, so its bytes are not verified.", err=True)
