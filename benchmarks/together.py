"""Many texts read behind the same text at once, each as a sequence of llama.cpp's that shares what is alike.

A question is a dozen tokens behind some three hundred, and as many as fit into a batch are read at the speed of a long
prompt: three times as many a second as one by one. The values differ from those only by rounding.
"""

from collections.abc import Iterator, Sequence

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from rag.generate import Message
from rag.llama import LlamaCppGenerator
from rag.sequences import BATCH_TOKENS, count_alike, read_parts
from rag.value_cache import read_values

# How many sequences there may be beside the one that has what they share.
MOST = 16


class Together:
    """Reads prompts, and in each a text such as its question, with the weights that a generator has loaded.

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

    def values(self, prompts: Sequence[Sequence[Message]], texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """Yield for each prompt every layer's values of its text's tokens, as (layers, tokens, width)."""
        for first in range(0, len(prompts), MOST):
            here = slice(first, first + MOST)
            read, places = zip(*map(self.generator.tokens_up_to, prompts[here], texts[here]), strict=True)
            shared = count_alike([tokens[:-1] for tokens in read])
            own = [tokens[shared:] for tokens in read]
            llama_cpp.llama_memory_clear(self._memory, True)
            read_parts(self._context, [(0, 0, read[0][:shared])])
            for sequence in range(1, len(own) + 1):
                llama_cpp.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)
            read_parts(self._context, [(sequence, shared, tokens) for sequence, tokens in enumerate(own, start=1)])
            for sequence, tokens in enumerate(places, start=1):
                values = read_values(self._context, tokens, sequence)
                assert values is not None
                yield values
