"""What goes wrong where a model writes: it is found, and the text is cut to what is sound."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rag.datatypes import Fault, Sentence
from rag.sentences import split_sentences
from rag.terms import RUN_OF_SIGNS
from rag.terms import WORD as TERM

# A list's numbers differ from item to item where the items do not.
WORD = re.compile(rf"^[ \t]*\d{{1,3}}[.)]\s|(?P<word>{TERM.pattern})", re.MULTILINE)
# The same words again without a pause: the fewer they are, the oftener. Each word has a space after it.
LOOP = re.compile(
    r"(?<!\S)(?:(?P<one>\S++ )(?P=one){7,}|(?P<two>(?:\S++ ){2})(?P=two){3,}"
    r"|(?P<few>(?:\S++ ){3,7})(?P=few){2,}|(?P<many>(?:\S++ ){8,}?)(?P=many))"
)
TEMPLATE = re.compile(
    r"<\|[^|<>\n]{1,40}\|>(?:(?:user|assistant|system)\b)?|</?s>|\[/?INST\]|<</?SYS>>|</?(?:think|tool_call|start_of_turn|end_of_turn)>"
    r"|^[ \t#*]*(?:user|human|assistant|system|question|answer)[ *]*:",
    re.IGNORECASE | re.MULTILINE,
)
LETTERS = re.compile(r"[^\W\d_]+")
# A symbol or a name in other letters is no other language.
LEAST_LETTERS, LEAST_SIGNS = 10, 2
LEAST_ECHO = 4  # words; fewer are in an instruction by chance
ASKS = re.compile(r"\W*(?:who|whom|whose|what|when|where|which|why|how)\b", re.IGNORECASE)
ENDED = re.compile(r"[.!?…。！？।؟][\"'”’»)\]」』]*$")
LAST_MARKER = re.compile(r"\n[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]*$")  # of a list
LAST_WORD = re.compile(r"\w+$")


@dataclass(frozen=True)
class Given:
    """What a reply was written from: the whole prompt, and the question and the evidence in it."""

    prompt: str
    question: str
    evidence: str

    @cached_property
    def prompt_words(self) -> str:
        """The words of the prompt."""
        return _words(self.prompt)

    @cached_property
    def question_words(self) -> str:
        """The words of the question."""
        return _words(self.question)

    @cached_property
    def evidence_words(self) -> str:
        """The words of the evidence."""
        return _words(self.evidence)

    @cached_property
    def scripts(self) -> frozenset[str]:
        """The scripts of the question and the evidence."""
        return frozenset(map(_script, set("".join(LETTERS.findall(self.question + self.evidence)))))


@dataclass(frozen=True, slots=True)
class Mended:
    """What of a reply is sound, which may be nothing, and what was wrong with the rest."""

    text: str
    fault: Fault | None


def mend_output(text: str, given: Given, *, cut_off: bool = False) -> Mended:
    """Cut a reply to its sound part; one with nothing wrong is returned as it is.

    After a loop, a mark of a chat template or another script nothing counts any more, nor does the sentence that they
    stand in; an echo of the prompt is taken out alone. What stands in the evidence is not wrong. ``cut_off`` says that
    the reply has used up its tokens.
    """
    start, broken = _after_opening(text, given), _find_break(text, given)
    fault, end = broken or (None, len(text))
    body = text[start:end]
    if broken:
        body = LAST_MARKER.sub("\n", body)
    sentences = split_sentences(body)
    if sentences and (broken or cut_off) and not _is_whole(sentences[-1], body):
        del sentences[-1]
        fault = fault or Fault.CUT_OFF
    sound = [sentence for sentence in sentences if not _is_echo(sentence.text, given)]
    fault = fault or (Fault.ECHO if len(sound) < len(sentences) else Fault.TEMPLATE if start else None)
    if fault is None:
        return Mended(text, None)
    # White space is kept: it parts the items of a list.
    ends = [sentence.start for sentence in sentences[1:]] + [sentence.end for sentence in sentences[-1:]]
    kept = [body[sentence.start : after] for sentence, after in zip(sentences, ends, strict=True) if sentence in sound]
    return Mended("".join(kept).strip(), fault)


def breaks_off(text: str, given: Given) -> bool:
    """Tell of a text that is being written whether all that may follow is lost; its last word may be half written."""
    return _find_break(LAST_WORD.sub("", text), given) is not None


def _find_break(text: str, given: Given) -> tuple[Fault, int] | None:
    """Find what nothing after it counts any more, and where that begins."""
    found = [*_loops(text, given), *_template_marks(text, given), *_other_scripts(text, given)]
    return min(found, key=lambda pair: pair[1], default=None)


def _loops(text: str, given: Given) -> Iterator[tuple[Fault, int]]:
    places = [match for match in WORD.finditer(text) if match["word"]]
    run = "".join(f"{match['word'].lower()} " for match in places)
    end = len(run)
    # What is repeated may have a loop within.
    while (loop := LOOP.search(run, 0, end)) and f" {loop[0]}" not in given.evidence_words:
        end = loop.start() + len(loop[loop.lastgroup or 0])
    if end < len(run):
        yield Fault.LOOP, places[run.count(" ", 0, end)].start()


def _template_marks(text: str, given: Given) -> Iterator[tuple[Fault, int]]:
    start = _after_opening(text, given)
    for mark in TEMPLATE.finditer(text, start):
        if mark[0] not in given.evidence:
            yield Fault.TEMPLATE, mark.start()
            return


def _after_opening(text: str, given: Given) -> int:
    """Return where a reply begins after the marks that it opens with: what follows them may be sound."""
    start = 0
    while (mark := TEMPLATE.match(text, start)) and mark[0] not in given.evidence:
        start = mark.end() + len(text[mark.end() :]) - len(text[mark.end() :].lstrip())
    return start


def _other_scripts(text: str, given: Given) -> Iterator[tuple[Fault, int]]:
    if text.isascii() and "LATIN" in given.scripts:
        return
    start, length = 0, 0
    for word in LETTERS.finditer(text):
        if _script(word[0][0]) in given.scripts:
            length = 0
            continue
        start = start if length else word.start()
        length += len(word[0])
        if length >= (LEAST_SIGNS if RUN_OF_SIGNS.match(word[0]) else LEAST_LETTERS):
            yield Fault.SCRIPT, start
            return


def _is_whole(sentence: Sentence, text: str) -> bool:
    return bool(ENDED.search(sentence.text)) or "\n" in text[sentence.end :]


def _is_echo(sentence: str, given: Given) -> bool:
    """Tell whether a sentence only says again what was asked, or the prompt's own words on how to answer."""
    said = _words(sentence)
    if said in given.evidence_words:
        return False
    if said == given.question_words:
        return sentence.rstrip().endswith("?") or bool(ASKS.match(sentence))
    return said.count(" ") > LEAST_ECHO and said in given.prompt_words and said not in given.question_words


def _words(text: str) -> str:
    """Return the words of a text in lower case with a space around each, to be found in those of another."""
    return " " + "".join(f"{match['word'].lower()} " for match in WORD.finditer(text) if match["word"])


@lru_cache(maxsize=10_000)
def _script(letter: str) -> str:
    """Return the script of a letter, ``GREEK`` of an alpha: the first word of its name in Unicode."""
    return unicodedata.name(letter, "").partition(" ")[0]
