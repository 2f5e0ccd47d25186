"""Draws figures as SVG that takes its colours and its font from the page it stands in.

This module imports matplotlib, so it is imported only where a report is written.
"""

import io
import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rag.evaluate.report.curves import RefusalPoint, RocPoint, count_in_bins
from rag.evaluate.run import Estimates
from rag.evaluate.statistics import percentile

Cell: TypeAlias = str | float | int | None

# matplotlib takes no CSS colours: it draws with these, which are then exchanged for what follows the page's scheme.
INK, FAINT, GRID, FIRST, SECOND, AREA = (f"#0a0b0{digit}" for digit in range(6))
CSS_COLOURS = {
    INK: "currentColor",
    FAINT: "var(--faint)",
    GRID: "var(--line)",
    FIRST: "var(--first)",
    SECOND: "var(--second)",
    AREA: "var(--area)",
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 12,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "lines.linewidth": 2,
    "savefig.transparent": True,
}
WIDTH = 500  # of every plot, in pixels
POINTS_SHOWN = 25
LONGEST_LABEL = 30


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing with what it says in words and in figures; ``name`` is unique on its page; ``svg`` is markup."""

    name: str
    title: str
    description: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(repr=False)
    svg: str = field(repr=False)


def plot_estimates(name: str, title: str, estimates: Estimates, falling: Collection[str] = ()) -> Plot | None:
    """Draw a dot and its interval for each figure from 0 to 1; None where there is none.

    A figure of ``falling`` is better when lower, which an arrow says.
    """
    shown = {label: estimate for label, estimate in estimates.items() if estimate.mean is not None}
    if not shown:
        return None
    with mpl.rc_context(STYLE):
        figure, axes = _new_figure(44 + 24 * len(shown))
        for place, estimate in enumerate(shown.values()):
            mean = estimate.mean or 0.0
            if estimate.low is not None and estimate.high is not None:
                axes.plot([estimate.low, estimate.high], [place, place], color=FIRST, solid_capstyle="round")
            axes.plot(mean, place, "o", color=FIRST, markersize=7)
            label = f"{mean:.3f} · n {estimate.n}"
            axes.text(1.04, place, label, va="center", color=FAINT, fontsize=11, transform=axes.get_yaxis_transform())
        labels = [_shorten(label) + (" ↓" if label in falling else "") for label in shown]
        axes.set(xlim=(-0.02, 1.02), ylim=(len(shown) - 0.5, -0.5), xticks=[0, 0.25, 0.5, 0.75, 1])
        axes.set_yticks(range(len(shown)), labels)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        rows: list[tuple[Cell, ...]] = [(label, e.mean, e.low, e.high, e.n) for label, e in shown.items()]
        columns = ("", "figure", "from", "to", "cases")
        lower = "; ↓ marks those that are better when lower" if set(falling) & set(shown) else ""
        description = f"Dots are the figures, lines their 95 % intervals{lower}."
        return Plot(name, title, description, columns, rows, _draw(figure, name, title, description))


def plot_refusals(name: str, points: Sequence[RefusalPoint], real: Mapping[str, float | None]) -> Plot:
    """Draw the shares refused by a threshold; ``real`` are those that the run refused, where it answered at all."""
    title = "Refusals by threshold"
    dotted = "; dotted: what this run refused" if real else ""
    description = f"Share of the questions refused, if all below a relevance were{dotted}."
    lines: dict[str, list[float | None]] = {
        "unanswerable": [point.unanswerable_refused for point in points],
        "answerable": [point.answerable_refused for point in points],
    }
    return _plot_thresholds(name, title, description, points, lines, "share refused", real)


def plot_score(name: str, points: Sequence[RefusalPoint]) -> Plot:
    """Draw how well the score tells answerable questions from unanswerable ones, by threshold."""
    title = "Precision and recall of the relevance"
    description = "Of the questions at or above a relevance, the share that is answerable; and the share of those kept."
    lines: dict[str, list[float | None]] = {
        "precision": [point.precision for point in points],
        "recall": [point.recall for point in points],
    }
    return _plot_thresholds(name, title, description, points, lines, "share", {})


def plot_roc(name: str, points: Sequence[RocPoint], real: tuple[float, float]) -> Plot:
    """Draw a ROC curve; ``real`` is where the verifier stands, as (false positive rate, true positive rate)."""
    title = "ROC curve of the verifier"
    description = "Supported claims found against unsupported ones let through, by threshold; ■ is what it decided."
    with mpl.rc_context(STYLE):
        figure, axes = _new_figure(380)
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 4)))
        across, up = [p.false_positive_rate for p in points], [p.true_positive_rate for p in points]
        axes.plot(across, up, color=FIRST)
        axes.plot(*real, "s", color=SECOND, markersize=8)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.set(xlabel="share of unsupported claims let through", ylabel="share of supported claims found")
        rows: list[tuple[Cell, ...]] = [
            (p.threshold, p.false_positive_rate, p.true_positive_rate) for p in _spread(points)
        ]
        columns = ("threshold", "unsupported let through", "supported found")
        return Plot(name, title, description, columns, rows, _draw(figure, name, title, description))


def plot_histogram(name: str, title: str, unit: str, values: Sequence[float]) -> Plot | None:
    """Draw how values are spread, their median and their 95th percentile; None where there are none."""
    if not values:
        return None
    histogram = count_in_bins(values)
    median, slow = (percentile(values, percent) or 0.0 for percent in (50, 95))
    description = f"Median {median:.3g}, 95th percentile {slow:.3g} {unit}, over {len(values)} cases."
    with mpl.rc_context(STYLE):
        figure, axes = _new_figure(220)
        axes.bar(histogram.edges[:-1], histogram.counts, np.diff(histogram.edges), align="edge", color=AREA)
        for value, label, style in ((median, "median", "-"), (slow, "95 %", "--")):
            axes.axvline(value, color=SECOND, linestyle=style, linewidth=1.5, label=f"{label} {value:.3g}")
        axes.set(xlabel=unit, ylabel="cases")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=False, axis="x")
        axes.legend(frameon=False, labelcolor=FAINT, fontsize=11)
        rows: list[tuple[Cell, ...]] = [
            (start, end, count)
            for start, end, count in zip(histogram.edges, histogram.edges[1:], histogram.counts, strict=False)
        ]
        columns = (f"{unit} from", "to", "cases")
        return Plot(name, title, description, columns, rows, _draw(figure, name, title, description))


def _plot_thresholds(
    name: str,
    title: str,
    description: str,
    points: Sequence[RefusalPoint],
    lines: Mapping[str, Sequence[float | None]],
    label: str,
    levels: Mapping[str, float | None],
) -> Plot:
    thresholds = [point.threshold for point in points]
    with mpl.rc_context(STYLE):
        figure, axes = _new_figure(260)
        for (line, shares), colour, style in zip(lines.items(), (FIRST, SECOND), ("-", (0, (6, 1.5))), strict=True):
            heights = [np.nan if share is None else share for share in shares]
            axes.step(thresholds, heights, where="pre", color=colour, linestyle=style, label=line)
            level = levels.get(line)
            if level is not None:
                axes.axhline(level, color=colour, linewidth=1, linestyle=(0, (2, 3)))
        axes.set(ylim=(-0.02, 1.04), xlabel="relevance of the best sentence found", ylabel=label)
        axes.legend(frameon=False, labelcolor=INK, fontsize=11)
        rows: list[tuple[Cell, ...]] = _spread(list(zip(thresholds, *lines.values(), strict=True)))
        return Plot(name, title, description, ("threshold", *lines), rows, _draw(figure, name, title, description))


def _shorten(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _spread(points: Sequence) -> list:  # type: ignore[type-arg]
    """Return at most 25 of the points, from the first to the last."""
    places = np.unique(np.linspace(0, len(points) - 1, min(len(points), POINTS_SHOWN)).round().astype(int))
    return [points[place] for place in places]


def _new_figure(height: int) -> tuple[Figure, Axes]:
    """Return a figure of this height in pixels; at 72 dots an inch, a point is a pixel."""
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72, layout="constrained")
    return figure, figure.add_subplot()


def _draw(figure: Figure, name: str, title: str, description: str) -> str:
    written = io.StringIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": name}), warnings.catch_warnings():
        # The browser has the glyphs that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(written, format="svg", metadata=metadata)
    body = written.getvalue().partition("<svg ")[2].partition(">")[2]
    body = re.sub(r'<g id="[^"]*"', "<g", body)  # they repeat from figure to figure; nothing refers to them
    for drawn, css in CSS_COLOURS.items():
        body = body.replace(drawn, css)
    width, height = figure.bbox.size
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>{body}'
    )
