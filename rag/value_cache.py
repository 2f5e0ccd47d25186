"""What llama.cpp's attention keeps of tokens that it has read, taken from the state of a context.

Each layer keeps a key and a value of every token. The values are linear in the layer's input, so they are a view of the
model's hidden states that costs no computing and no hook into it. The layout is that of ``llama_kv_cache::state_write``
in llama.cpp's ``src/llama-kv-cache.cpp``, as of llama-cpp-python 0.3.36, for one sequence.
"""

import ctypes
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from llama_cpp import llama_context_p

MAGIC_BYTES = 8
HALF_PRECISION = 1  # ggml's type F16


def read_values(context: "llama_context_p", tokens: range, sequence: int = 0) -> NDArray[np.float32] | None:
    """Return each layer's values of some tokens, by their places in what was read, as (layers, tokens, width).

    None where this build of llama.cpp, or this model, keeps its state in another layout.
    """
    import llama_cpp

    size = llama_cpp.llama_state_seq_get_size(context, sequence)
    buffer = (ctypes.c_uint8 * size)()
    written = llama_cpp.llama_state_seq_get_data(context, buffer, size, sequence)
    return parse_values(memoryview(buffer).cast("B")[:written], tokens)


def parse_values(state: memoryview, tokens: range) -> NDArray[np.float32] | None:
    """Return each layer's values of tokens from the state of a sequence; None where its layout is another one."""
    try:
        return _Reader(state).values(tokens)
    except _OtherLayoutError:
        return None


class _OtherLayoutError(Exception):
    pass


class _Reader:
    def __init__(self, state: memoryview) -> None:
        self._state = state
        self._at = MAGIC_BYTES

    def values(self, tokens: range) -> NDArray[np.float32]:
        streams, cells = self._take(np.uint32, 2)
        self._require(streams == 1 and tokens.stop <= cells)
        places = self._take(np.uint32, 3 * int(cells)).reshape(-1, 3)  # position, how many sequences, which
        # Cells that were given up by other sequences are filled anew in whatever order they lie.
        order = np.argsort(places[:, 0])
        self._require(bool((places[order, 0] == np.arange(cells)).all()))
        transposed, layers = self._take(np.uint32, 2)
        self._require(transposed == 1)
        for _ in range(layers):
            self._require(self._take(np.int32, 1)[0] == HALF_PRECISION)
            self._skip(int(self._take(np.uint64, 1)[0]) * int(cells))
        values = []
        for _ in range(layers):
            kind, element, width = self._take(np.uint32, 3)
            self._require(kind == HALF_PRECISION and element == np.float16().itemsize)
            values.append(self._take(np.float16, int(width * cells)).reshape(width, cells)[:, order[tokens]].T)
        self._require(self._at == len(self._state) and len({value.shape for value in values}) == 1)
        return np.array(values, dtype=np.float32)

    def _take(self, kind: type[np.generic], count: int) -> NDArray[np.generic]:
        size = count * np.dtype(kind).itemsize
        self._require(self._at + size <= len(self._state))
        taken = np.frombuffer(self._state, kind, count, self._at)
        self._at += size
        return taken

    def _skip(self, size: int) -> None:
        self._at += size

    @staticmethod
    def _require(holds: bool) -> None:
        if not holds:
            raise _OtherLayoutError
