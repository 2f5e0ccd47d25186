"""One thread of BLAS, whichever threads ask for it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from threadpoolctl import ThreadpoolController

from embeddings.threads import single_threaded

BLAS = ThreadpoolController().select(user_api="blas")


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in BLAS.info()]


def test_every_thread_may_keep_blas_to_one_and_the_last_to_leave_sets_it_back() -> None:
    before = blas_threads()
    if max(before) == 1:
        pytest.skip("BLAS has one thread on this machine whatever is asked of it")
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        for one, other in ((first, second), (second, first)):
            outer, inner = single_threaded(), single_threaded()
            one.submit(outer.__enter__).result()
            other.submit(inner.__enter__).result()
            one.submit(outer.__exit__, None, None, None).result()
            assert max(other.submit(blas_threads).result()) == 1
            other.submit(inner.__exit__, None, None, None).result()
            assert blas_threads() == before
