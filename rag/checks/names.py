"""Whether the sources know the sentence's names, in any of their forms."""

import re
from collections.abc import Sequence, Set

from rag.attribute import Attribution
from rag.checks.clauses import with_its_subject
from rag.checks.dates import mask_dates
from rag.terms import FUNCTION_WORDS, WORD, words

NAME = re.compile(r"(?<![.!?:]\s)(?<!^)(?<![\"“'‘(])\b[A-Z][\w'’-]*(?:\.[A-Z])*")
ACRONYM = re.compile(r"[A-Z]{2,6}")
INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}")
CAPITALISED = re.compile(r"\b(?:[A-Z][\w'’-]+(?:\s+(?:of|the|for|and|de)\s+|\s+)?){2,}")
# What people of a country are called, where it is not the country's name with an ending.
DEMONYMS = {
    "british": {"uk", "britain", "kingdom"}, "dutch": {"netherlands", "holland"}, "french": {"france"},
    "greek": {"greece"}, "swiss": {"switzerland"}, "danish": {"denmark"}, "spanish": {"spain"},
    "irish": {"ireland"}, "welsh": {"wales"}, "scottish": {"scotland"}, "polish": {"poland"},
    "turkish": {"turkey", "turkiye"}, "american": {"us", "america", "states"}, "finnish": {"finland"},
    "thai": {"thailand"}, "filipino": {"philippines"}, "swedish": {"sweden"}, "german": {"germany"},
}  # fmt: skip
ENDINGS = ("ese", "ian", "ean", "an", "ish", "i", "n")
LEAST_COMMON = 4
# Two names that differ in such a word alone are two places: "South Korea" is not known from "North Korea".
TOLD_APART = re.compile(r"\b(?:North|South|East|West|Northern|Southern|Eastern|Western|New|Upper|Lower)\s+[A-Z]\w+")


def check_names(attribution: Attribution) -> bool | None:
    """Tell whether every capitalised word inside the sentence is known from its sources.

    Short forms (``Kim`` of ``Kim Jong Un``), initials (``U.S.`` and ``US``), acronyms of names that the sources have in
    full or the other way round, and what a country's people are called (``Japanese``, ``Dutch``) are known too.
    """
    named = find_names(attribution.sentence.text, attribution)
    return knows_names(named, attribution) if named else None


def knows_names(named: Sequence[str], attribution: Attribution) -> bool:
    """Tell whether the sources of a sentence know its names, those that are given."""
    sentence = _plain(attribution.sentence.text)
    texts = [text for source, _ in attribution.sources for text in (with_its_subject(source), source.document.title)]
    said = {word.lower() for text in texts for word in WORD.findall(_plain(text))}
    acronyms = {_initials(match.group()).lower() for text in texts for match in CAPITALISED.finditer(text)}
    in_full = [match.group() for match in CAPITALISED.finditer(sentence) if _initials(match.group()).lower() in said]
    whole = " ".join(" ".join(texts).split())
    whole += " ".join(in_full)
    if any(" ".join(match.group().split()) not in whole for match in TOLD_APART.finditer(sentence)):
        return False
    known = attribution.known | set(words(" ".join(in_full))) | {stem for word in said for stem in words(word)}
    return all(
        (ACRONYM.fullmatch(name) and name.lower() in acronyms)
        or all(stem in known for stem in words(name))
        or _is_country_or_people(name.lower(), said)
        for name in named
    )


def find_names(sentence: str, attribution: Attribution) -> list[str]:
    """Return the capitalised words of a sentence; its first word only where an article has it as a name.

    An article has a word as a name where it stands capitalised inside a sentence.
    """
    plain = _plain(sentence)
    named = [match.group() for match in NAME.finditer(plain) if _is_telling(match.group())]
    first = WORD.match(plain)
    if first and first.group()[0].isupper() and _is_telling(first.group()):
        inside = re.compile(rf"[a-z,] {re.escape(first.group())}\b")
        if any(inside.search(source.document.text) for source, _ in attribution.sources):
            named.append(first.group())
    return named


def is_demonym(people: str, country: str) -> bool:
    """Tell whether a lower-case word is what a country's people are called: ``japanese`` of ``japan``."""
    if country in DEMONYMS.get(people, ()):
        return True
    stem = country[:-1] if country[-1:] in "aeoy" else country
    return len(stem) >= LEAST_COMMON and any(people == stem + ending for ending in ENDINGS)


def is_known(name: str, known: Set[str]) -> bool:
    """Tell whether all terms of a lower-case name are among the known ones, or a country or its people is."""
    return set(words(name)) <= known or _is_country_or_people(name, known)


def _is_country_or_people(name: str, known: Set[str]) -> bool:
    """Tell whether a lower-case name is of the people of a country that is known, or of the country of a people."""
    return any(is_demonym(name, word) or is_demonym(word, name) for word in known)


def _plain(text: str) -> str:
    """Return a text without its dates, and with ``U.S.`` as ``US``."""
    return INITIALS.sub(lambda match: match.group().replace(".", ""), mask_dates(text))


def _is_telling(name: str) -> bool:
    return name.isupper() or name.lower() not in FUNCTION_WORDS


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split() if word[0].isupper())
