"""``rag eval generate``: cases from your own articles."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TextIO

import typer

from rag.assistant import Assistant
from rag.cli.evaluate.language_model import fetch_model, open_model
from rag.cli.evaluate.options import NoCache, Seed
from rag.cli.options import LanguageModel, LibraryFolder, ModelsFolder, Offline, PromptFolder
from rag.cli.progress import show_cases
from rag.cli.weights import open_library
from rag.errors import DataError
from rag.evaluate.generate import Outcome, generate_cases
from rag.settings import Settings


def write_cases(
    library: LibraryFolder = None,
    count: Annotated[int, typer.Option("--count", "-n", metavar="N", min=1, help="How many cases to write.")] = 50,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write them.")] = Path("cases.jsonl"),
    seed: Seed = 0,
    llm: LanguageModel = None,
    no_cache: NoCache = False,
    prompts: PromptFolder = None,
    models: ModelsFolder = None,
    offline: Offline = None,
) -> None:
    """Write cases from your own articles: question, answer and exact quote, and some that they cannot answer.

    A case is kept only where its quote is in the article, its question finds it, and the model answers it with the
    quote and not without. Read them before you rely on them.

    Example: rag eval generate -l .rag -n 50 --out cases.jsonl
    """
    settings = Settings.read(library=library, llm=llm, prompts=prompts, models=models, offline=offline)
    shelf = open_library(settings)
    fetch_model(settings)
    assistant = Assistant(shelf, settings=settings, generator=open_model(shelf, settings, no_cache))
    outcomes: Counter[Outcome] = Counter()
    with _write_new(out) as file, show_cases() as progress:
        for attempt in generate_cases(assistant, count, seed):
            outcomes[attempt.outcome] += 1
            if attempt.case:
                file.write(json.dumps(asdict(attempt.case), ensure_ascii=False) + "\n")
                file.flush()
            progress(outcomes[Outcome.KEPT], count)
    for outcome, times in outcomes.most_common():
        typer.echo(f"{times:4}  {outcome.value}", err=True)
    typer.echo(f"{outcomes[Outcome.KEPT]} cases in {out}", err=True)


def _write_new(path: Path) -> TextIO:
    try:
        return path.open("x", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be made ({error.strerror}); name another file with --out.") from error
