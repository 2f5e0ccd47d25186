"""An answer as OpenAI's clients and chat frontends read one: footnotes as text, annotations, source chips."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from rag.datatypes import Answer, AnswerSentence, Citation, Usage

Link: TypeAlias = Callable[[Citation], str]
"""The address at which a citation opens."""

MARKER = re.compile(r"\[(\d+)\]")
# What articles say is text. Frontends render Markdown: an image in it would be fetched, a tag might be obeyed.
MARKUP = re.compile(r"(?<=!)\[|(?<=\])\(|<(?=[A-Za-z/!?])")


def plain_markdown(text: str) -> str:
    r"""Return text that shows as it is where Markdown is rendered: ``![x](y)`` becomes ``!\[x]\(y)``."""
    return MARKUP.sub(r"\\\g<0>", text)


def footnotes(citations: Sequence[Citation], link: Link) -> str:
    """Return what follows an answer: each marker with its article, its words and where they open; empty for none."""
    if not citations:
        return ""
    lines = [
        f"[{citation.marker}] {_heading(citation)}: “{_quote(citation)}” {link(citation)}" for citation in citations
    ]
    return "\n\nSources:\n\n" + "\n\n".join(lines)


def annotations(content: str, citations: Sequence[Citation], link: Link) -> list[dict[str, Any]]:
    """Return one annotation for each marker in the text; its indices are those of the marker, in characters."""
    cited = {citation.marker: citation for citation in citations}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": found.start(),
                "end_index": found.end(),
                "url": link(cited[int(found[1])]),
                "title": cited[int(found[1])].title,
            },
        }
        for found in MARKER.finditer(content)
        if int(found[1]) in cited
    ]


def source_chips(citations: Sequence[Citation], link: Link) -> list[dict[str, Any]]:
    """Return the citations in the form that Open WebUI shows below an answer, one each, in the markers' order."""
    return [
        {
            "source": {"id": link(citation), "name": citation.title, "url": link(citation)},
            "document": [citation.quote],
            # It tells sources apart by this "source", and takes the name from here where there is a "source_url".
            "metadata": [{"source": link(citation), "source_url": link(citation), "name": citation.title}],
            "distances": [citation.score],
        }
        for citation in citations
    ]


def usage_dict(usage: Usage) -> dict[str, int]:
    """Return the tokens that were read and written."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def verdict(answer: Answer, ignored: Sequence[str]) -> dict[str, Any]:
    """Return what OpenAI's API has no place for; the sentences' offsets are those of the message's content."""
    return {
        "standalone_question": answer.standalone_question,
        "refused": answer.refused,
        "refusal_reason": answer.refusal_reason,
        "fault": answer.fault,
        "sentences": [_sentence(sentence, answer.text) for sentence in answer.sentences],
        "disagreements": [list(pair) for pair in answer.disagreements],
        "near_miss": asdict(answer.near_miss),
        "without_effect": list(ignored),
    }


def _sentence(sentence: AnswerSentence, text: str) -> dict[str, Any]:
    plain = asdict(sentence)
    if sentence.start is not None:
        # Markdown is escaped in the content, so what stands before may have grown.
        plain |= {name: len(plain_markdown(text[: plain[name]])) for name in ("start", "end")}
    return plain


def _heading(citation: Citation) -> str:
    parts = (citation.title, citation.date, citation.source, citation.part, citation.place)
    return plain_markdown(" · ".join(part for part in parts if part))


def _quote(citation: Citation) -> str:
    return plain_markdown(" ".join(citation.quote.split()))
