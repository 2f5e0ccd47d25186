"""Reads tokens into the sequences of a llama.cpp context: several texts at once, behind what they have in common."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from llama_cpp import llama_context_p

BATCH_TOKENS = 512
# A sequence, the place of the first token in it, and the tokens.
Part: TypeAlias = tuple[int, int, Sequence[int]]


def read_parts(context: "llama_context_p", parts: Sequence[Part]) -> None:
    """Have a context read tokens of its sequences, as many at once as its batch has room for."""
    import llama_cpp

    everything = [(sequence, place, token) for sequence, start, own in parts for place, token in enumerate(own, start)]
    for first in range(0, len(everything), BATCH_TOKENS):
        here = everything[first : first + BATCH_TOKENS]
        with _batch(len(here)) as batch:
            for at, (sequence, place, token) in enumerate(here):
                batch.token[at], batch.pos[at], batch.n_seq_id[at], batch.seq_id[at][0] = token, place, 1, sequence
                batch.logits[at] = at == len(here) - 1
            failed = llama_cpp.llama_decode(context, batch)
        if failed:
            raise MemoryError(f"llama.cpp could not read {len(here)} tokens ({failed})")


def count_alike(prompts: Sequence[Sequence[int]]) -> int:
    """Return with how many of the same tokens all begin."""
    return sum(1 for _ in takewhile(lambda tokens: len(set(tokens)) == 1, zip(*prompts, strict=False)))


@contextmanager
def _batch(size: int) -> Iterator[Any]:
    import llama_cpp

    batch = llama_cpp.llama_batch_init(size, 0, 1)
    batch.n_tokens = size
    try:
        yield batch
    finally:
        llama_cpp.llama_batch_free(batch)
