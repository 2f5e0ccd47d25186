"""BLAS kept to one thread: small matrices gain nothing by more, which on a busy machine wait for one another."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()  # how many threads BLAS takes is the whole process's


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # it takes a millisecond to look for the libraries


@contextmanager
def single_threaded() -> Iterator[None]:
    """Let NumPy multiply matrices in one thread, and no other thread of the process in here at the same time."""
    with _lock, _controller().limit(limits=1, user_api="blas"):
        yield
