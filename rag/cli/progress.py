"""How far a command has come, on stderr: what is fetched, indexed, or measured."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as bars
from rich.console import Console
from rich.markup import escape

from rag.evaluate.run import CaseProgress
from rag.index_report import IndexProgress
from rag.models.files import Progress, format_bytes

WORTH_A_LINE = 10_000_000  # bytes


@contextmanager
def show_fetching() -> Iterator[Progress]:
    """Show on stderr what is being fetched or checked: a bar on a terminal, else a line for each new activity."""
    console = Console(stderr=True)
    last = ""

    def print_change(done: int, total: int, activity: str) -> None:
        nonlocal last
        # What is small is done before its line is read.
        if activity != last and not 0 < total < WORTH_A_LINE:
            last = activity
            size = f" ({done * 100 // total}% of {format_bytes(total)})" if total else ""
            console.print(f"{activity}{size}", highlight=False, soft_wrap=True)

    if not console.is_terminal:
        yield print_change
        return
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def move(done: int, total: int, activity: str) -> None:
            bar.update(task, completed=done, total=total or None, description=activity, visible=True)

        yield move


@contextmanager
def show_indexing() -> Iterator[IndexProgress]:
    """Show on stderr, on a terminal, how many files are read, how fast chunks are encoded, and the time left."""
    columns = (
        bars.TextColumn("Indexing"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("files, {task.fields[chunks]} chunks, {task.fields[rate]:.0f} a second,"),
        bars.TimeRemainingColumn(),
        bars.TextColumn("{task.description}"),
    )
    console = Console(stderr=True)
    began = time.monotonic()
    with bars.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None, chunks=0, rate=0.0)

        def move(done: int, total: int, source: str, chunks: int) -> None:
            rate = chunks / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=done, total=total, description=escape(source), chunks=chunks, rate=rate)

        yield move


@contextmanager
def show_cases() -> Iterator[CaseProgress]:
    """Show on stderr how many cases are done and how long the rest will take, on a terminal."""
    columns = (
        bars.TextColumn("Measuring"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def move(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield move
