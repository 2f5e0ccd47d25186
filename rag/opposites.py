"""Words that say the opposite of one another: the ordinary pairs, and what a prefix turns round."""

import re
from collections.abc import Iterator, Set
from functools import cache, lru_cache

from rag.terms import WORD, term

# Other forms have the same stem, or are named too. WordNet's antonyms, twelve times as many, find hardly more:
# benchmarks/answering.md.
PAIRS = (
    "abolish establish|above below|absence presence|absent present|absolute relative|accept refuse|accept reject"
    "|active passive|actual potential|add subtract|admit deny|advance retreat|agree disagree|alive dead|allow forbid"
    "|allow prevent|amateur professional|ancestor descendant|ancient modern|arrive leave|attack defend|attract repel"
    "|back front|backward forward|bad good|before after|begin end|beginning end|beginning middle|best worst"
    "|better worse|big little|big small|bigger smaller|biggest smallest|birth death|black white|born died|borrow lend"
    "|bottom top|bought sold|boy girl|brother sister|buy sell|child parent|civilian military|clean dirty|close open"
    "|closed open|cold hot|cold warm|common rare|common uncommon|complex simple|conservative liberal|contract expand"
    "|cool warm|create destroy|criticize praise|dangerous safe|dark light|daughter son|day night|dead living"
    "|death life|decline growth|decrease increase|deep shallow|defeat victory|demand supply|deny grant"
    "|destroy preserve|difference similarity|different same|difficult easy|domestic foreign|down up|dry wet"
    "|earlier later|earliest latest|early late|east west|eastern western|employee employer|empty full|end start"
    "|enemy friend|even odd|ever never|exclude include|export import|external internal|fail succeed|failure success"
    "|fall rise|false true|familiar strange|far near|fast slow|father mother|fell rose|female male|few many"
    "|fewer more|final first|final initial|finish start|first last|first second|first third|foreign native"
    "|forget remember|formal informal|former latter|full partial|future past|gain loss|general particular"
    "|general specific|give receive|gross net|guilty innocent|half whole|hard soft|hate love|heaven hell|heavy light"
    "|high low|highest lowest|horizontal vertical|husband wife|ill well|inner outer|inside outside|internal outer"
    "|international national|join leave|joint separate|junior senior|keep lose|king queen|large small|least most"
    "|left right|less more|liquid gas|liquid solid|local national|long short|loose tight|lose win|lost won"
    "|lower raise|lower upper|major minor|majority minority|man woman|maximum minimum|men women|mental physical"
    "|merge split|multiply divide|narrow wide|natural artificial|negative positive|new old|no some|no yes|north south"
    "|northern southern|objective subjective|often rarely|old young|older younger|oldest newest|oldest youngest"
    "|oppose support|optional mandatory|over under|peace war|poor rich|precede follow|predator prey|primary secondary"
    "|private public|profit loss|pull push|quickly slowly|rear front|reward penalty|right wrong|rough smooth"
    "|rural urban|send receive|short tall|shrink grow|sit stand|skilled unskilled|strength weakness|strengthen weaken"
    "|strong weak|summer winter|surplus deficit|teacher student|temporary permanent|thick thin|unite divide"
    "|widen narrow"
)  # fmt: skip
PREFIXES = ("un", "in", "im", "il", "ir", "non", "dis")
# A shorter rest is seldom the word that the prefix turned round: "import" is not the opposite of "port".
LEAST_REST = 5
# "How many" asks for a number and does not say that there are many.
ASKS_FOR_A_NUMBER = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)


def turned_round(question: str, sentence: str) -> Iterator[str]:
    """Yield the words of a question, or of an answer, in whose place a sentence has their opposite.

    Of ``Which schools are private?`` and ``The public schools …`` it is ``private``; nothing where the sentence has
    both words, or the question.
    """
    said, asked = _all_forms(sentence), _all_forms(question)
    for match in WORD.finditer(ASKS_FOR_A_NUMBER.sub(" ", question)):
        forms = _forms(match.group())
        if not forms & said and any(_opposites(form) & (said - asked) or _is_turned(form, said) for form in forms):
            yield match.group()


def _all_forms(text: str) -> Set[str]:
    return {form for word in WORD.findall(text) for form in _forms(word)}


@lru_cache(maxsize=20_000)
def _forms(word: str) -> frozenset[str]:
    """Return the terms of a word and of what it is the comparative or superlative of."""
    word = word.lower()
    compared = [word[:-cut] for ending, cut in (("er", 2), ("er", 1), ("est", 3), ("est", 2)) if word.endswith(ending)]
    return frozenset({term(word), *(term(plain) for plain in compared if len(plain) > 2)})


def _is_turned(form: str, said: Set[str]) -> bool:
    return any(
        (len(form) >= LEAST_REST and prefix + form in said)
        or (form.startswith(prefix) and len(form) >= len(prefix) + LEAST_REST and form[len(prefix) :] in said)
        for prefix in PREFIXES
    )


def _opposites(form: str) -> Set[str]:
    return _table().get(form, frozenset())


@cache
def _table() -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for pair in PAIRS.split("|"):
        one, other = map(term, pair.split())
        table.setdefault(one, set()).add(other)
        table.setdefault(other, set()).add(one)
    return table
