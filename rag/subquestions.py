"""The questions that a question joins: each is searched for by itself, since no passage may speak of both."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from rag.conversation import CAPITALISED, standalone_question
from rag.datatypes import Hit, Turn
from rag.terms import content_words

ASKING = r"(?:(?:at|by|for|from|in|of|on|to|with)\s+)?(?:who|whom|whose|what|when|where|which|why|how)\b"
ASKS = re.compile(ASKING, re.IGNORECASE)
# "…, and what was to blame?"
FURTHER = re.compile(rf",?\s+and\s+(?={ASKING})", re.IGNORECASE)
# "What did China and North Korea each object to?"
_SUBJECT = rf"(?:the\s+)?{CAPITALISED}(?:\s+{CAPITALISED})*"
EACH = re.compile(
    rf"(?P<before>.*?)\b(?:both\s+)?(?P<one>{_SUBJECT})\s+and\s+(?P<other>{_SUBJECT})\s+(?:each|both)\s+(?P<after>.+)"
)
# "When and where was he born?" is one question: its first part says nothing alone.
LEAST_WORDS = 2


def split_question(question: str) -> list[str]:
    """Return the questions that a question joins, each so that it can be understood alone; itself where it is one.

    ``Who discovered the wreck, and when?`` becomes ``Who discovered the wreck?`` and ``When? (discovered the wreck)``.
    These are rules for English.
    """
    if each := EACH.fullmatch(question.strip()):
        return [f"{each['before']}{subject} {each['after']}" for subject in (each["one"], each["other"])]
    first, *rest = FURTHER.split(question.strip())
    if not rest or not ASKS.match(first) or len(content_words(first)) < LEAST_WORDS:
        return [question]
    history = [Turn(f"{first}?", "")]
    parts = [f"{part[:1].upper()}{part[1:].rstrip('?')}?" for part in rest]
    return [f"{first}?", *(standalone_question(part, history) for part in parts)]


def interleave(searches: Iterable[Sequence[Hit]]) -> tuple[Hit, ...]:
    """Join what several searches found: the first of each, the second of each, and so on, each chunk once."""
    hits = (hit for hit in chain.from_iterable(zip_longest(*searches)) if hit is not None)
    return tuple({hit.chunk.id: hit for hit in reversed(list(hits))}.values())[::-1]
