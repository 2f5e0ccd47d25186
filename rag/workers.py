"""Files are read in processes of their own, on all cores, so that one that crashes or never ends costs one line.

The standard library's pools import the caller's main module again in each process, which a script without
``if __name__ == "__main__"`` does not survive, and one process that dies breaks them. Hence plain child processes.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from rag.errors import LoadError, RagError
from rag.extract import Extract, Task, extract_file

MOST_SECONDS = 60.0
MOST_MEMORY = 1_000_000_000
# More processes than this read faster than anything encodes, and each may take that much memory.
MOST_WORKERS = 4
# How many files may be read ahead of those that are being encoded.
READ_AHEAD = 64
# Plain text is read by code of our own, and a little of it faster than it is sent to another process.
PLAIN = {".markdown", ".md", ".txt"}
PLAIN_BYTES = 200_000


def extract_files(
    tasks: Iterable[Task], seconds: float = MOST_SECONDS, memory: int = MOST_MEMORY, module: str = "rag.worker"
) -> Generator[tuple[Task, Extract | RagError]]:
    """Read files, several at once; yields each in the order given, with what it holds or why it cannot be read.

    Args:
        tasks: the files.
        seconds: how long one may take.
        memory: how many bytes a process may hold while it reads one; kept by Linux only.
        module: what the processes run.
    """
    count = min(os.cpu_count() or 1, MOST_WORKERS)
    idle = [Worker(seconds, memory, module) for _ in range(count)]
    everyone = list(idle)

    def extract(task: Task) -> Extract | RagError:
        worker = idle.pop()
        try:
            return worker.extract(task)
        finally:
            idle.append(worker)

    threads = ThreadPoolExecutor(count, thread_name_prefix="read")
    remaining = iter(tasks)
    ahead: deque[tuple[Task, Future[Extract | RagError] | None]] = deque()

    def start(task: Task) -> None:
        plain = task.path.suffix.lower() in PLAIN and task.size <= PLAIN_BYTES
        ahead.append((task, None if plain else threads.submit(extract, task)))

    try:
        for task in islice(remaining, READ_AHEAD):
            start(task)
        while ahead:
            task, future = ahead.popleft()
            yield task, _extract_here(task) if future is None else future.result()
            for following in islice(remaining, 1):
                start(following)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for worker in everyone:
            worker.kill()
        threads.shutdown()
        for worker in everyone:
            worker.close()


def _extract_here(task: Task) -> Extract | RagError:
    try:
        return extract_file(task)
    except RagError as error:
        return error


class Worker:
    """A child process that reads files one by one; started when it is needed, and again after it has died.

    Args:
        seconds: how long one file may take.
        memory: how many bytes the process may hold.
        module: what it runs.
    """

    def __init__(self, seconds: float, memory: int, module: str) -> None:
        self.seconds = seconds
        self.memory = memory
        self.module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._lock = threading.Lock()

    def extract(self, task: Task) -> Extract | RagError:
        """Read a file; whatever becomes of the process, that is told of this file alone."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        began = time.monotonic()
        try:
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            outcome, last = pickle.load(process.stdout)  # noqa: S301 - written by our own child
        except (EOFError, OSError, pickle.UnpicklingError):
            self.close()
            return LoadError(f"{task.source}: {self._why(process.returncode, time.monotonic() - began)}; leave it out.")
        if last:
            self.close()
        assert isinstance(outcome, Extract | RagError)
        return outcome

    def kill(self) -> None:
        """End the process, in the middle of a file if need be, and start no other; may be called by any thread."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.communicate()  # closes the pipes, whatever is left in them
                self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._killed:
                raise LoadError("Reading was stopped.")
            if self._process is None:
                self._process = subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
                    [sys.executable, "-P", "-m", self.module, str(self.seconds), str(self.memory)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)},
                    start_new_session=True,  # Ctrl-C is the parent's to handle
                )
            return self._process

    def _why(self, code: int, seconds: float) -> str:
        if seconds >= self.seconds:
            return f"takes more than {self.seconds:.0f} seconds to read"
        if code == -signal.SIGKILL:
            return "was stopped while it was read, most likely because memory ran out"
        return "crashes the program that reads it, it may be damaged"
