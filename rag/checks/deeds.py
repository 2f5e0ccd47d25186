"""Who does what: whether a sentence says of somebody what its articles say of somebody else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.attribute import Attribution
from rag.checks.capitals import CAPITALS
from rag.checks.clauses import BORDER
from rag.checks.dates import mask_dates
from rag.checks.names import is_demonym
from rag.datatypes import Document
from rag.sentences import split_sentences
from rag.terms import FUNCTION_WORDS, WORD, content_words, term

NAME = r"[A-Z][\w’-]*(?:\.[A-Z]\b\.?)*"
# Names in a row that begin a clause, and the verb that follows them at once, or after an auxiliary, an adverb or a day.
# In "the mayor of Lindau opened the port" no name acts.
DEED = re.compile(
    r"(?:^|[,;:(\"“]\s*|\b(?:that|and|but|because|when|while|whereas|if|as|[Tt]he)\s+)"
    rf"(?P<actor>{NAME}(?:(?:,|,?\s+and)?\s+{NAME})*)\s+(?:(?:on|in|has|had|have|also|later|then|\w+ly)\s+)*"
    r"(?P<verb>[a-z]{3,})\b(?=\s)"
)
# So many words after a verb tell what it is done to.
MOST_OBJECT = 3


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does what to whom or what, as terms; nobody acts where the one who does it has no name."""

    actor: frozenset[str]
    verb: str
    object: frozenset[str]


def has_other_actor(attribution: Attribution) -> bool:
    """Tell whether the sentence says of somebody what its articles say of others by name, and of nobody else.

    ``Japan condemned the agreement`` does where an article has ``Pyongyang condemned the agreement``. A capital is its
    country, and a short name is the full one.
    """
    documents = {source.document.id: source.document for source, _ in attribution.sources}.values()
    for deed in find_deeds(attribution.sentence.text):
        same = [
            other
            for document in documents
            for other in _deeds(document).get(deed.verb, ())
            if other.object & deed.object
        ]
        if deed.actor and same and not any(_may_be_one(deed.actor, other.actor) for other in same):
            return True
    return False


def find_deeds(sentence: str) -> Iterator[Deed]:
    """Yield what each verb of a sentence that stands behind a name is done by and to, and what each other verb is."""
    sentence = mask_dates(sentence)
    acted = {match.start("verb"): _actor(match["actor"]) for match in DEED.finditer(sentence)}
    for match in WORD.finditer(sentence):
        word = match.group()
        if word[0].islower() and word not in FUNCTION_WORDS:
            rest = BORDER.split(sentence[match.end() :], maxsplit=1)[0]
            yield Deed(acted.get(match.start(), frozenset()), term(word), frozenset(content_words(rest)[:MOST_OBJECT]))


@lru_cache(maxsize=64)
def _deeds(document: Document) -> dict[str, list[Deed]]:
    found: dict[str, list[Deed]] = {}
    for sentence in split_sentences(document.text, document.language):
        for deed in find_deeds(sentence.text):
            found.setdefault(deed.verb, []).append(deed)
    return found


def _actor(name: str) -> frozenset[str]:
    countries = (CAPITALS[capital] for capital in CAPITALS if capital in name)
    return frozenset(content_words(" ".join([name, *countries])))


def _may_be_one(actor: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two actors share a name; who has no name may be anybody."""
    return (
        not other
        or bool(actor & other)
        or any(is_demonym(one, two) or is_demonym(two, one) for one in actor for two in other)
    )
