"""BERT in NumPy: for one question it has answered long before torch is imported, and with the same vector."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel
from safetensors import safe_open
from safetensors.numpy import load_file

from embeddings.encoder import Vectors
from embeddings.threads import single_threaded

# OpenBLAS multiplies small matrices where they lie, and copies larger ones before (from a million multiplications on).
# For a question's few tokens, copying the weights costs half of the time; so they are multiplied in blocks of rows.
FEW_TOKENS, BLOCK = 40, 16


class BertConfig(BaseModel):
    """What of a ``config.json`` decides the outcome; a value that would make it another network is refused."""

    model_type: Literal["bert"]
    hidden_act: Literal["gelu"]
    position_embedding_type: Literal["absolute"] = "absolute"
    is_decoder: Literal[False] = False
    dtype: Literal["float32"] | None = None
    torch_dtype: Literal["float32"] | None = None
    hidden_size: int
    intermediate_size: int
    layer_norm_eps: float
    max_position_embeddings: int
    num_attention_heads: int
    num_hidden_layers: int
    type_vocab_size: int
    vocab_size: int

    def shapes(self) -> Iterator[tuple[str, list[int]]]:
        """Name each tensor of the network, with its shape."""
        size, inner = self.hidden_size, self.intermediate_size
        yield "embeddings.word_embeddings.weight", [self.vocab_size, size]
        yield "embeddings.position_embeddings.weight", [self.max_position_embeddings, size]
        yield "embeddings.token_type_embeddings.weight", [self.type_vocab_size, size]
        norms = ["embeddings"]
        for layer in map("encoder.layer.{}".format, range(self.num_hidden_layers)):
            for part in (
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
            ):
                yield f"{layer}.{part}.weight", [size, size]
                yield f"{layer}.{part}.bias", [size]
            yield f"{layer}.intermediate.dense.weight", [inner, size]
            yield f"{layer}.intermediate.dense.bias", [inner]
            yield f"{layer}.output.dense.weight", [size, inner]
            yield f"{layer}.output.dense.bias", [size]
            norms += [f"{layer}.attention.output", f"{layer}.output"]
        for part in norms:
            yield f"{part}.LayerNorm.weight", [size]
            yield f"{part}.LayerNorm.bias", [size]


def holds_network(file: Path, config: BertConfig) -> bool:
    """Tell whether a safetensors file has every tensor of the network in float32; only its header is read.

    Raises:
        OSError, SafetensorError: the file cannot be read, or is cut short.
    """
    with safe_open(file, framework="numpy") as tensors:
        there = set(tensors.keys())
        slices = ((tensors.get_slice(name), shape) if name in there else None for name, shape in config.shapes())
        return all(found and found[0].get_dtype() == "F32" and found[0].get_shape() == found[1] for found in slices)


class Bert:
    """The encoder of Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019), for one text.

    Args:
        file: the weights, as ``holds_network`` accepts them.
        config: the network's sizes.
    """

    def __init__(self, file: Path, config: BertConfig) -> None:
        self.config = config
        self._weights: dict[str, Vectors] = load_file(file)

    def last_hidden_state(self, tokens: Sequence[int]) -> Vectors:
        """Return a vector for each token, shape (number of tokens, ``hidden_size``)."""
        # On a busy machine more threads take thirty times as long.
        with single_threaded():
            table = self._weights
            words = table["embeddings.word_embeddings.weight"][list(tokens)]
            positions = table["embeddings.position_embeddings.weight"][: len(tokens)]
            states = self._norm("embeddings", words + positions + table["embeddings.token_type_embeddings.weight"][0])
            for layer in map("encoder.layer.{}".format, range(self.config.num_hidden_layers)):
                attended = self._linear(f"{layer}.attention.output.dense", self._attend(layer, states))
                states = self._norm(f"{layer}.attention.output", states + attended)
                inner = _gelu(self._linear(f"{layer}.intermediate.dense", states))
                states = self._norm(f"{layer}.output", states + self._linear(f"{layer}.output.dense", inner))
            return states

    def _attend(self, layer: str, states: Vectors) -> Vectors:
        heads, width = self.config.num_attention_heads, self.config.hidden_size // self.config.num_attention_heads
        query, key, value = (
            self._linear(f"{layer}.attention.self.{part}", states).reshape(-1, heads, width).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        weights = _softmax(query @ key.transpose(0, 2, 1) / np.float32(math.sqrt(width)))
        attended: Vectors = (weights @ value).transpose(1, 0, 2).reshape(states.shape)
        return attended

    def _linear(self, part: str, states: Vectors) -> Vectors:
        # This is ``states @ weight.T``, a quarter faster: so BLAS reads the weights in the order in which they lie.
        weight = self._weights[f"{part}.weight"]
        rows = math.gcd(len(weight), BLOCK) if len(states) <= FEW_TOKENS else len(weight)
        product = weight.reshape(-1, rows, weight.shape[1]) @ states.T
        product = np.ascontiguousarray(product.reshape(len(weight), -1).T)
        transformed: Vectors = product + self._weights[f"{part}.bias"]
        return transformed

    def _norm(self, part: str, states: Vectors) -> Vectors:
        centred = states - states.mean(axis=-1, keepdims=True)
        deviation = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(self.config.layer_norm_eps))
        scaled: Vectors = centred / deviation * self._weights[f"{part}.LayerNorm.weight"]
        return scaled + self._weights[f"{part}.LayerNorm.bias"]


def _softmax(scores: Vectors) -> Vectors:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Vectors = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _gelu(states: Vectors) -> Vectors:
    half, root = np.float32(0.5), np.float32(math.sqrt(2))
    activated: Vectors = states * half * (np.float32(1) + _erf(states / root))
    return activated


def _erf(x: Vectors) -> Vectors:
    """Return the error function to within 5e-7.

    Formula 7.1.26 of Abramowitz & Stegun, "Handbook of Mathematical Functions" (1964): importing SciPy's, or calling
    ``math.erf`` for each number, takes longer than all else that is done for a question.
    """
    size = np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * size)
    polynomial = np.zeros_like(t)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        polynomial = (polynomial + np.float32(coefficient)) * t
    found: Vectors = np.copysign(1 - polynomial * np.exp(-size * size), x)
    return found
