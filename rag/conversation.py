"""A conversation: a follow-up is rewritten into a question that stands alone, and is then asked like any other."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from rag.checks.dates import WEEKDAYS
from rag.datatypes import Turn, Usage
from rag.dates import MONTHS
from rag.generate import Generator
from rag.prompt import render_prompt
from rag.terms import FUNCTION_WORDS, WORD, content_words

OPENING = re.compile(r"^(?:(?:and|but|or|so|then|also|well|ok|okay)\b[\s,:…-]*)+(?=\w)", re.IGNORECASE)
ABOUT = re.compile(r"^(?:what|how) about\b", re.IGNORECASE)
EXPLETIVE = re.compile(r"\b(?:is|was) it (?:true|possible|likely|known|said|the case)\b|\bis it that\b", re.IGNORECASE)
DEFINITION = re.compile(r"^what (?:is|are) (?:an? )?\w+\W*$", re.IGNORECASE)
CAPITALISED = r"(?:(?:[A-Z]\.){2,}|[A-Z][\w’'-]+)"
NAME = re.compile(rf"\b{CAPITALISED}(?:\.?\s+(?:of\s+)?{CAPITALISED})*")

PERSONAL = frozenset("he him she it they them hers theirs".split())
POSSESSIVE = frozenset("his her its their".split())
DEMONSTRATIVE = frozenset("this that these those".split())
# Before these, what a pronoun stands for has been named in the question itself: "… when he visited the factory".
SUBORDINATING = frozenset("when while after before because if since until whether as who which that".split())
TO_BE = frozenset("is are was were be been".split())
DAYS_AND_MONTHS = frozenset([*WEEKDAYS, *map(str.lower, MONTHS)])
TIMES = frozenset("year month week day morning evening spring summer autumn winter century time".split())
ASKING = frozenset("who whom whose what which when where why how is are was were do does did has have had can".split())
PREPOSITIONS = frozenset("at by for from in of on since to until with under over about after before".split())
# Words that say how a question is asked, and not what it is about.
MEASURES = frozenset("much many long often far old big else exactly more".split())
SAYING = frozenset("say says said tell answer answered reply respond react reacted think thinks feel happen do".split())
SAYING_NOTHING = FUNCTION_WORDS | MEASURES | SAYING

# A question that refers to something and has more words than this of its own brings that something along.
MOST_WITH_PRONOUN, MOST_WITH_POSSESSIVE = 4, 3
# An earlier question may be long; of the topic this many words are taken over.
TOPIC_WORDS = 12
REWRITTEN_TOKENS = 64
# Earlier answers come from clients, so these take no more than linear time, whatever they are given.
MARKER = re.compile(r"[ \t]?\[\d{1,4}(?:[,;–-] ?\d{1,4})*\]")
# From the first line that is a rule, a heading over sources, or a marker with what it names.
FOOTNOTES = re.compile(
    r"\n[ \t]*(?:-{3,}|(?:sources?|footnotes?|references?):?[ \t]*$|\[\d+\][:\s]).*", re.I | re.S | re.M
)


def plain_answer(answer: str) -> str:
    """Return an earlier answer without its markers and footnotes: they belong to it alone."""
    return MARKER.sub("", FOOTNOTES.sub("", answer)).strip()


def trim_history(
    history: Sequence[Turn], count_tokens: Callable[[Sequence[str]], list[int]], max_tokens: int
) -> list[Turn]:
    """Return the newest turns that together have at most ``max_tokens``, each whole, in their order."""
    plain = [Turn(turn.question, plain_answer(turn.answer)) for turn in history]
    costs = count_tokens([f"{turn.question}\n{turn.answer}" for turn in plain])
    kept = 0
    while kept < len(plain) and sum(costs[-kept - 1 :]) <= max_tokens:
        kept += 1
    return plain[len(plain) - kept :]


def depends_on_history(question: str) -> bool:
    """Tell whether a question cannot be understood without what was said before it.

    It refers back (``Who commands it?``), is cut short (``And at present?``), or has next to no words of its own
    (``What did Tokyo say?``).
    """
    asked = OPENING.sub("", question.strip())
    found = WORD.findall(asked)
    if ABOUT.match(asked) or (len(_telling(found)) <= MOST_WITH_PRONOUN and _refers_back(asked)):
        return True
    plain = [word.lower() for word in found]
    opened = asked != question.strip()
    if ASKING.isdisjoint(plain) and (opened or (plain and plain[0] in PREPOSITIONS)):
        return True
    named = any(word[0].isupper() and word.lower() not in FUNCTION_WORDS for word in found[1:])
    if not named:
        return opened or (len(_telling(found)) < 2 and not DEFINITION.match(asked))
    return not SAYING.isdisjoint(plain) and not any(word[0].islower() for word in _telling(found))


def standalone_question(question: str, history: Sequence[Turn]) -> str:
    """Return a question that can be understood without its history: itself, or with the topic behind it in brackets.

    ``And who commands it?`` after ``How many troops are taking part in Grey Heron?`` becomes
    ``Who commands it? (troops are taking part in Grey Heron)``. The topic is that of the question before, which may
    have its own from one still earlier, and the name that a question for a name was answered with.
    """
    topic: list[str] = []
    for turn in history:
        own = _topic(turn.question)
        inherited = topic if depends_on_history(turn.question) else []
        topic = list(dict.fromkeys(part for part in (own, _name_given(turn), *inherited[:2]) if part))
    if not topic or not depends_on_history(question):
        return question
    asked = OPENING.sub("", question.strip())
    return f"{asked[:1].upper()}{asked[1:]} ({'; '.join(topic)})"


def rewrite_with_model(
    question: str, history: Sequence[Turn], generator: Generator, history_tokens: int, prompts: Path | None = None
) -> tuple[str, Usage]:
    """Have the language model write a question that stands alone; costs a reply of it.

    Where it puts in words that nobody said, the question is what ``standalone_question`` makes of it.
    """
    turns = trim_history(history, generator.count_tokens, history_tokens)
    messages = render_prompt("standalone", prompts, turns=turns, question=question)
    written, usage = "", Usage()
    for piece in generator.stream(messages, REWRITTEN_TOKENS):
        written += piece.text
        usage = piece.usage or usage
    rewritten = written.strip()
    return rewritten if is_faithful(rewritten, question, turns) else standalone_question(question, history), usage


def is_faithful(rewritten: str, question: str, history: Sequence[Turn]) -> bool:
    """Tell whether what was written is a question on one line whose every word was said in the conversation."""
    said = " ".join([question, *(f"{turn.question} {turn.answer}" for turn in history)])
    wanted = content_words(rewritten)
    is_question = rewritten.endswith("?") and "\n" not in rewritten
    return is_question and bool(wanted) and set(wanted) <= set(content_words(said))


def _refers_back(asked: str) -> bool:
    plain = [word.lower() for word in WORD.findall(EXPLETIVE.sub("true", asked))]
    for place, word in enumerate(plain):
        before = plain[place - 1] if place else ""
        after = plain[place + 1] if place + 1 < len(plain) else ""
        if word in PERSONAL and not _named_before(plain[:place]):
            return True
        if word in POSSESSIVE and not _telling(plain[:place]) and len(_telling(plain)) <= MOST_WITH_POSSESSIVE:
            return True
        if word in DEMONSTRATIVE and before in FUNCTION_WORDS | {""} and after not in TIMES | {"who", "of"}:
            return True
        if word in {"one", "ones"} and after in FUNCTION_WORDS - {"of"} | {""}:
            return True
        if word in {"there", "then"} and TO_BE.isdisjoint({before, after}) and place:
            return True
    return False


def _named_before(plain: Sequence[str]) -> bool:
    """Tell whether a clause before the pronoun has words that it can stand for."""
    return any(word in SUBORDINATING and _telling(plain[:place]) for place, word in enumerate(plain))


def _telling(found: Sequence[str]) -> list[str]:
    return [word for word in found if word.lower() not in SAYING_NOTHING]


def _topic(question: str) -> str:
    """Return what a question is about: its words from the first telling one to the last."""
    words = question.split()
    telling = [place for place, word in enumerate(words) if _telling(WORD.findall(word))]
    if not telling:
        return ""
    words = [word for word in words[telling[0] : telling[-1] + 1] if word not in {"do", "does", "did"}]
    return " ".join(words[:TOPIC_WORDS]).rstrip("?!.,;:")


def _name_given(turn: Turn) -> str:
    """Return the first new name of an answer where the question asked for one."""
    if {"who", "whom", "whose", "where", "which"}.isdisjoint(WORD.findall(turn.question.lower())):
        return ""
    asked = set(content_words(turn.question))
    for match in NAME.finditer(plain_answer(turn.answer)):
        said = content_words(match.group())
        if said and not asked & set(said) and match.group().lower() not in DAYS_AND_MONTHS:
            return match.group()
    return ""
