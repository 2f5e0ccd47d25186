"""``rag doctor``: what is wrong, and what to do about it."""

from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rag.cli.options import AsJson, EncoderName, LanguageModel, LibraryFolder, ModelsFolder, Offline, print_json
from rag.cli.progress import show_fetching
from rag.doctor import find_all
from rag.doctor.finding import Finding, State
from rag.settings import Settings

# The word says it; the colour only helps to find it.
STYLES = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "bold red"}


def examine(
    library: LibraryFolder = None,
    llm: LanguageModel = None,
    encoder: EncoderName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Check Python, the packages, the weights, the library and the machine, and say what to do.

    Exit status 0: no problem. 2: a problem.

    Examples: rag doctor · rag doctor -l ~/news --json
    """
    settings = Settings.read(library=library, llm=llm, encoder=encoder, models=models, offline=offline)
    with show_fetching() as progress:
        findings = list(find_all(settings, progress))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print_findings(findings)
    if any(finding.state is State.PROBLEM for finding in findings):
        raise typer.Exit(2)


def _print_findings(findings: list[Finding]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        what = f"{finding.what}\n→ {finding.advice}" if finding.advice else finding.what
        table.add_row(Text(finding.state, STYLES[finding.state]), finding.check, Text(what))
    Console(highlight=False).print(table)
