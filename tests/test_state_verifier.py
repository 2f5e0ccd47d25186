"""A language model's state as the verifier: what it reads, and what comes of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.attribute import attribute_sentence
from rag.datatypes import Document
from rag.errors import ModelError, UnknownModel
from rag.evaluate.verify import source_evidence
from rag.llama import LlamaCppGenerator
from rag.probe import Probe
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.sequences import Part, read_parts
from rag.settings import DEFAULT_LLM, Settings
from rag.state_verifier import StateVerifier, borne_prompt
from rag.statement_reader import StatementReader
from rag.value_cache import read_values
from rag.verifiers import load_verifier
from tests.conftest import SMALL, Command

BATS = "Bats sleep for twenty hours. They hunt at night."
SLEEP = "Bats sleep long."
MOSSES = "Mosses have no roots. They drink with their leaves."
# Written here, none of them in the data that the probe was fitted to: what the article says, and what it does not.
BRIDGE = (
    "The council of Verhoorn closed the old bridge on Monday after engineers found cracks in two of its pillars. "
    "Repairs will cost 3.2 million euros and take until spring. The ferry carries walkers meanwhile, but no cars. "
    "Mayor Ilse Brandt said that the engineers had warned of the cracks last year, and that nobody had listened."
)
BORNE = (
    "The bridge in Verhoorn was closed because its pillars had cracks.",
    "Cars cannot take the ferry while the bridge is repaired.",
    "According to the mayor, warnings about the cracks were ignored last year.",
)
NOT_BORNE = (
    "The bridge in Verhoorn was opened because its pillars had no cracks.",
    "Walkers cannot take the ferry while the bridge is repaired.",
    "According to the engineers, warnings by the mayor were ignored last year.",
)

# The probe was fitted to English alone.
HARBOUR = (
    "Der Bau des neuen Hafens in Lindau kostete 14 Millionen Euro und dauerte drei Jahre. Bürgermeisterin Claudia "
    "Alfons eröffnete ihn am Samstag. Die Fischer hatten gegen den Umbau geklagt, verloren aber vor Gericht."
)
BORNE_IN_GERMAN = (
    "Der Bau des neuen Hafens kostete 14 Millionen Euro.",
    "Die Fischer klagten gegen den Umbau.",
    "Die Bürgermeisterin eröffnete den Hafen.",
)
NOT_BORNE_IN_GERMAN = (
    "Der Bau des neuen Hafens kostete 40 Millionen Euro.",
    "Die Hoteliers klagten gegen den Umbau.",
    "Die Fischer eröffneten den Hafen.",
)


UNSURE = Probe(0, 0.0, *(np.zeros(shape, dtype=np.float32) for shape in ((1, 2, 1), (1, 1), (1, 1))))


@pytest.fixture
def reader(generator: LlamaCppGenerator) -> Iterator[StatementReader]:
    reader = StatementReader(generator)
    yield reader
    reader.close()


def values(reader: StatementReader, text: str, statement: str) -> np.ndarray:
    found = reader.values(borne_prompt(text, statement), statement)
    assert found is not None
    return found


def apart(some: np.ndarray, others: np.ndarray) -> float:
    """Return by which share of their length figures differ."""
    return float(np.linalg.norm(some - others) / np.linalg.norm(others))


def by_itself(generator: LlamaCppGenerator, text: str, statement: str) -> np.ndarray:
    """Return the same values, the prompt read in the generator's own context."""
    tokens, places = generator.tokens_up_to(borne_prompt(text, statement), statement)
    generator.model.n_tokens = 0
    generator.model.eval(tokens)
    values = read_values(generator.model.ctx, places)
    assert values is not None
    return values


@pytest.mark.models
def test_a_statement_is_read_behind_its_text(generator: LlamaCppGenerator, reader: StatementReader) -> None:
    # What a shorter text leaves of a longer one's room is filled in another order.
    for text, statement in (
        (BATS * 6, SLEEP),
        (MOSSES * 2, SLEEP),
        (BATS * 4, SLEEP),
        (BATS, "They hunt."),
        (BATS, SLEEP),
    ):
        wanted = by_itself(generator, text, statement)
        # Read in other batches, values are rounded otherwise.
        assert apart(values(reader, text, statement), wanted) < 0.03
    assert apart(values(reader, MOSSES, SLEEP), wanted) > 0.1


@pytest.mark.models
def test_a_text_is_read_once_for_its_statements(reader: StatementReader, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def count(context: Any, parts: Sequence[Part]) -> None:
        read.append(sum(len(tokens) for _, _, tokens in parts))
        read_parts(context, parts)

    monkeypatch.setattr("rag.statement_reader.read_parts", count)
    values(reader, BATS, SLEEP)
    first = sum(read)
    read.clear()
    values(reader, BATS, SLEEP)
    assert 0 < sum(read) < first / 3


@pytest.mark.models
def test_of_a_long_text_what_stands_around_the_sources_is_read(
    generator: LlamaCppGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    verifier = StateVerifier(generator, UNSURE)

    def see(text: str, _: str) -> float:
        seen.append(text)
        return 0.5

    monkeypatch.setattr(verifier, "likely_borne", see)
    monkeypatch.setattr("rag.state_verifier.MOST_TOKENS", 30)
    text = " ".join(f"Boat {number} carries sand." for number in range(40))
    assert verifier.check_entailment(attribute_sentence("Boat 20 carries sand.", evidence_of(text))) is True
    [read] = seen
    assert "Boat 20 carries" in read
    assert "Boat 19 carries" in read
    assert read in text  # nothing is left out between
    assert len(read) < len(text) / 4


def evidence_of(text: str) -> list[Evidence]:
    document = Document(id="d", text=text, title="", source="d.md")
    return [Evidence(document, 0, sentence, 1.0) for sentence in split_sentences(text, "en")]


@pytest.mark.models
def test_the_default_model_tells_what_an_article_says_from_what_it_does_not() -> None:
    verifier = load_verifier(DEFAULT_LLM, Settings.read(offline=True))
    assert isinstance(verifier, StateVerifier)
    for text, right, wrong in ((BRIDGE, BORNE, NOT_BORNE), (HARBOUR, BORNE_IN_GERMAN, NOT_BORNE_IN_GERMAN)):
        borne, not_borne = ([verifier.likely_borne(text, line) for line in lines] for lines in (right, wrong))
        # Of single pairs it is wrong too often to be held to each (benchmarks/runs/statements.txt).
        assert sum(borne) > sum(not_borne) + 0.5, (borne, not_borne)
    assert verifier.check_entailment(attribute_sentence("Elephants paint.", source_evidence([BRIDGE]))) is None
    assert verifier.fingerprint.startswith(DEFAULT_LLM)


def test_a_language_model_without_a_probe_is_no_verifier(tmp_path: Path, command: Command) -> None:
    with pytest.raises(UnknownModel, match=f"'{SMALL}' has no probe .*; take {DEFAULT_LLM}, or a cross-encoder"):
        load_verifier(SMALL, Settings.read(offline=True))
    (tmp_path / "pairs.jsonl").write_text(
        '{"id": "1", "claim": "Bats sleep.", "source": ["Bats sleep."], "label": "supported", "edit_types": []}\n'
    )
    ran = command("eval", "verify", tmp_path / "pairs.jsonl", "--verifier", SMALL, "--out", tmp_path / "run")
    assert (ran.status, ran.stderr.count("\n")) == (2, 1)
    assert "no probe" in ran.stderr


@pytest.mark.models
def test_a_state_that_cannot_be_read_is_told(generator: LlamaCppGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = StateVerifier(generator, UNSURE)
    monkeypatch.setattr("rag.statement_reader.read_values", lambda *_: None)
    with pytest.raises(ModelError, match=f"The state of {SMALL} cannot be read"):
        verifier.likely_borne(BATS, SLEEP)
