"""Reads statements behind texts, for what a text makes of the language model's state.

They are read in a llama.cpp context beside the generator's own, on the same weights. A text is read once for all
statements about it, as long as they come one after another; then a statement costs its own tokens.
"""

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.generate import Message
from rag.llama import LlamaCppGenerator
from rag.sequences import BATCH_TOKENS, count_alike, read_parts
from rag.value_cache import read_values

# Sequences: what stands before a statement is kept; the statement is read behind a copy.
BEFORE, BEHIND = range(2)


class StatementReader:
    """Reads statements with the weights that a generator has loaded; several threads may use it, one after another.

    Args:
        generator: whose model reads, up to its ``context_tokens``.
    """

    def __init__(self, generator: LlamaCppGenerator) -> None:
        self.generator = generator
        self._lock = threading.Lock()
        self._kept: list[int] = []

    @cached_property
    def _context(self) -> Any:
        import llama_cpp

        model = self.generator.model
        parameters = llama_cpp.llama_context_params.from_buffer_copy(model.context_params)
        parameters.n_seq_max, parameters.kv_unified = BEHIND + 1, True
        parameters.n_ctx, parameters.n_batch = self.generator.context_tokens, BATCH_TOKENS
        return llama_cpp.llama_init_from_model(model.model, parameters)

    @cached_property
    def _memory(self) -> Any:
        import llama_cpp

        return llama_cpp.llama_get_memory(self._context)

    def values(self, messages: Sequence[Message], statement: str) -> NDArray[np.float32] | None:
        """Return each layer's values of the tokens of a statement that a prompt ends with, as (layers, tokens, width).

        None where this build of llama.cpp, or this model, keeps its state in another layout. Raises QuestionError where
        the prompt does not fit into the model's context.
        """
        import llama_cpp

        with self._lock:
            tokens, places = self.generator.tokens_up_to(messages, statement)
            self._keep(tokens[: places.start])
            llama_cpp.llama_memory_seq_cp(self._memory, BEFORE, BEHIND, -1, -1)
            try:
                read_parts(self._context, [(BEHIND, places.start, tokens[places.start :])])
                return read_values(self._context, places, BEHIND)
            finally:
                llama_cpp.llama_memory_seq_rm(self._memory, BEHIND, -1, -1)

    def _keep(self, tokens: list[int]) -> None:
        """Have what stands before a statement read, but for what it has in common with what stood before the last."""
        import llama_cpp

        alike = count_alike([self._kept, tokens])
        llama_cpp.llama_memory_seq_rm(self._memory, BEFORE, alike, -1)
        self._kept = tokens[:alike]
        read_parts(self._context, [(BEFORE, alike, tokens[alike:])])
        self._kept = tokens

    def close(self) -> None:
        """Give the context's memory back."""
        if "_context" in self.__dict__:
            import llama_cpp

            llama_cpp.llama_free(self._context)
            for name in ("_context", "_memory"):
                self.__dict__.pop(name, None)
            self._kept = []
