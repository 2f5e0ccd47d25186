"""An answer tells what the language model was shown of what was found, and what did not fit."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.datatypes import Answer, EvidenceSpan
from rag.library import Library
from rag.saved.page import render_answer
from rag.saved.record import read_answer, save_answer
from rag.testing import ScriptedGenerator, tiny_library

QUESTION = "How long do cats sleep?"
REPLY = "Cats sleep sixteen hours a day."
ARTICLE = "\n\n".join(
    [
        "Cats sleep sixteen hours a day. " + "They dream of mice and of the long warm afternoons in the barn. " * 3,
        "Dogs sleep less than cats. " + "They guard the house and the yard and all the sheep upon the hill. " * 3,
        "Bats sleep longer than cats. " + "They hang in the caves below the northern cliffs and in the old mill. " * 3,
    ]
)


def ask(folder: Path, tokens: int) -> tuple[Answer, Library]:
    library = tiny_library(folder, {"cats.md": ARTICLE}, chunk_tokens=60, evidence_tokens=tokens)
    return Assistant(library, generator=ScriptedGenerator(lambda _: REPLY)).ask(QUESTION), library


def words_of(spans: Sequence[EvidenceSpan], library: Library) -> int:
    (document,) = library.documents()
    return sum(len(document.text[span.start : span.end].split()) for span in spans)


@pytest.mark.parametrize("tokens", [64, 90, 1_000])
def test_the_hits_are_parted_into_what_is_shown_and_what_is_not(tmp_path: Path, tokens: int) -> None:
    answer, library = ask(tmp_path, tokens)
    (document,) = library.documents()
    assert words_of(answer.shown, library) <= tokens
    assert bool(answer.not_shown) == (tokens < 1_000)
    for hit in answer.hits:
        spans = [span for span in (*answer.shown, *answer.not_shown) if span.chunk_id == hit.chunk.id]
        spans.sort(key=lambda span: span.start)
        assert " ".join(" ".join(document.text[span.start : span.end].split()) for span in spans) == " ".join(
            hit.chunk.text.split()
        )
        assert max(span.relevance for span in spans) == max(hit.relevance)
    assert REPLY in " ".join(document.text[span.start : span.end] for span in answer.shown)


def test_nothing_is_shown_where_the_model_is_not_asked(library: Library) -> None:
    answer = Assistant(library, generator=ScriptedGenerator([])).ask("Zebras juggle quickly?")
    assert (answer.shown, answer.not_shown) == ((), ())


def test_the_json_has_spans_and_survives_saving(tmp_path: Path) -> None:
    answer, library = ask(tmp_path, 64)
    plain = json.loads(json.dumps(answer.to_dict()))
    assert set(plain["not_shown"][0]) == {"chunk_id", "start", "end", "relevance"}
    assistant = Assistant(library, generator=ScriptedGenerator([]))
    save_answer(answer, assistant).write(tmp_path / "answer.json")
    saved = read_answer(tmp_path / "answer.json")
    assert saved.answer == plain
    assert "sixteen hours" in render_answer(saved.answer)
