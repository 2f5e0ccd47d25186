"""What kind of answer a question asks for, by its words; these are English."""

import re
from enum import StrEnum

from text_to_num import alpha2digit

from rag.description import asks_description
from rag.terms import WORD


class QuestionKind(StrEnum):
    """What would be an answer to a question."""

    YES_NO = "yes_no"
    """Whether something is so: ``Did Russia recall its ambassador?``"""
    CHOICE = "choice"
    """One of those that the question names: ``Who won, Lelmet or Eide?``"""
    LIST = "list"
    """Several things: ``Which countries took part?``"""
    REASON = "reason"
    """Why something is so, or how it comes about."""
    DESCRIPTION = "description"
    """What something is, means or does, where it comes from, or what became of it: ``What is a statocyst?``"""
    FACT = "fact"
    """Anything else, and whatever is asked in another language."""


# "Could you tell me" asks nothing yet.
ADDRESS = re.compile(
    r"\A\s*(?:please\s+)?(?:(?:can|could|will|would) you (?:please |kindly )?(?:(?:tell|show) (?:me|us)|say"
    r"|explain(?=,?\s+(?:who|whom|what|which|when|where|why|how|if|whether)\b))?"
    r"|(?:can|could|may) (?:i|we) (?:ask|know)|do you (?:happen to )?know|(?:please )?tell (?:me|us))\b[\s,:]*",
    re.IGNORECASE,
)
# What stands before the question proper: "And", "In 2024,", "According to KCNA,".
LEAD_IN = re.compile(
    r"\A\s*(?:(?:and|but|so|then|well|now|also|ok|okay)\b[\s,]*"
    r"|(?:according to|as of|in|on|at|by|during|after|before|since|under|for|from|of)\s"
    r"(?:(?!\b(?:what|which|who|whom|whose)\b)[^,?]){1,60},\s+)",
    re.IGNORECASE,
)
TOPIC = re.compile(r"\?\s*\([^()]*\)\s*\Z")
AUXILIARY = re.compile(
    r"(?!may\s+\d)(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)"
    r"(?:n['’]t)?\b(?!['’-]|\s+(?:who|what|which|when|where|why|how)\b)",
    re.IGNORECASE,
)
WHETHER = re.compile(r"(?:if|whether)\b", re.IGNORECASE)
# A question that asks for more than a yes or no: "and if so, when", "… for what?".
ASKS_FURTHER = re.compile(
    r"\band,?\s+(?:if (?:so|not),?\s+)?(?:who|whom|what|when|where|why|how|which)\b"
    r"|\b(?:of|in|on|to|by|for|from|with|at)\s+what\b|\b(?:who|whom|what|where|when|why|how|which(?:\s+\w+)?)\s*\?*$",
    re.IGNORECASE,
)
# Words of German and Dutch, in which "was", "will" and "is" open other questions.
FOREIGN = frozenset(
    (
        "der das dem ein eine einen einem einer und oder hat haben ist sind waren wird werden wurde wurden vom zum zur "
        "mit nicht auf für über nach kann soll het een niet zijn heeft hebben wordt naar voor"
    ).split()
)
# "Or not" and "ten or more" leave no choice, nor does "one or two".
OR = re.compile(
    r"(?<!\d)(?<!one)(?<!two)(?<!three)\s+or\b(?!\s+(?:not|so|more|less|fewer|later|earlier)\b)", re.IGNORECASE
)
# ", Lelmet or Eide?" behind a question that could stand without it.
OFFERED = re.compile(r",\s*(?P<offered>[^,?]+(?:,[^,?]+)*,?\s+or\s+[^,?]+)\?*$", re.IGNORECASE)
INTERROGATIVE = re.compile(r"(?:who|whom|whose|what|which|when|where|how)\b", re.IGNORECASE)
MOST_OFFERED = 14  # words: what is offered is short

REASONS = re.compile(
    r"(?:why|how come|how (?:do|does|did|is|are|was|were|can|could|would|will|has|have|had)"
    r"|what (?:caused|causes|made|led|prompted)"
    r"|(?:for )?what (?:(?:is|was|were|are) )?(?:the |his |her |its |their )?(?:\w+ )?"
    r"(?:reasons?|causes?|purpose|motives?))\b",
    re.IGNORECASE,
)
# The reason is all that is asked for.
WHY = re.compile(r"(?:why|how come|for what reason)\b", re.IGNORECASE)
NAMING = re.compile(r"\b(?:called|named|known as|spelled|spelt|pronounced|abbreviated)\b", re.IGNORECASE)
COUNT = r"(?:two|three|four|five|six|seven|eight|nine|ten|\d+)"
LISTS = re.compile(
    r"(?:[Ll]ist|[Ee]numerate)\b"
    rf"|(?:[Nn]ame|[Gg]ive|[Mm]ention)\s+(?:(?:me|us|the|all|some|any|at least)\s+){{0,3}}(?:{COUNT}|all|some|\w+s)\b"
    rf"|[Ww]hat (?:are|were) (?:the|some|all|{COUNT})\b|[Ww]ho (?:are|were) (?:(?:the|some|all) [a-z]|{COUNT}\b)"
)
# What asks for the form of a list, whatever it asks for.
AS_LIST = re.compile(
    r"\b(?:as|in) (?:(?:a|an|the form of a)\s+)?(?:[\w-]+\s+)?(?:list|points|bullets)\W*$|\bbullet[- ]points?\b"
    r"|^(?:give|make|write|show|provide|draw up)\s+(?:\w+\s+){1,3}list\b",
    re.IGNORECASE,
)
# It asks for one kind of things, whether these are many or not.
ONE_KIND = re.compile(r"\b(?:type|kind|sort|form)\s+of\b", re.IGNORECASE)
NAME_SOME = re.compile(
    rf"(?:list|name|give|mention)\s+(?:(?:me|us|any|at least)\s+){{0,2}}(?P<count>{COUNT})\b", re.IGNORECASE
)
# What follows "which" or "what", where it asks for things of some kind; "which" inside a question may be relative.
ASKED_FOR = re.compile(
    r"(?:^(?:(?:in|to|from|on|at|by|of|for|with|into|between|during|under|among)\s+)?(?:what|which)"
    r"|\b(?:in|to|from|on|at|by|of|for|with|into|between|and|are|were)\s+what)\s+(?P<things>[^?,]+)",
    re.IGNORECASE,
)
COUNTED = re.compile(rf"(?:other\s+)?{COUNT}\b", re.IGNORECASE)
MOST_WORDS = 3  # to the noun that tells how many are asked for
PLURAL = re.compile(r"[\w-]+(?<![sui'’])s|people|men|women|children", re.IGNORECASE)
# Singular, or no nouns at all, though they end in "s".
NO_PLURAL = frozenset(
    "species series means news causes determines ends happens helps introduces involves lies makes occurs takes".split()
)
AUXILIARIES = frozenset(
    "is are was were do does did has have had can could will would shall should may might must".split()
)
# What follows a verb rather than a noun: "which sport awards the oldest trophy".
DETERMINERS = frozenset("the a an to his her its their that this when where in on after before if".split())


def question_kind(question: str) -> QuestionKind:
    """Tell what kind of answer a question asks for."""
    proper = plain_question(question)
    if _opens_yes_no(question, proper):
        return QuestionKind.CHOICE if OR.search(proper) else QuestionKind.YES_NO
    offered = OFFERED.search(proper)
    if offered and INTERROGATIVE.match(proper) and len(WORD.findall(offered["offered"])) <= MOST_OFFERED:
        return QuestionKind.CHOICE
    if REASONS.match(proper) and not NAMING.search(proper):
        return QuestionKind.REASON
    if LISTS.match(proper) or any(_is_plural(match["things"]) for match in ASKED_FOR.finditer(proper)):
        return QuestionKind.LIST
    if asks_description(proper) and not NAMING.search(proper):
        return QuestionKind.DESCRIPTION
    return QuestionKind.FACT


def asks_why(question: str) -> bool:
    """Tell whether a question asks for a reason and no more, as ``why`` does."""
    return WHY.match(plain_question(question)) is not None


def asks_list(question: str) -> bool:
    """Tell whether a question asks for several things, reasons among them, or to have its answer as a list."""
    proper = plain_question(question)
    kind = question_kind(question)
    reasons = kind is QuestionKind.REASON and LISTS.match(proper) is not None
    several = reasons or (kind is QuestionKind.LIST and not ONE_KIND.search(proper))
    return several or AS_LIST.search(proper) is not None


def number_to_name(question: str) -> int | None:
    """Return how many things a question asks to name, as in ``Name three ships``; None where it asks for them all."""
    asked = NAME_SOME.match(plain_question(question))
    return None if asked is None else int(alpha2digit(asked["count"].lower(), "en", threshold=0))


def plain_question(question: str) -> str:
    """Return a question without what only leads up to it, and without the topic that a follow-up is given in brackets.

    ``And could you tell me if it did? (the radar)`` becomes ``if it did?``.
    """
    question = TOPIC.sub("?", question)
    return LEAD_IN.sub("", ADDRESS.sub("", LEAD_IN.sub("", question))).strip()


def with_question_mark(question: str) -> str:
    """Return a question with its mark, which may stand before a topic in brackets.

    Without it a model reads the question as a text that goes on.
    """
    return question if question.endswith(("?", ")")) else f"{question.rstrip('. ')}?"


def _opens_yes_no(question: str, proper: str) -> bool:
    indirect = proper != LEAD_IN.sub("", question).strip() and WHETHER.match(proper)
    if not (indirect or AUXILIARY.match(proper)) or ASKS_FURTHER.search(proper):
        return False
    return FOREIGN.isdisjoint(word for word in WORD.findall(proper) if word.islower())


def _is_plural(things: str) -> bool:
    """Tell whether what is asked for begins with a plural: ``business districts are located``, not ``ends the war``."""
    if COUNTED.match(things):
        return True
    words = things.split()
    for place, (word, following) in enumerate(zip(words, [*words[1:], ""], strict=True)):
        if place == MOST_WORDS or word in AUXILIARIES:
            return False
        if (
            PLURAL.fullmatch(word)
            and word not in NO_PLURAL
            and (following in AUXILIARIES or (place == 0 and following not in DETERMINERS))
        ):
            return True
    return False
