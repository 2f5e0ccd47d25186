"""What the model's state said of a sentence as it wrote it: read in the reply, and one check of the answer."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.attribute import attribute_sentence
from rag.datatypes import Document, Status
from rag.generate import Message
from rag.llama import LlamaCppGenerator, load_generator
from rag.own_reading import LEAST_LOG_ODDS, STATE, check_state
from rag.probe import Probe
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.settings import DEFAULT_LLM, Policy, Settings
from rag.testing import ScriptedGenerator, tiny_library
from rag.value_cache import read_values

ARTICLE = "The museum in Tarn keeps shells. The museum in Tarn opened its doors on 4 May 1921."
SHELLS = "The museum keeps shells."
OPENED = "The museum opened on 4 May 1921."
PROMPT = [Message("user", f"{ARTICLE}\n\nWhat do you know of the museum? Answer in three short sentences.")]


def reads(reply: str, log_odds: float) -> ScriptedGenerator:
    """Return what writes one sentence, and whose state says that of it."""
    return ScriptedGenerator([reply], borne={reply: log_odds})


def test_a_sentence_passes_as_its_model_has_read_it() -> None:
    document = Document(id="d", text=ARTICLE, title="Museum", source="museum.md")
    evidence = [Evidence(document, 0, sentence, 1.0) for sentence in split_sentences(ARTICLE)]
    attribution = attribute_sentence(SHELLS, evidence)
    assert check_state(attribution, {SHELLS: LEAST_LOG_ODDS}) is True
    assert check_state(attribution, {SHELLS: LEAST_LOG_ODDS - 0.1}) is False
    assert check_state(attribution, {OPENED: -9.0}) is None


def test_a_sentence_that_its_model_has_not_read_gives_way_to_the_source(tmp_path: Path) -> None:
    library = tiny_library(tmp_path / "articles", {"museum.md": f"# Museum\n\n{ARTICLE}"})
    question = "When did the museum in Tarn open its doors?"
    sure = Assistant(library, generator=reads(OPENED, 3.0)).ask(question)
    assert (sure.text, sure.sentences[0].checks[STATE]) == (f"{OPENED[:-1]} [1].", True)
    doubtful = Assistant(library, generator=reads(OPENED, -3.0)).ask(question)
    assert doubtful.text == "The museum in Tarn opened its doors on 4 May 1921 [1]."
    left_out = doubtful.sentences[0]
    assert (left_out.text, left_out.start, left_out.status) == (OPENED, None, Status.PARTIAL)
    assert left_out.checks[STATE] is False
    settings = library.settings.model_copy(update={"policy": Policy.OFF})
    said = Assistant(library, settings=settings, generator=reads(OPENED, -3.0)).ask(question)
    assert said.text.startswith(OPENED[:-1])


def test_words_of_the_source_are_not_doubted(tmp_path: Path) -> None:
    library = tiny_library(tmp_path / "articles", {"museum.md": f"# Museum\n\n{ARTICLE}"})
    quote = "The museum in Tarn keeps shells."
    answer = Assistant(library, generator=reads(quote, -3.0)).ask("What does the museum in Tarn keep?")
    assert [(sentence.text, sentence.status) for sentence in answer.sentences] == [
        (f"{quote[:-1]} [1].", Status.QUOTED)
    ]


@pytest.mark.models
def test_the_probe_looks_at_the_tokens_of_each_sentence(generator: LlamaCppGenerator) -> None:
    prompt, _ = generator._prompt(PROMPT, 1)
    sentences = {text: generator.model.tokenize(text.encode(), add_bos=False) for text in (SHELLS, f" {OPENED}")}
    generator.model.n_tokens = 0
    generator.model.eval([*prompt, *chain.from_iterable(sentences.values())])
    assert generator._borne(len(prompt)) == {}  # this model has no probe
    values = read_values(generator.model.ctx, range(len(prompt), generator.model.n_tokens))
    assert values is not None
    # Its log odds are the mean of what the first layer has of the tokens.
    width = values.shape[2]
    heedless, weights = np.zeros((1, width), dtype=np.float32), np.zeros((1, 2, width), dtype=np.float32)
    weights[0, 1] = 1
    generator.borne_probe = Probe(0, 0.0, weights, heedless, heedless)
    try:
        borne = generator._borne(len(prompt))
        pieces = list(generator.stream(PROMPT, 20))
    finally:
        generator.borne_probe = None
    first = len(sentences[SHELLS])
    wanted = {SHELLS: values[0, :first].mean(axis=0).sum(), OPENED: values[0, first:].mean(axis=0).sum()}
    assert borne == pytest.approx(wanted, abs=1e-3)
    assert pieces[-1].borne
    assert not any(piece.borne for piece in pieces[:-1])


@pytest.mark.models
def test_the_default_model_has_read_what_it_writes_of_an_article() -> None:
    generator = load_generator(DEFAULT_LLM, Settings.read(offline=True))
    pieces = list(generator.stream(PROMPT, 40))
    generator.close()
    borne, text = pieces[-1].borne, "".join(piece.text for piece in pieces)
    assert borne
    assert all(sentence in text for sentence in borne)
    assert max(borne.values()) > LEAST_LOG_ODDS
