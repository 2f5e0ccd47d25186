"""The language that a text is written in, where nothing declares it."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rag.datatypes import Document

CODE = re.compile(r"[a-z]{2,3}(?![a-z])")
ENOUGH = 4000  # characters that decide
LEAST_LETTERS = 20
LEAST_PROBABILITY = 0.7


def language_code(declared: str) -> str | None:
    """Return the code in a declaration, ``en`` of ``en-GB``; None where it is none, as in ``English``."""
    code = CODE.match(declared.strip().lower())
    return code[0] if code else None


def detect_language(text: str) -> str | None:
    """Return the code of ISO 639 of a text's language (``en``), None where it is too short or mixed to tell."""
    beginning = text[:ENOUGH]
    if sum(map(str.isalpha, beginning)) < LEAST_LETTERS:
        return None
    language, probability = _identifier().classify(beginning)
    return str(language) if probability >= LEAST_PROBABILITY else None


def language_name(code: str) -> str:
    """Return the English name of a language (``German`` for ``de``), the code itself where it has none."""
    from babel import Locale

    return str(Locale("en").languages.get(code, code))


def other_languages(documents: Iterable[Document]) -> Counter[str]:
    """Count the documents of each language but English; those whose language is not known are left out."""
    return Counter(document.language for document in documents if document.language and document.language != "en")


@lru_cache(maxsize=1)
def _identifier() -> Any:
    # Imported here: its model takes half a second to unpack.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
