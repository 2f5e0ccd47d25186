"""Judges a set of cases as a whole at the end of a pytest run, and shows its figures; light, as the plugin is.

Tests run anywhere, with pytest-xdist in several processes; what was measured travels with their reports to the process
that judges.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field

import pytest

PROPERTY = "rag"
AT_LEAST, AT_MOST = "at least", "at most"


@dataclass(slots=True)
class Measured:
    """The cases that one test function was run for.

    Attributes:
        total: how many cases the set has.
        gate: for each metric that is judged, at least or at most, and how much.
        metrics: the metrics of each case, by its id; one that does not apply to a case is None.
    """

    total: int
    gate: Mapping[str, tuple[str, float]]
    metrics: dict[str, Mapping[str, float | None]] = field(default_factory=dict)

    def mean(self, metric: str) -> tuple[float | None, int]:
        """Return a metric's mean over the cases that it applies to, and their number."""
        values = [value for row in self.metrics.values() if (value := row.get(metric)) is not None]
        return (sum(values) / len(values) if values else None), len(values)

    @property
    def complete(self) -> bool:
        """Whether every case was asked; of some of them alone no set is judged."""
        return len(self.metrics) == self.total

    def faults(self) -> list[str]:
        """Say for each metric that is out of bounds what it is and what it should be."""
        return [fault for metric in self.gate if (fault := self._fault(metric))]

    def _fault(self, metric: str) -> str | None:
        mean, n = self.mean(metric)
        side, bound = self.gate[metric]
        if mean is None:
            return f"{metric} applies to none of the {self.total} cases, so it cannot be {side} {bound:g}"
        if not _misses(mean, side, bound):
            return None
        worst = sorted(case for case, row in self.metrics.items() if _misses(row.get(metric), side, bound))
        return f"{metric} is {mean:.3f} over {n} cases, not {side} {bound:g}; the cases at fault: {', '.join(worst)}"


def _misses(value: float | None, side: str, bound: float) -> bool:
    return value is not None and (value > bound if side == AT_MOST else value < bound)


class GateKeeper:
    """The part of the plugin that listens to reports; registered where the reports of all processes arrive."""

    def __init__(self) -> None:
        self.sets: dict[str, Measured] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of what a test measured."""
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == PROPERTY and isinstance(value, dict):
                measured = self.sets.setdefault(value["set"], Measured(value["total"], value["gate"]))
                measured.metrics[value["case"]] = value["metrics"]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge the sets once all tests have run; a gate is reported as one more test."""
        finished = yield
        for name, measured in self.sets.items():
            if measured.gate and measured.complete:
                session.testscollected += 1
                session.config.hook.pytest_runtest_logreport(report=_gate_report(name, measured.faults()))
        return finished

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the figures of each set."""
        for name, measured in self.sets.items():
            terminalreporter.section(f"answers of {name}")
            for line in table_lines(measured):
                terminalreporter.write_line(line)


def table_lines(measured: Measured) -> Iterator[str]:
    """Yield the lines of a set's table: each metric with its mean, how many cases it speaks for, and its gate."""
    names = dict.fromkeys(name for row in measured.metrics.values() for name in row)
    width = max(map(len, names))
    yield f"{'metric':<{width}}{'mean':>9}{'cases':>7}  gate"
    for metric in names:
        mean, n = measured.mean(metric)
        side, bound = measured.gate.get(metric, ("", None))
        if mean is not None or bound is not None:
            shown = "–" if mean is None else f"{mean:.3f}"
            yield f"{metric:<{width}}{shown:>9}{n:>7}  {side} {'' if bound is None else f'{bound:g}'}".rstrip()
    if measured.gate and not measured.complete:
        yield f"The gate was not judged: {len(measured.metrics)} of {measured.total} cases were asked."


def _gate_report(name: str, faults: list[str]) -> pytest.TestReport:
    path = name.split("::")[0]
    return pytest.TestReport(
        nodeid=f"{name}[gate]",
        location=(path, None, f"{name.split('::')[-1]}[gate]"),
        keywords={},
        outcome="failed" if faults else "passed",
        longrepr="\n".join(f"rag_gate: {fault}." for fault in faults) or None,
        when="call",
    )
