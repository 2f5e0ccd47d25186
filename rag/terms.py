"""Terms, the words of a text as they are compared: lower case, without accents, stemmed, function words told apart."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, pairwise

import Stemmer

# Initials ("U.S.") and numbers ("1,200.5") are one word each; a hyphen or an apostrophe parts words.
INITIALS = r"(?<![^\W_])(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])\.?"
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)+"
# Chinese and Japanese do not part words, and Korean hangs particles on them: there each sign is a word, and a question
# is searched for by its pairs of signs.
SIGNS = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
RUN_OF_SIGNS = re.compile(rf"[{SIGNS}]{{2,}}")
# Plain letters stand first since most words are of them, and are found faster so.
WORD = re.compile(rf"[A-Za-z]{{2,}}+(?![^\W_])|{INITIALS}|{NUMBER}|[{SIGNS}]|[^\W_{SIGNS}]+")
ARABIC_ARTICLE = re.compile(r"(?:و?ال|بال|كال|فال|لل)(?=\w{3})")
QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]+)[\"“”»]")
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
def term(word: str) -> str:
    """Return the term of a word: "U.S." is "us" and "1,200" is "1200"; Arabic goes without its article."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))
    plain = plain.replace(",", "")
    if not plain[:1].isdigit():
        plain = plain.replace(".", "")
    if article := ARABIC_ARTICLE.match(plain):
        plain = plain[article.end() :]
    stem: str = _stemmer.stemWord(plain)
    return stem


def words(text: str) -> list[str]:
    """Return the terms of a text in order.

    ``words("The U.S. built 1,200 anti-tank missiles.")`` is
    ``["the", "us", "built", "1200", "anti", "tank", "missil"]``.
    """
    return [term(word) for word in WORD.findall(text)]


def content_words(text: str) -> list[str]:
    """Return the terms of a text in order, without function words."""
    # No word has a space in it, and what stands between spaces comes again and again.
    return [*chain.from_iterable(map(_content_terms, text.split()))]


@lru_cache(maxsize=100_000)
def _content_terms(text: str) -> tuple[str, ...]:
    return tuple(term(word) for word in WORD.findall(text) if word.lower() not in FUNCTION_WORDS)


def content_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the terms of a text in order, without function words, each with where its word stands."""
    for match in WORD.finditer(text):
        if match.group().lower() not in FUNCTION_WORDS:
            yield term(match.group()), match.start(), match.end()


def joined_terms(text: str) -> str:
    """Return the terms of a text with spaces between them, as the lexical index is given them."""
    return " ".join(words(text))


def sign_pairs(text: str) -> list[str]:
    """Return each two neighbouring signs of scripts that do not part words, as phrases of two terms.

    ``sign_pairs("東京で 12 人")`` is ``["東 京", "京 て"]``; accents are left out in every script.
    """
    pairs = (f"{term(one)} {term(next_)}" for run in RUN_OF_SIGNS.findall(text) for one, next_ in pairwise(run))
    return list(dict.fromkeys(pairs))


def quoted_phrases(text: str) -> list[list[str]]:
    """Return the terms of each phrase that stands in double quotation marks, of any style."""
    return [phrase for match in QUOTED.finditer(text) if (phrase := words(match.group(1)))]
