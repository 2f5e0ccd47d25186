"""Clauses, roughly: what stands between commas, and before and after the words that open a clause."""

import itertools
import re
from collections.abc import Iterator, Sequence

from rag.attribute import Attribution, words_borne
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.terms import content_words, words

BORDER = re.compile(
    r"[,;:](?=\s|$)(?!\s*\d)\s*|\s*[—()“”\"]\s*|\s+–\s+|\s+(?=(?:and|but|or|that|which|who|whom|whose|because|although|though|while|when|if|where"
    r"|after|before|since|until|unless|saying|adding)\b)",
    re.IGNORECASE,
)

# Two clauses that share fewer words than this are about different things.
LEAST_SHARED = 0.5
# A source is clearly closer where it has this share more of a clause's words.
CLEARLY = 0.2
FIGURES = re.compile(r"\d[\d.,]*")
PRONOUN = re.compile(r"[\"“‘(]?(?:He|She|It|They|His|Her|Its|Their|This|These|That|Those)\b")
# "The automaker said" too speaks of what was named before.
LEANING = re.compile(rf"{PRONOUN.pattern}|The\s+[a-z]+\s+(?:also|has|have|had|is|was|were|will|can|said|says)\b")


def split_clauses(sentence: str) -> list[str]:
    """Cut a sentence into its clauses; what has no content word stays with the clause before."""
    clauses: list[str] = []
    for piece in BORDER.split(sentence):
        if not piece:
            continue
        if clauses and not content_words(piece):
            clauses[-1] += f" {piece}"
        else:
            clauses.append(piece)
    return clauses


def closest_clause(clause: str, sentences: list[str]) -> tuple[str, float]:
    """Return the clause of some sentences that shares most content words with a clause, and their share of its words.

    Of clauses that share as many, the shorter is closer. Empty with share 0 where none shares any.
    """
    said = set(content_words(clause))
    best, best_key = "", (0, 0)
    for sentence in sentences:
        for other in split_clauses(sentence):
            has = content_words(other)
            key = (len(said & set(has)), -len(has))
            if key[0] and key > best_key:
                best, best_key = other, key
    return best, best_key[0] / len(said) if said else 0.0


def paired_clauses(attribution: Attribution) -> Iterator[tuple[str, str]]:
    """Yield each clause of a sentence with the closest of its sources, where the two are about the same."""
    sources = [source.sentence.text for source, _ in attribution.sources]
    for clause in split_clauses(attribution.sentence.text):
        other, share = closest_clause(clause, sources)
        if share >= LEAST_SHARED:
            yield clause, other


def has_rival(shares: Sequence[tuple[float, bool, bool]]) -> bool:
    """Tell whether a source that is clearly closer to a clause says otherwise than all that bear it.

    Each source is given by the share of the clause's words that it has, whether it bears what is looked for, and
    whether it says something else in its place.
    """
    bearing = max((share for share, bears, _ in shares if bears), default=0.0)
    return any(share >= bearing + CLEARLY and otherwise for share, bears, otherwise in shares if not bears)


def share_of_words(claim: str, source: str) -> float:
    """Return which share of a claim's content words a source has."""
    said = set(content_words(claim))
    return len(said & set(content_words(source))) / len(said) if said else 0.0


def with_its_subject(source: Evidence) -> str:
    """Return a source sentence; one whose subject was named before it has the sentence in front that may name it.

    That is the last one before it which does not lean on another itself.
    """
    if not LEANING.match(source.sentence.text):
        return source.sentence.text
    before = split_sentences(source.document.text[: source.sentence.start].rsplit("\n\n", 2)[-1]) or split_sentences(
        source.document.text[: source.sentence.start]
    )
    naming = (sentence.text for sentence in reversed(before) if not LEANING.match(sentence.text))
    return " ".join([*itertools.islice(naming, 1), source.sentence.text])


def words_in_place(source: Evidence) -> frozenset[str]:
    """Return the words of a source sentence where it stands: with its title, and what it leans on."""
    return words_borne(source).union(words(with_its_subject(source)), words(source.document.title))
