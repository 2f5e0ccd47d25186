"""The options that the commands of ``rag eval`` share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import BadRecord, DataError

Data = Annotated[Path, typer.Argument(help="Cases as .jsonl, SQuAD as .json, or a BEIR folder.", show_default=False)]
Corpus = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="The set's articles; a library of them is made and kept.")
]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="The run's folder; below runs/ if not given.")]
Sample = Annotated[int | None, typer.Option(metavar="N", min=1, help="Take N cases, drawn at random.")]
Seed = Annotated[int, typer.Option(metavar="S", help="Draws another sample.")]
Limit = Annotated[int | None, typer.Option(metavar="N", min=1, help="Take the first N cases only.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave malformed cases out and count them.")]
Baseline = Annotated[
    Path | None, typer.Option(metavar="RUN", help="An earlier run: exit 1 where this one is surely worse.")
]
Tolerance = Annotated[
    list[str] | None, typer.Option(metavar="METRIC=VALUE", help="How much worse than the baseline a metric may be.")
]

NoCache = Annotated[bool, typer.Option("--no-cache", help="Ask the model again what it was asked before.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.", show_default=False)]


@contextmanager
def offering_to_skip() -> Iterator[None]:
    """Say of a record that cannot be used that ``--skip-bad`` leaves it out."""
    try:
        yield
    except BadRecord as error:
        raise DataError(f"{error} --skip-bad leaves it out.") from error
