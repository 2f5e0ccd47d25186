"""Writes a run as one HTML page, which holds all that it shows and may fetch nothing."""

import base64
import hashlib
import math
from functools import cache
from importlib import resources

import jinja2

from rag.errors import DataError, RagError
from rag.evaluate.report.overview import describe_run
from rag.evaluate.run import Run
from rag.evaluate.scorers import scorer_of


def render_report(run: Run) -> str:
    """Return a run as HTML.

    Raises DataError where the run was not completed, RagError where matplotlib is not installed.
    """
    if not run.metrics:
        raise DataError(f"{run.folder} is not complete; give its command again, then its report can be written.")
    try:
        from rag.evaluate.report import sections  # it needs matplotlib, which only reports do
    except ModuleNotFoundError as error:
        raise RagError(f"A report needs {error.name}; run: pip install 'footnoted[report]'") from error
    scorer = scorer_of(run)
    records = run.records()
    return (
        _environment()
        .get_template(f"{run.kind}.jinja")
        .render(
            run=run,
            facts=describe_run(run),
            headline={name: run.metrics[name] for name in scorer.headline if name in run.metrics},
            falling=scorer.lower_is_better,
            sections=sections.draw_sections(run, records, scorer),
            **sections.SHOWN[run.kind](run, records),
        )
    )


def format_cell(value: object) -> str:
    """Show a value of a table: numbers with three digits or so, – for none."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    if math.isinf(value):
        return "∞"
    if 0 < abs(value) < 0.01:
        return f"{value:.2g}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


@cache
def _environment() -> jinja2.Environment:
    files = jinja2.PackageLoader("rag.evaluate", "report")
    environment = jinja2.Environment(loader=files, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters["cell"] = format_cell
    folder = resources.files("rag.evaluate.report")
    script, style = ((folder / name).read_text(encoding="utf-8") for name in ("report.js", "report.css"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment.globals.update(script=script, style=style, script_digest=digest)
    return environment
