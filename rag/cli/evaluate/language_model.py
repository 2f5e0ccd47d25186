"""The language model that a command of ``rag eval`` asks."""

from rag.assistant import Assistant
from rag.cli.weights import fetch_language_model
from rag.evaluate.cache import CachedGenerator
from rag.evaluate.corpus import cache_folder
from rag.evaluate.environment import model_fingerprint
from rag.generate import Generator
from rag.library import Library
from rag.settings import Settings


def fetch_model(settings: Settings) -> str:
    """Return the fingerprint of the language model that the settings name, fetched if it is missing."""
    fetch_language_model(settings)
    return model_fingerprint(settings)


def open_model(library: Library, settings: Settings, no_cache: bool) -> Generator:
    """Return the language model that the settings name, which says again what it said to the same messages."""
    generator = Assistant(library, settings=settings).generator
    if no_cache:
        return generator
    return CachedGenerator(generator, model_fingerprint(settings), cache_folder() / "answers" / "replies.sqlite")
