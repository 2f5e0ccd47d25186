"""A process that reads one file after the other for its parent: ``python -m rag.worker SECONDS BYTES``.

Tasks come in and outcomes go out as pickles. It holds itself to its limits: a timer in C ends it where one file takes
too long, even if a parser never gives way to Python or the parent has gone; the system refuses it more memory.
"""

import faulthandler
import os
import pickle
import sys
from typing import BinaryIO

import psutil

from rag.errors import LoadError, RagError
from rag.extract import Extract, Task, extract_file


def serve(tasks: BinaryIO, outcomes: BinaryIO, seconds: float, memory: int) -> None:
    """Read files until no more are asked for, or so much memory is held that the next should start afresh."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        last = False
        while not last:
            try:
                task = pickle.load(tasks)  # noqa: S301 - written by the parent
            except EOFError:
                return
            faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
            outcome = _extract(task)
            last = _held_bytes() > memory // 2
            pickle.dump((outcome, last), outcomes)
            outcomes.flush()
            faulthandler.cancel_dump_traceback_later()


def _extract(task: Task) -> Extract | RagError:
    try:
        return extract_file(task)
    except RagError as error:
        return error
    except MemoryError:
        return LoadError(f"{task.source}: takes more memory than one file may; leave it out.")
    except Exception as error:  # noqa: BLE001 - whatever a parser raises at a hostile file, it is that file's fault
        kind = type(error).__name__
        return LoadError(f"{task.source}: cannot be read, it may be damaged ({kind}); leave it out.")


def _held_bytes() -> int:
    # Virtual memory is what the limit bounds. The peak that the system keeps begins, on Linux, with the parent's, whose
    # encoder is large.
    return int(psutil.Process().memory_info().vms)


def _limit_memory(memory: int) -> None:
    # Elsewhere the limit does not exist, or is not kept.
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def main() -> None:
    """Serve the parent at standard input and output; what a parser prints must not come between the outcomes."""
    outcomes = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    _limit_memory(memory)
    serve(sys.stdin.buffer, outcomes, seconds, memory)


if __name__ == "__main__":
    main()
