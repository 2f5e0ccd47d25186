"""Whether what somebody says, or what may be or is planned, is told as if it were so."""

import re

from rag.attribute import Attribution
from rag.checks.clauses import paired_clauses
from rag.terms import WORD, content_words, words

# Verbs as stems, so that all their forms count.
SAYING = frozenset(
    (
        "say said tell told claim alleg accus argu warn insist suggest believ think thought call describ report "
        "announc add write wrote written declar deni complain promis admit"
    ).split()
)
# Who is named behind the word for saying: ", said the mayor, who …".
SPEAKER = re.compile(r"\s+(?:[A-Z]|(?:the|an?|his|her|its|their)\s)[^,.;:]{0,60}[,.]")
# "Also called the Silver Lady" and "a story called Ivy" name a thing; nobody says anything.
NAMING = re.compile(
    r"\b(?:is|are|was|were|be|been|being|also|so|now|then|formerly|often|sometimes|commonly)[\s-]+called\b|\b(?:an?|the)\s+\w+\s+called\b",
    re.IGNORECASE,
)
# What opens a clause opens no speaker's name.
OPENING = re.compile(
    r"\s*(?:and|but|or|though|although|while|because|since|when|where|which|who|if|as|after|before|so)\b", re.IGNORECASE
)
ACCORDING = re.compile(r"\baccording to\b|\bin the (?:words|view|opinion) of\b", re.IGNORECASE)
UNCERTAIN = frozenset(
    (
        "may might could would should possibl perhap probabl unlik appear seem appar alleg suspect if "
        "unless plan intend aim propos hope want will expect schedul consid fear ask demand seek offer tri attempt "
        "rumour"
    ).split()
)
TO_COME = re.compile(r"\b(?:(?:due|going|is|are|was|were) to|likely|reportedly)\b", re.IGNORECASE)
# A sentence is what somebody says where this share of its words are theirs.
LEAST_SPOKEN = 0.6


def check_speech(attribution: Attribution) -> bool | None:
    """Tell whether what a source puts in somebody's mouth is not said as a fact.

    ``The plan raises risks`` fails where the source has ``Pyongyang says that the plan raises risks``.
    """
    if _find_saying(attribution.sentence.text):
        return None
    said = set(content_words(attribution.sentence.text))
    numbers = {stem for stem in said if stem[0].isdigit()}
    spoken = [
        said & set(content_words(spoken_words(source.sentence.text)))
        for source, _ in attribution.sources
        if _find_saying(source.sentence.text)
    ]
    if not spoken or not said:
        return None
    # Whose words these are, has said the sentence's numbers too.
    return max((len(words) for words in spoken if numbers <= words), default=0) / len(said) < LEAST_SPOKEN


def reports_speech(text: str) -> bool:
    """Tell whether a text has a word for saying, other than one that names a thing."""
    return _find_saying(text) is not None


def spoken_words(sentence: str) -> str:
    """Return what of a sentence is put in somebody's mouth: what follows the word for saying, or stands before it.

    Of ``China objected, saying that it would harm trade`` that is ``that it would harm trade``; of ``The bridge is
    safe, Dray said`` and ``The bridge is safe, said Dray`` it is ``The bridge is safe``. Empty where nobody says
    anything.
    """
    place = _find_saying(sentence)
    if place is None:
        return ""
    before, after = sentence[: place[0]], sentence[place[1] :]
    if before.rstrip(' "”’').endswith(",") and SPEAKER.match(after) and not sentence[: place[1]].endswith("ing"):
        return before
    if "," in before and len(content_words(after)) <= len(content_words(before.rsplit(",", 1)[0])):
        head, speaker = before.rsplit(",", 1)
        # A speaker is named in a few words; more of them are a clause of their own.
        if 1 <= len(content_words(speaker)) <= 4 and not OPENING.match(speaker):
            return head
    return after


def check_certainty(attribution: Attribution) -> bool | None:
    """Tell whether no clause of the sentence states for certain what the closest clause of a source leaves open.

    ``Japan has built a radar`` fails where the source has ``a radar that Japan plans to build``.
    """
    if not any(is_uncertain(other) for _, other in paired_clauses(attribution)):
        return None
    return is_uncertain(attribution.sentence.text)


def is_uncertain(text: str) -> bool:
    """Tell whether a text has a word by which it leaves open whether, or says that it has yet to happen."""
    return TO_COME.search(text) is not None or _find_stem(text, UNCERTAIN) is not None


def _find_saying(text: str) -> tuple[int, int] | None:
    according = ACCORDING.search(text)
    if according:
        return according.span()
    # Blanks in their place keep the places of the rest.
    return _find_stem(NAMING.sub(lambda match: " " * len(match.group()), text), SAYING)


def _find_stem(text: str, stems: frozenset[str]) -> tuple[int, int] | None:
    """Return where the first word with one of the stems stands; names, which have a capital, are none."""
    found = (match for match in WORD.finditer(text) if match.group()[0].islower() and words(match.group())[0] in stems)
    return next((match.span() for match in found), None)
