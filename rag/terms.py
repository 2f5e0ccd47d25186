"""Words as they are compared: lower case, without accents, stemmed, function words told apart."""

import re
import unicodedata
from functools import lru_cache

import Stemmer

WORD = re.compile(r"\w+(?:[.,]\d+)*")
# Words that carry no content of their own; a question or an answer is not about them.
FUNCTION_WORDS = frozenset(
    (
        "a about after all also am an and any are as at be because been before being between both but by can could "
        "did do does doing during each for from further had has have having he her here hers herself him himself his "
        "how i if in into is it its itself just me more most my myself of off on once only or other our ours out over "
        "own same she so some such than that the their theirs them themselves then there these they this those "
        "through to too under until up upon us very was we were what when where which while who whom whose why will "
        "with would you your yours s t re ve ll d m"
    ).split()
)

_stemmer = Stemmer.Stemmer("english")


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))
    stem: str = _stemmer.stemWord(plain)
    return stem


def words(text: str) -> list[str]:
    """Return the words of a text in order, as they are compared.

    ``words("The 1,200 missiles were built.")`` is ``["the", "1,200", "missil", "were", "built"]``.
    """
    return [_stem(word) for word in WORD.findall(text)]


def content_words(text: str) -> list[str]:
    """Return the words of a text in order, as they are compared, without function words."""
    return [_stem(word) for word in WORD.findall(text) if word.lower() not in FUNCTION_WORDS]
