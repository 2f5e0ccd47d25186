"""Many questions read behind the same excerpts at once, each as a sequence of llama.cpp's that shares what is alike.

A question is a dozen tokens behind some three hundred, and as many as fit into a batch are read at the speed of a long
prompt: three times as many a second as one by one. The values differ from those only by rounding.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from rag.generate import Message
from rag.llama import LlamaCppGenerator
from rag.value_cache import read_values

# How many sequences there may be beside the one that has what they share.
MOST = 16
BATCH_TOKENS = 512


class Together:
    """Reads prompts that end with a question each, with the weights that a generator has loaded.

    Args:
        generator: whose model reads.
    """

    def __init__(self, generator: LlamaCppGenerator) -> None:
        self.generator = generator
        parameters = generator.model.context_params
        parameters.n_seq_max, parameters.kv_unified = MOST + 1, True
        parameters.n_ctx = BATCH_TOKENS + generator.context_tokens
        self._context = llama_cpp.llama_init_from_model(generator.model.model, parameters)
        self._memory = llama_cpp.llama_get_memory(self._context)

    def values(self, prompts: Sequence[Sequence[Message]], questions: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """Yield for each prompt every layer's values of its question's tokens, as (layers, tokens, width)."""
        for first in range(0, len(prompts), MOST):
            here = slice(first, first + MOST)
            read, asked = zip(*map(self._up_to_question, prompts[here], questions[here]), strict=True)
            shared = _alike([tokens[:-1] for tokens in read])
            own = [tokens[shared:] for tokens in read]
            llama_cpp.llama_memory_clear(self._memory, True)
            for start in range(0, shared, BATCH_TOKENS):
                self._read([(0, start, read[0][start : min(shared, start + BATCH_TOKENS)])])
            for sequence in range(1, len(own) + 1):
                llama_cpp.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)
            self._read([(sequence, shared, tokens) for sequence, tokens in enumerate(own, start=1)])
            for sequence, tokens in enumerate(asked, start=1):
                values = read_values(self._context, tokens, sequence)
                assert values is not None
                yield values

    def _up_to_question(self, messages: Sequence[Message], question: str) -> tuple[list[int], range]:
        tokens, _ = self.generator._prompt(messages, 1)
        asked = self.generator._question_tokens(tokens, question)
        assert asked
        return tokens[: asked.stop], asked

    def _read(self, parts: Sequence[tuple[int, int, Sequence[int]]]) -> None:
        """Read some tokens of each sequence, from a place on."""
        everything = [(sequence, start + i, token) for sequence, start, own in parts for i, token in enumerate(own)]
        with _batch(len(everything)) as batch:
            for at, (sequence, place, token) in enumerate(everything):
                batch.token[at], batch.pos[at], batch.n_seq_id[at], batch.seq_id[at][0] = token, place, 1, sequence
                batch.logits[at] = at == len(everything) - 1
            failed = llama_cpp.llama_decode(self._context, batch)
            assert not failed, failed


def _alike(prompts: Sequence[Sequence[int]]) -> int:
    """Return with how many of the same tokens all begin."""
    return sum(1 for _ in takewhile(lambda tokens: len(set(tokens)) == 1, zip(*prompts, strict=False)))


@contextmanager
def _batch(size: int) -> Iterator[Any]:
    batch = llama_cpp.llama_batch_init(size, 0, 1)
    batch.n_tokens = size
    try:
        yield batch
    finally:
        llama_cpp.llama_batch_free(batch)
