"""What a probe reads in a language model's state, from the state of a real context."""

import json
from typing import get_args

import numpy as np
import pytest

from rag.answerable import OF_WORD_AND_STATE, likely_answerable
from rag.datatypes import Usage
from rag.generate import Message, Weighed
from rag.llama import LlamaCppGenerator
from rag.models.catalogue import find_model
from rag.probe import (
    FOLDER,
    Kind,
    Probe,
    last_and_mean,
    load_probe,
    probe_fingerprint,
)
from rag.value_cache import parse_values, read_values

QUESTION = "How long do bats sleep?"
MESSAGES = [Message("user", f"Bats sleep for twenty hours.\n\nQuestion: {QUESTION}\nReply yes or no.")]


def like(values: np.ndarray) -> Probe:
    """Return a probe whose log odds tell how much these tokens' values have in common with what it is shown."""
    told = last_and_mean(values)
    heedless = np.zeros((values.shape[0], values.shape[2]), dtype=np.float32)
    return Probe(0, 0.0, told / np.sum(told**2), heedless, heedless)


@pytest.mark.models
def test_a_token_has_the_same_values_whatever_follows_it(generator: LlamaCppGenerator) -> None:
    found = []
    for text in ("Bats sleep for twenty hours.", "Bats sleep long."):
        tokens = generator.model.tokenize(text.encode(), add_bos=False)
        generator.model.n_tokens = 0
        generator.model.eval(tokens)
        values = read_values(generator.model.ctx, range(2))
        assert values is not None
        found.append(values)
        assert read_values(generator.model.ctx, range(1, len(tokens) + 1)) is None
    assert found[0].shape[:2] == (int(generator.model.metadata["llama.block_count"]), 2)
    assert np.abs(found[0]).max() > 0
    assert found[0] == pytest.approx(found[1], abs=1e-2)


@pytest.mark.models
def test_the_probe_looks_at_the_tokens_of_the_question(generator: LlamaCppGenerator) -> None:
    assert generator.weigh(MESSAGES, ["yes", "no"], QUESTION).answered is None  # this model has no probe
    formatted, _, _ = MESSAGES[0].content.partition("\nReply")
    prompt, _ = generator._prompt([Message("user", formatted)], 1)
    texts = [generator.model.detokenize(prompt[: at + 1]) for at in range(len(prompt))]
    end = next(at for at, text in enumerate(texts) if QUESTION.encode() in text)
    start = max(at for at in range(end) if QUESTION.encode() in generator.model.detokenize(prompt[at : end + 1]))
    generator.model.n_tokens = 0
    generator.model.eval(prompt)
    values = read_values(generator.model.ctx, range(start, end + 1))
    assert values is not None
    generator.answerable_probe = like(values)
    try:
        first, again = (generator.weigh(MESSAGES, ["yes", "no"], QUESTION).answered for _ in range(2))
        elsewhere = generator.weigh(MESSAGES, ["yes", "no"], "Bats").answered
        nowhere = generator.weigh(MESSAGES, ["yes", "no"], "How long do cats sleep?").answered
    finally:
        generator.answerable_probe = None
    assert first == again
    assert first == pytest.approx(1, abs=0.2)
    assert elsewhere is not None
    assert elsewhere < 0.8
    assert nowhere is None


@pytest.mark.models
def test_a_state_of_another_layout_is_not_read(generator: LlamaCppGenerator) -> None:
    import ctypes

    import llama_cpp

    generator.model.n_tokens = 0
    generator.model.eval(generator.model.tokenize(b"Bats sleep.", add_bos=False))
    size = llama_cpp.llama_state_seq_get_size(generator.model.ctx, 0)
    buffer = (ctypes.c_uint8 * size)()
    llama_cpp.llama_state_seq_get_data(generator.model.ctx, buffer, size, 0)
    state = bytes(buffer)
    assert parse_values(memoryview(state), range(1)) is not None
    assert parse_values(memoryview(state[:-1]), range(1)) is None
    assert parse_values(memoryview(state + b"\0"), range(1)) is None
    assert parse_values(memoryview(b""), range(1)) is None
    for at in range(8, 16):
        assert parse_values(memoryview(state[:at] + b"\7" + state[at + 1 :]), range(1)) is None


def test_the_last_token_and_the_mean_of_all_are_told_of_each_layer() -> None:
    values = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    assert last_and_mean(values).tolist() == [[[4, 5], [2, 3]], [[10, 11], [8, 9]]]


def test_a_token_that_is_heeded_outweighs_the_others() -> None:
    nothing = np.zeros((1, 2, 2), dtype=np.float32)
    attention, weights = np.array([[9.0, 0.0]], dtype=np.float32), np.array([[0.0, 3.0]], dtype=np.float32)
    heeding = Probe(1, 0.5, nothing, attention, weights)
    # Of the second layer, the tokens: the third one has what is looked for, and something to tell.
    values = np.zeros((2, 4, 2), dtype=np.float32)
    values[1] = [[0, 1], [0, 1], [2, -1], [0, 1]]
    assert heeding.log_odds(values) == pytest.approx(0.5 - 3, abs=1e-4)
    assert Probe(1, 0.5, nothing, 0 * attention, weights).log_odds(values) == pytest.approx(0.5 + 3 / 2)
    assert heeding.log_odds(values + 50) == pytest.approx(0.5 - 3 + 150, abs=1e-3)


def test_each_probe_is_of_a_language_model_in_the_catalogue() -> None:
    for kind in get_args(Kind):
        [path] = (FOLDER / kind).iterdir()
        assert any(file.name.endswith(".gguf") for file in find_model(path.stem).files)
        assert len(probe_fingerprint(kind, path.stem)) == 64


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_probe_is_read_as_it_was_written(kind: Kind) -> None:
    [path] = (FOLDER / kind).iterdir()
    probe, kept = load_probe(kind, path.stem), json.loads(path.read_text())
    assert probe is not None
    layers, width = probe.attended.shape
    alike = np.ones((probe.first_layer + layers, 3, width), dtype=np.float32)
    told = kept["bias"] + np.sum(kept["weights"]) + np.sum(kept["attended"])
    assert probe.log_odds(alike) == pytest.approx(told, abs=1e-3)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_model_without_a_probe_has_none(kind: Kind) -> None:
    assert load_probe(kind, "any.gguf") is None
    assert load_probe(kind, "models/any.gguf") is None
    assert probe_fingerprint(kind, "any.gguf") == ""


def test_the_surer_the_state_the_likelier_the_answer() -> None:
    likely = [likely_answerable(QUESTION, [], Weighed((0.5, 0.5), Usage(), answered)) for answered in (-2.0, 0.0, 2.0)]
    assert likely == sorted(likely)
    odds = [np.log(each / (1 - each)) for each in likely]
    assert odds[2] - odds[0] == pytest.approx(4 * OF_WORD_AND_STATE[-1])
