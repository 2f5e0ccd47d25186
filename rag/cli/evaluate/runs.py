"""How a command of ``rag eval`` carries out a run: from its setup to the verdict on the figures."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from rag.cli.evaluate.tables import format_figure, print_run
from rag.cli.options import print_json
from rag.cli.progress import show_cases
from rag.errors import DataError
from rag.evaluate.compare import find_regressions
from rag.evaluate.run import MeasuredT, Record, Run, Setup
from rag.evaluate.scorers import rescore_run

REGRESSION = 1


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run must not be worse than."""

    baseline: Path | None
    tolerances: dict[str, float]


def read_gate(baseline: Path | None, tolerance: Sequence[str] | None) -> Gate:
    """Read the baseline's options before anything is spent."""
    tolerances = {}
    for written in tolerance or ():
        name, _, value = written.partition("=")
        try:
            tolerances[name.strip()] = float(value)
        except ValueError as error:
            raise DataError(f"--tolerance {written}: write it as METRIC=VALUE, as in f1=0.02.") from error
    if tolerances and not baseline:
        raise DataError("--tolerance needs a run to compare with; name it with --baseline.")
    if baseline:
        Run.read(baseline)
    return Gate(baseline, tolerances)


def carry_out(
    setup: Setup,
    cases: Sequence[MeasuredT],
    skipped: int,
    measure: Callable[[MeasuredT], Record],
    out: Path | None,
    gate: Gate,
    as_json: bool,
) -> None:
    """Start the run or go on with it, score and show it, and judge it by its baseline."""
    run = Run.start(out or setup.default_folder, setup, len(cases), skipped)
    done = len(run.records())
    if done:
        what = "is complete; only scored again" if done == len(cases) else f"goes on after {done} of {len(cases)} cases"
        typer.echo(f"{run.folder} {what}.", err=True)
    with show_cases() as progress:
        run.complete(cases, measure, progress)
    rescore_run(run)
    show_run(run, as_json)
    if gate.baseline:
        _judge(Run.read(gate.baseline), run, gate.tolerances)


def show_run(run: Run, as_json: bool) -> None:
    """Print a run's figures, and on stderr what they were made from."""
    if as_json:
        print_json({name: asdict(estimate) for name, estimate in run.metrics.items()})
    else:
        print_run(run)
    skipped = f"; {run.head['skipped']} malformed ones left out" if run.head["skipped"] else ""
    kept = sum(bool(record.get("from_cache")) for record in run.records())
    cached = f"; {kept} answers came from the cache" if kept else ""
    typer.echo(f"{run.head['cases']} cases in {run.folder}{skipped}{cached}", err=True)


def _judge(baseline: Run, run: Run, tolerances: dict[str, float]) -> None:
    regressions = find_regressions(baseline, run, tolerances)
    for change in regressions:
        difference = change.comparison.difference
        typer.echo(
            f"Regression: {change.metric} {format_figure(change.before)} -> {format_figure(change.after)} "
            f"(change {format_figure(difference.low)} to {format_figure(difference.high)})",
            err=True,
        )
    if regressions:
        raise typer.Exit(REGRESSION)
    typer.echo(f"No regression against {baseline.folder}.", err=True)
