"""``rag eval compare``: two runs side by side."""

from dataclasses import asdict
from typing import Annotated

import typer

from rag.cli.evaluate.options import RunFolder
from rag.cli.evaluate.tables import print_changed_cases, print_changes
from rag.cli.options import AsJson, print_json
from rag.evaluate.compare import changed_cases, compare_runs, default_metric
from rag.evaluate.run import Run


def show_changes(
    before: RunFolder,
    after: RunFolder,
    metric: Annotated[str | None, typer.Option(help="By which the questions are told better or worse.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show each metric of two runs side by side, how sure the difference is, and which questions changed.

    Example: rag eval compare runs/before runs/after --metric contains_gold
    """
    runs = Run.read(before), Run.read(after)
    changes = compare_runs(*runs)
    by = metric or default_metric(*runs)
    changed = changed_cases(*runs, by) if by else []
    if as_json:
        print_json(
            {
                "metrics": {change.metric: asdict(change) for change in changes},
                "cases": [{"id": record["id"], by: difference} for record, difference in changed],
            }
        )
        return
    print_changes(changes)
    if by:
        print_changed_cases(by, changed)
