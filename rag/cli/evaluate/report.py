"""``rag eval report``: a run as one HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.evaluate.options import RunFolder
from rag.errors import DataError
from rag.evaluate.report.page import render_report
from rag.evaluate.run import Run


def write_report(
    run: RunFolder,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page; report.html in the run if not given.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write a run as one HTML page: plots, curves, and each question with its answer and its marked sources.

    The page needs no network; its summary, no JavaScript.

    Example: rag eval report runs/cases-answer-1a2b3c4d --open
    """
    page = out or run / "report.html"
    content = render_report(Run.read(run))
    try:
        page.write_text(content, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{page} cannot be written ({error.strerror}); name another file with --out.") from error
    typer.echo(page)
    if show:
        typer.launch(str(page))
