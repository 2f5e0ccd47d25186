"""How figures are shown: a value with its interval and the cases it speaks for."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from rag.evaluate.compare import Change
from rag.evaluate.retrieve import LEVELS
from rag.evaluate.run import Estimates, Record, Run
from rag.evaluate.statistics import Estimate

WIDTH = 120  # a table that is folded to a narrow terminal cannot be read
MOST_SHOWN = 10


def print_run(run: Run) -> None:
    """Show a run's figures as a table on standard output."""
    console = _wide_console()
    table = _levels_table(run.metrics) if run.kind == "retrieve" else _metrics_table(run)
    console.print(table)
    if run.kind == "retrieve":
        console.print(_speed(run.metrics), highlight=False)


def print_changes(changes: Sequence[Change]) -> None:
    """Show metrics side by side; those whose interval leaves out zero are marked better or worse."""
    table = _table("metric")
    for heading in ("before", "after", "change (95 % interval)", "p", "cases"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for change in changes:
        difference, p_value = change.comparison.difference, change.comparison.p_value
        table.add_row(
            change.metric,
            format_figure(change.before),
            format_figure(change.after),
            format_estimate(difference),
            format_figure(p_value),
            str(difference.n),
            "better" if change.is_improvement() else "worse" if change.is_regression(0.0) else "",
        )
    _wide_console().print(table)


def print_changed_cases(metric: str, changed: Sequence[tuple[Record, float]]) -> None:
    """Show the cases that changed most for the worse and for the better; they come with the worst first."""
    console = _wide_console()
    console.print(f"\n{len(changed)} cases changed by {metric}; the worst come first:", highlight=False)
    shown = changed if len(changed) <= 2 * MOST_SHOWN else [*changed[:MOST_SHOWN], *changed[-MOST_SHOWN:]]
    for record, difference in shown:
        asked = record.get("question") or record["pair"]["claim"]
        console.print(f"{difference:+.3f}  {record['id']}  {asked}", highlight=False, markup=False, soft_wrap=True)


def print_ablation(rows: Mapping[str, Estimates]) -> None:
    """Show a row of figures for each part that was left out."""
    table = _table("without")
    names = next(iter(rows.values()))
    for name, estimate in names.items():
        table.add_column(f"{name} (n={estimate.n})", justify="right")
    for part, row in rows.items():
        table.add_row(part, *(format_figure(row[name].mean) for name in names))
    _wide_console().print(table)


def format_estimate(estimate: Estimate) -> str:
    """Show a figure as ``0.912 (0.880 to 0.941)``; – where there is none."""
    if estimate.mean is None:
        return "–"
    interval = "" if estimate.low is None else f" ({format_figure(estimate.low)} to {format_figure(estimate.high)})"
    return format_figure(estimate.mean) + interval


def format_figure(value: float | None) -> str:
    """Show a number with three digits after the point, fewer for large ones, more for small ones such as seconds."""
    if value is None:
        return "–"
    if 0 < abs(value) < 0.01:
        return f"{value:.2g}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _levels_table(metrics: Estimates) -> Table:
    """One row a metric, one column a level."""
    table = _table("metric")
    used = [level for level in LEVELS if any(m.n for name, m in metrics.items() if name.startswith(f"{level}."))]
    for level in used:
        cases = max(metric.n for name, metric in metrics.items() if name.startswith(f"{level}."))
        table.add_column(f"{level} (n={cases})", justify="right")
    rows = dict.fromkeys(name.partition(".")[2] for name in metrics if "@" in name)
    for row in sorted(rows, key=lambda name: (name.split("@")[0], int(name.split("@")[1]))):
        table.add_row(row, *(format_estimate(metrics[f"{level}.{row}"]) for level in used))
    return table


def _speed(metrics: Estimates) -> str:
    middle, slow = (format_estimate(metrics[name]) for name in ("seconds_p50", "seconds_p95"))
    return f"\nSeconds a question: median {middle}, 95th percentile {slow}"


def _metrics_table(run: Run) -> Table:
    """One row a metric; beside the figure over all cases, that of each kind."""
    table = _table("metric")
    for heading in ("all (95 % interval)", "cases"):
        table.add_column(heading, justify="right", no_wrap=True)
    for kind in run.by_kind:
        table.add_column(kind, justify="right", overflow="fold")
    for name, estimate in run.metrics.items():
        kinds = [format_figure(metrics[name].mean) if name in metrics else "–" for metrics in run.by_kind.values()]
        table.add_row(name, format_estimate(estimate), str(estimate.n), *kinds)
    return table


def _wide_console() -> Console:
    console = Console()
    console.width = max(console.width, WIDTH)
    return console


def _table(first: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    return table
