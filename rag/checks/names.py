"""Whether the sources know the sentence's names, in any of their forms."""

import re

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
    full or the other way round, and what a country's people are called (``Japanese``, ``Dutch``) are known too. The
    sentence's first word is left to the other checks: any word has a capital there.
    """
    sentence = INITIALS.sub(lambda match: match.group().replace(".", ""), mask_dates(attribution.sentence.text))
    named = [
        match.group()
        for match in NAME.finditer(sentence)
        if match.group().isupper() or match.group().lower() not in FUNCTION_WORDS
    ]
    if not named:
        return None
    texts = [text for source, _ in attribution.sources for text in (with_its_subject(source), source.document.title)]
    said = {
        word.lower()
        for text in texts
        for word in WORD.findall(INITIALS.sub(lambda match: match.group().replace(".", ""), text))
    }
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
        or any(is_demonym(name.lower(), word) or is_demonym(word, name.lower()) for word in said)
        for name in named
    )


def is_demonym(people: str, country: str) -> bool:
    """Tell whether a lower-case word is what a country's people are called: ``japanese`` of ``japan``."""
    if country in DEMONYMS.get(people, ()):
        return True
    stem = country[:-1] if country[-1:] in "aeoy" else country
    return len(stem) >= LEAST_COMMON and any(people == stem + ending for ending in ENDINGS)


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split() if word[0].isupper())
