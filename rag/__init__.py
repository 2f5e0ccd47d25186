"""Ask your articles; every sentence of the answer carries a footnote that opens at the words it rests on."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.conditions import Condition
    from rag.datatypes import Answer, Citation, Document, Hit
    from rag.errors import RagError
    from rag.library import Library
    from rag.settings import Settings

__all__ = ["Answer", "Assistant", "Citation", "Condition", "Document", "Hit", "Library", "RagError", "Settings"]

_HOMES = {
    "Answer": "rag.datatypes",
    "Assistant": "rag.assistant",
    "Citation": "rag.datatypes",
    "Condition": "rag.conditions",
    "Document": "rag.datatypes",
    "Hit": "rag.datatypes",
    "Library": "rag.library",
    "RagError": "rag.errors",
    "Settings": "rag.settings",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for, so that ``import rag`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
