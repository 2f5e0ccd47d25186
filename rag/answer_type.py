"""Whether sentences have the type of answer that a question expects: an amount, a time, a name."""

import re

from rag.checks.dates import find_dates, mask_dates
from rag.checks.names import is_known
from rag.checks.negation import denies
from rag.checks.numbers import find_quantities
from rag.questions import QuestionKind, plain_question, question_kind
from rag.terms import FUNCTION_WORDS, words

HOW_MANY = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
# "What decides how many may vote" asks for no amount.
INTERROGATIVE = re.compile(r"\b(?:who|whom|whose|what|which|where|when|why|how)\b", re.IGNORECASE)
AMOUNT = re.compile(r"\b(?:all|both|half|(?<!the )most|twice|(?:doze|hundre|thousan|millio)[dn]s?)\b", re.IGNORECASE)
# What is no amount, and yet may be all that an article says of one.
VAGUE = re.compile(
    r"\b(?:a (?:few|lot|part|single)|couple|each|enough|entire(?:ly)?|every|few(?:er)?|less|little|lots|many|more|much|"
    r"(?:maj|min)ority|none|no|numerous|plenty|quarter|several|some|third|various|whole)\b",
    re.IGNORECASE,
)
WHAT_YEAR = re.compile(r"\b(?:what|which) (?:year|date|day|month|decade|century)\b", re.IGNORECASE)
DATED = re.compile(r"\d|\b(?:centur(?:y|ies)|decades?)\b", re.IGNORECASE)
# "When people take on debt" asks for no time.
WHEN = re.compile(
    r"(?:since |until |from )?when (?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|might)\b",
    re.IGNORECASE,
)
# A time may be told by what was done then; rather a word too many than a right answer refused.
TIME = re.compile(
    r"\b(?:after|ago|always|annually|as|before|beginning|christmas|daily|dawn|during|dusk|earlier|easter|end|ends|if|"
    r"immediately|later|midnight|monthly|never|noon|now|once|recently|reign|rule|since|soon|start|sunrise|sunset|"
    r"today|until|upon|war|weekly|when|whenever|while|yearly|spring|summer|autumn|winter|"
    r"(?:anniversar|centur)(?:y|ies)|(?:age|day|decade|era|evening|holiday|hour|minute|month|morning|night|period|"
    r"season|second|tide|week|year)s?)\b",
    re.IGNORECASE,
)
WHO = re.compile(r"(?:who|whom|whose)\b", re.IGNORECASE)
NAME_OF = re.compile(
    r"\bwhat (?:is|was|are|were) (?:[\w'’]+ ){0,3}names? (?:of|for)\b"
    r"|\bwhat (?:is|was) (?:his|her|their|its|\w+['’]s) (?:\w+ )?name\b",
    re.IGNORECASE,
)
NAME = re.compile(r"\b[A-Z]\w*(?:['’-](?!s\b)\w+)*")
# "Lyrically, the song" opens with a capital letter that makes no name.
ADVERB = re.compile(r"\A\W*[A-Z]\w+ly\s?,")


def has_answer_type(question: str, sentence: str) -> bool:
    """Tell whether a sentence has an amount, a time or a name, where the question asks for one."""
    return gives_amount(question, sentence) and gives_time(question, sentence) and gives_name(question, sentence)


def leaves_open(question: str, said: str) -> bool:
    """Tell whether a question asks for an amount or a time, and what is said has none, not even a vague one.

    What answers such a question hardly ever leaves it open (benchmarks/runs/answer_type.txt).
    """
    if question_kind(question) in {QuestionKind.CHOICE, QuestionKind.YES_NO}:
        return False
    has_amount = gives_amount(question, said) or VAGUE.search(said) is not None
    return not (has_amount and gives_time(question, said))


def gives_amount(question: str, sentence: str) -> bool:
    """Tell whether a sentence has an amount that its question does not name, where that asks how many or how much."""
    how_many = HOW_MANY.search(question)
    if not how_many or INTERROGATIVE.search(question[: how_many.start()]):
        return True
    asked = {quantity.value for quantity in find_quantities(question)}
    counted = any(quantity.value not in asked for quantity in find_quantities(sentence))
    return counted or denies(sentence) or AMOUNT.search(sentence) is not None


def gives_time(question: str, sentence: str) -> bool:
    """Tell whether a sentence has a date where its question asks what year, and a time where it asks when."""
    if WHAT_YEAR.search(question):
        return bool(DATED.search(sentence) or find_dates(sentence))
    if not WHEN.match(plain_question(question)):
        return True
    return bool(TIME.search(sentence) or find_dates(sentence) or find_quantities(sentence))


def gives_name(question: str, sentence: str) -> bool:
    """Tell whether a sentence has a name that its question does not have, where that asks who, or for a name."""
    if not (WHO.match(plain_question(question)) or NAME_OF.search(question)):
        return True
    asked = frozenset(words(question))
    return any(not is_known(name, asked) for name in capitalised(ADVERB.sub("", sentence)))


def capitalised(text: str) -> set[str]:
    """Return the capitalised words of a text in lower case, without its dates."""
    found = (match.group().lower() for match in NAME.finditer(mask_dates(text)))
    return {name for name in found if name not in FUNCTION_WORDS}
