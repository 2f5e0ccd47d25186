"""A worker process whose formats are all that can go wrong in a parser; run by the tests of ``rag.workers``."""

import os
import signal
import sys
import time

from rag.datatypes import Document
from rag.load import LOADERS
from rag.load.article import make_document
from rag.worker import main


def crash(data: bytes, source: str) -> list[Document]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return []


def get_killed(data: bytes, source: str) -> list[Document]:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def never_end(data: bytes, source: str) -> list[Document]:
    while True:
        pass


def never_give_way(data: bytes, source: str) -> list[Document]:
    # One call in C that holds the interpreter's lock all the while.
    return [make_document(str(10 ** (10**9)), source, {})]


def want_all_memory(data: bytes, source: str) -> list[Document]:
    hoard = [bytes(10**7)]
    while True:
        hoard.append(bytes(10**7))


def raise_anything(data: bytes, source: str) -> list[Document]:
    raise KeyError(source)


def print_much(data: bytes, source: str) -> list[Document]:
    print("noise " * 100_000)
    print("noise " * 100_000, file=sys.stderr)
    os.write(1, b"noise")
    return [make_document(data.decode(), source, {})]


def sleep(data: bytes, source: str) -> list[Document]:
    time.sleep(float(data))
    return [make_document(f"Process {os.getpid()} slept.", source, {})]


LOADERS |= {
    ".crash": crash,
    ".killed": get_killed,
    ".endless": never_end,
    ".stubborn": never_give_way,
    ".hoard": want_all_memory,
    ".raise": raise_anything,
    ".print": print_much,
    ".sleep": sleep,
}

if __name__ == "__main__":
    main()
