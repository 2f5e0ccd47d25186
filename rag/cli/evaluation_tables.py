"""How figures are shown: a value with its interval and the cases it speaks for."""

from rich.console import Console
from rich.table import Table

from rag.evaluate.retrieve import LEVELS
from rag.evaluate.run import Estimates, Run
from rag.evaluate.statistics import Estimate

WIDTH = 120  # a table that is folded to a narrow terminal cannot be read


def print_run(run: Run) -> None:
    """Show a run's figures as a table on standard output."""
    console = Console()
    console.width = max(console.width, WIDTH)
    table = _levels_table(run.metrics) if run.kind == "retrieve" else _metrics_table(run)
    console.print(table)
    if run.kind == "retrieve":
        console.print(_speed(run.metrics), highlight=False)


def format_estimate(estimate: Estimate) -> str:
    """Show a figure as ``0.912 (0.880–0.941)``; – where there is none."""
    if estimate.mean is None:
        return "–"
    interval = "" if estimate.low is None else f" ({format_figure(estimate.low)}–{format_figure(estimate.high)})"
    return format_figure(estimate.mean) + interval


def format_figure(value: float | None) -> str:
    """Show a number with four digits that count, three after the point for those between 0 and 1."""
    if value is None:
        return "–"
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
        table.add_column(heading, justify="right")
    for kind in run.by_kind:
        table.add_column(kind, justify="right")
    for name, estimate in run.metrics.items():
        kinds = [format_figure(metrics[name].mean) if name in metrics else "–" for metrics in run.by_kind.values()]
        table.add_row(name, format_estimate(estimate), str(estimate.n), *kinds)
    return table


def _table(first: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    return table
