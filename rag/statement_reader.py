"""Reads a statement behind a text, and by itself, for what the text makes of the language model's state.

Both readings are sequences of a llama.cpp context beside the generator's own, on the same weights. A text is read once
for all statements about it, as long as they come one after another; then a statement costs its own tokens, twice.
"""

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.generate import Message
from rag.llama import LlamaCppGenerator
from rag.probe import mean_and_change
from rag.sequences import BATCH_TOKENS, count_alike, read_parts
from rag.value_cache import read_values

# Sequences: what stands before a statement with a text, and without one, is kept; the statement is read behind copies.
TEXT, NOTHING, BEHIND_TEXT, ALONE = range(4)


class StatementReader:
    """Reads statements with the weights that a generator has loaded; several threads may use it, one after another.

    Args:
        generator: whose model reads, up to its ``context_tokens``.
    """

    def __init__(self, generator: LlamaCppGenerator) -> None:
        self.generator = generator
        self._lock = threading.Lock()
        self._kept: dict[int, list[int]] = {TEXT: [], NOTHING: []}

    @cached_property
    def _context(self) -> Any:
        import llama_cpp

        model = self.generator.model
        parameters = llama_cpp.llama_context_params.from_buffer_copy(model.context_params)
        parameters.n_seq_max, parameters.kv_unified = ALONE + 1, True
        parameters.n_ctx, parameters.n_batch = 2 * self.generator.context_tokens, BATCH_TOKENS
        return llama_cpp.llama_init_from_model(model.model, parameters)

    @cached_property
    def _memory(self) -> Any:
        import llama_cpp

        return llama_cpp.llama_get_memory(self._context)

    def figures(
        self, behind_text: Sequence[Message], alone: Sequence[Message], statement: str
    ) -> NDArray[np.float32] | None:
        """Return ``mean_and_change`` of a statement's tokens at the end of a prompt with a text, and of one without.

        None where this build of llama.cpp, or this model, keeps its state in another layout. Raises QuestionError where
        a prompt does not fit into the model's context.
        """
        import llama_cpp

        with self._lock:
            places, parts = {}, []
            for kept, sequence, messages in ((TEXT, BEHIND_TEXT, behind_text), (NOTHING, ALONE, alone)):
                tokens, places[sequence] = self.generator.tokens_up_to(messages, statement)
                start = places[sequence].start
                self._keep(kept, tokens[:start])
                llama_cpp.llama_memory_seq_cp(self._memory, kept, sequence, -1, -1)
                parts.append((sequence, start, tokens[start:]))
            try:
                read_parts(self._context, parts)
                values, by_itself = (read_values(self._context, at, sequence) for sequence, at in places.items())
            finally:
                for sequence in places:
                    llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        return None if values is None or by_itself is None else mean_and_change(values, by_itself)

    def _keep(self, sequence: int, tokens: list[int]) -> None:
        """Have a sequence hold these tokens, reading only those that it does not begin with."""
        import llama_cpp

        alike = count_alike([self._kept[sequence], tokens])
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, alike, -1)
        self._kept[sequence] = tokens[:alike]
        read_parts(self._context, [(sequence, alike, tokens[alike:])])
        self._kept[sequence] = tokens

    def close(self) -> None:
        """Give the context's memory back."""
        if "_context" in self.__dict__:
            import llama_cpp

            llama_cpp.llama_free(self._context)
            for name in ("_context", "_memory"):
                self.__dict__.pop(name, None)
            self._kept = {TEXT: [], NOTHING: []}
