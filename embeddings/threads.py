"""BLAS kept to one thread: small matrices gain nothing by more, which on a busy machine wait for one another."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import OpenBLASController, ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # it takes a millisecond to look for the libraries


class _SingleThreaded:
    """How many threads BLAS takes is the whole process's: who enters first sets it, who leaves last sets it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Let NumPy multiply matrices in one thread for each that is in here."""
        with self._lock:
            if not self._inside:
                self._limit = _controller().limit(limits=1, user_api="blas")
                _let_others_set_it()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._limit.restore_original_limits()
                    _let_others_set_it()


def _let_others_set_it() -> None:
    # Else threadpoolctl lets no thread set the number, or set it back, but the one that was the first to do so.
    OpenBLASController.clear_controlling_thread()


single_threaded = _SingleThreaded()
