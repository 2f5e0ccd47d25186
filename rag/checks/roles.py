"""Who did what to whom: whether the sentence swaps the actors of its sources."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.attribute import Attribution
from rag.checks.dates import mask_dates
from rag.checks.deeds import has_other_actor
from rag.terms import FUNCTION_WORDS, WORD, content_words, words

NAME = r"[A-Z][\w'’.-]*"
POSSESSIVE = re.compile(r"['’]s?$")
# Names in a row are one actor: "Washington, Seoul and Tokyo".
NAMES = re.compile(rf"{NAME}(?:(?:,|,?\s+and|,?\s+or)?\s+(?:of\s+|the\s+)?{NAME})*")
HE = re.compile(r"[Hh]e|[Ss]he|[Tt]hey|[Ii]t")
ACTORS = re.compile(rf"{NAMES.pattern}|\b(?:{HE.pattern})\b")
PASSIVE = re.compile(
    r"\b(?:is|are|was|were|been|being|be)\s+(?:\w+\s+){0,2}?(\w+(?:ed|en|wn|ght|ld|de|t|id))\b.{0,60}?\bby\b"
)


def check_roles(attribution: Attribution) -> bool | None:
    """Tell whether who acts in the sentence is who acts in its sources, or in the titles of their articles.

    ``China objected to Japan's plan`` fails where ``Japan objected to China's plan`` is the source; the passive
    (``was criticised by``) turns the two round. Where the source says ``he``, it is still told whom he acts upon. It
    fails too where an article says the very thing of somebody else.
    """
    if has_other_actor(attribution):
        return False
    known = [
        action
        for source, _ in attribution.sources
        for text in (source.sentence.text, source.document.title)
        for action in find_actions(text)
    ]
    compared = []
    for actor, verb, other in find_actions(attribution.sentence.text):
        for source_actor, source_verb, source_other in known:
            if verb & source_verb:
                if actor & source_actor:
                    compared.append(True)
                elif actor & source_other and (other & source_actor or not source_actor):
                    compared.append(False)
    return any(compared) if compared else None


def find_actions(sentence: str) -> Iterator[tuple[frozenset[str], frozenset[str], frozenset[str]]]:
    """Yield who acts, the words between, and upon whom, as stems, of each two names that follow one another.

    What belongs to somebody (``Japan's plan``) does not act in their name. Who is only called ``he`` or ``it`` has no
    stems.
    """
    sentence = mask_dates(sentence)
    names = [
        match for match in ACTORS.finditer(sentence) if content_words(match.group()) or HE.fullmatch(match.group())
    ]
    for first, second in pairwise(names):
        between = sentence[first.end() : second.start()]
        verbs = frozenset(_verbs(between))
        if not verbs or ";" in between or POSSESSIVE.search(first.group()) or HE.fullmatch(second.group()):
            continue
        pair = frozenset(content_words(first.group())), frozenset(content_words(second.group()))
        actor, other = reversed(pair) if PASSIVE.search(f"{between} ") else pair
        yield actor, verbs, other


def _verbs(between: str) -> Sequence[str]:
    lower = [word for word in WORD.findall(between) if word[0].islower() and word not in FUNCTION_WORDS]
    return [stem for word in lower for stem in words(word)]
