"""An answer's sentences laid out as a list, one point a line, in Markdown."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.checks.clauses import PRONOUN
from rag.datatypes import AnswerSentence

POINT = "\n- "
GOES_ON = re.compile(rf"[,;:)]|{PRONOUN.pattern}")
LEADS_IN = ":"


def lay_out_points(text: str, sentences: Sequence[AnswerSentence]) -> tuple[str, tuple[AnswerSentence, ...]]:
    """Return the text of an answer with its points below each other, and its sentences where they stand in it.

    Each sentence is a point, but one that ends with a colon has a line of its own above its points. Without such a
    line, one that begins with a pronoun or a comma stays in the point of the sentence before. Less than two points are
    no list: then all is left as it is.
    """
    laid_out, points, led_in = "", 0, False
    placed: list[AnswerSentence] = []
    for sentence in sentences:
        if sentence.start is not None:
            if sentence.text.endswith(LEADS_IN):
                # Without an empty line, Markdown has it go on with the point above.
                before, led_in = "\n\n", True
            else:
                before = " " if points and not led_in and GOES_ON.match(sentence.text) else POINT
            points += before == POINT
            laid_out = (laid_out + before).lstrip("\n")
            start = len(laid_out)
            laid_out += sentence.text
            sentence = replace(sentence, start=start, end=len(laid_out))
        placed.append(sentence)
    return (laid_out, tuple(placed)) if points > 1 else (text, tuple(sentences))
