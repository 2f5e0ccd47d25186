"""``rag eval``: measures what is found and answered, keeps it as a run, and compares runs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich import progress as bars
from rich.console import Console

from rag.assistant import Assistant
from rag.cli.articles import open_library, show_indexing
from rag.cli.evaluation_tables import format_figure, print_changed_cases, print_changes, print_run
from rag.cli.models import show_progress
from rag.cli.options import AsJson, EncoderName, LanguageModel, LibraryFolder, ModelsFolder, Offline, print_json
from rag.errors import DataError
from rag.evaluate import answer, retrieve, verify
from rag.evaluate.cache import CachedGenerator
from rag.evaluate.cases import CaseSet, read_cases, read_pairs
from rag.evaluate.compare import changed_cases, compare_runs, default_metric, find_regressions
from rag.evaluate.corpus import cache_folder, index_kept, kept_library
from rag.evaluate.environment import (
    TO_ANSWER,
    TO_FIND,
    code_fingerprint,
    digest_data,
    model_fingerprint,
    plain_settings,
    prompt_fingerprints,
)
from rag.evaluate.gold import Gold, check_gold
from rag.evaluate.judge import Judge
from rag.evaluate.run import CaseProgress, MeasuredT, Record, Run, Setup
from rag.evaluate.sample import draw_sample
from rag.evaluate.scorers import rescore_run
from rag.generate import Generator
from rag.library import Library
from rag.models import locate_encoder, locate_language_model
from rag.retrieve import Mode, Retriever
from rag.settings import Settings

REGRESSION = 1

app = typer.Typer(
    no_args_is_help=True,
    help="Measure what is found and answered, and compare runs. Exit status: 0 done, 1 a regression, 2 an error.",
)

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

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.", show_default=False)]


@dataclass(frozen=True, slots=True)
class _Gate:
    """What a run must not be worse than."""

    baseline: Path | None
    tolerances: dict[str, float]


@app.command("retrieve")
def evaluate_retrieval(
    data: Data,
    corpus: Corpus = None,
    library: LibraryFolder = None,
    mode: Annotated[Mode, typer.Option(help="Which searches are run.")] = Mode.HYBRID,
    cutoffs: Annotated[
        list[int] | None, typer.Option("--count", "-k", metavar="K", min=1, help="Score the first K; 1, 5 and 10.")
    ] = None,
    out: Out = None,
    sample: Sample = None,
    seed: Seed = 0,
    limit: Limit = None,
    skip_bad: SkipBad = False,
    baseline: Baseline = None,
    tolerance: Tolerance = None,
    encoder: EncoderName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Measure what is found for each question: documents, chunks, and the sentences that bear the evidence.

    Examples: rag eval retrieve scifact --mode lexical · rag eval retrieve cases.jsonl --corpus articles --sample 500
    """
    gate = _gate(baseline, tolerance)
    settings = Settings.read(library=library, encoder=encoder, models=models, offline=offline)
    cases = read_cases(data, skip_bad)
    cases = replace(cases, cases=draw_sample(cases.cases, sample, seed, limit))
    shelf = _open_library(cases, corpus, library, settings)
    gold = Gold(shelf, cases)
    cases = check_gold(gold, cases, skip_bad)
    places = sorted(set(cutoffs or retrieve.DEFAULT_CUTOFFS))
    # A document may have several chunks: to rank k documents takes more than k of them.
    retriever = Retriever(shelf, max(settings.candidates, 2 * places[-1]), mode)
    setup = Setup(
        retrieve.KIND,
        cases.name,
        plain_settings(settings, TO_FIND)
        | {"mode": mode.value, "cutoffs": places}
        | _selection(sample, seed, limit, skip_bad),
        _fingerprints(data, shelf),
    )
    measure = partial(retrieve.measure_retrieval, retriever=retriever, gold=gold, shown=settings.hits)
    _carry_out(setup, cases.cases, cases.skipped, measure, out, gate, as_json)


@app.command("answer")
def evaluate_answers(
    data: Data,
    corpus: Corpus = None,
    library: LibraryFolder = None,
    llm: LanguageModel = None,
    judge: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Have a language model judge the answers too.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Ask the model again what it was asked before.")] = False,
    out: Out = None,
    sample: Sample = None,
    seed: Seed = 0,
    limit: Limit = None,
    skip_bad: SkipBad = False,
    baseline: Baseline = None,
    tolerance: Tolerance = None,
    encoder: EncoderName = None,
    prompts: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Your own prompt templates.")] = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Measure what is answered: right or wrong, refused or not, what is cited, and whether the citations bear it.

    Give the same command again to go on with a run that was stopped.

    Examples: rag eval answer cases.jsonl -l .rag · rag eval answer cases.jsonl --corpus articles --sample 100
    """
    gate = _gate(baseline, tolerance)
    settings = Settings.read(library=library, llm=llm, encoder=encoder, prompts=prompts, models=models, offline=offline)
    cases = read_cases(data, skip_bad)
    cases = replace(cases, cases=draw_sample(cases.cases, sample, seed, limit))
    shelf = _open_library(cases, corpus, library, settings)
    gold = Gold(shelf, cases)
    cases = check_gold(gold, cases, skip_bad)
    judged_by = settings.model_copy(update={"llm": judge}) if judge else None
    fingerprints = _fingerprints(data, shelf) | {"prompts": prompt_fingerprints(settings.prompts)}
    fingerprints |= {"model": _fetch_model(settings), "judge": _fetch_model(judged_by) if judged_by else None}
    setup = Setup(
        answer.KIND,
        cases.name,
        plain_settings(settings, TO_ANSWER) | {"judge": judge} | _selection(sample, seed, limit, skip_bad),
        fingerprints,
    )
    assistant = Assistant(shelf, settings=settings, generator=_generator(shelf, settings, no_cache))
    measure = partial(
        answer.measure_answer,
        assistant=assistant,
        gold=gold,
        judge=Judge(_generator(shelf, judged_by, no_cache), settings.prompts) if judged_by else None,
    )
    _carry_out(setup, cases.cases, cases.skipped, measure, out, gate, as_json)


@app.command("verify")
def evaluate_verifier(
    pairs: Annotated[Path, typer.Argument(help="Claims with their sources, as .jsonl.", show_default=False)],
    out: Out = None,
    sample: Sample = None,
    seed: Seed = 0,
    limit: Limit = None,
    skip_bad: SkipBad = False,
    baseline: Baseline = None,
    tolerance: Tolerance = None,
    as_json: AsJson = False,
) -> None:
    """Measure how rightly the verifier says whether a source bears a claim, by kind of edit.

    Example: rag eval verify pairs.jsonl
    """
    gate = _gate(baseline, tolerance)
    found = read_pairs(pairs, skip_bad)
    setup = Setup(
        verify.KIND,
        found.name,
        _selection(sample, seed, limit, skip_bad),
        {"data": digest_data(pairs), "code": code_fingerprint()},
    )
    drawn = draw_sample(found.pairs, sample, seed, limit)
    _carry_out(setup, drawn, found.skipped, verify.measure_claim, out, gate, as_json)


@app.command("rescore")
def rescore(run: RunFolder, as_json: AsJson = False) -> None:
    """Compute a run's figures anew from what it holds, without the model and without the library.

    Example: rag eval rescore runs/cases-answer-1a2b3c4d
    """
    found = Run.read(run)
    rescore_run(found)
    _show_run(found, as_json)


@app.command("compare")
def compare(
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


def _fetch_model(settings: Settings) -> str:
    """Return the fingerprint of the language model that the settings name, fetched if it is missing."""
    with show_progress() as progress:
        locate_language_model(settings.llm, folder=settings.models, offline=settings.offline, progress=progress)
    return model_fingerprint(settings)


def _generator(library: Library, settings: Settings, no_cache: bool) -> Generator:
    generator = Assistant(library, settings=settings).generator
    if no_cache:
        return generator
    return CachedGenerator(generator, model_fingerprint(settings), cache_folder() / "answers" / "replies.sqlite")


def _open_library(cases: CaseSet, corpus: Path | None, library: Path | None, settings: Settings) -> Library:
    """Open the library that is named, or bring the kept one of the set in step with its articles."""
    if corpus and library:
        raise DataError("Name either articles with --corpus or a library with -l, not both.")
    if not corpus and (library or not cases.documents):
        shelf = open_library(settings)
        shelf.database  # noqa: B018 - a missing library is told before anything is spent
        return shelf
    shelf = kept_library(cases, corpus, settings)
    with show_progress() as progress:
        locate_encoder(shelf.encoder_name, folder=settings.models, offline=settings.offline, progress=progress)
    with show_indexing() as indexing:
        index_kept(shelf, indexing)
    return shelf


def _fingerprints(data: Path, library: Library) -> dict[str, object]:
    return {
        "data": digest_data(data),
        "library": library.fingerprint,
        "encoder": library.encoder.fingerprint,
        "code": code_fingerprint(),
    }


def _selection(sample: int | None, seed: int, limit: int | None, skip_bad: bool) -> dict[str, object]:
    return {"sample": sample, "seed": seed if sample else None, "limit": limit, "skip_bad": skip_bad}


def _gate(baseline: Path | None, tolerance: Sequence[str] | None) -> _Gate:
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
    return _Gate(baseline, tolerances)


def _carry_out(
    setup: Setup,
    cases: Sequence[MeasuredT],
    skipped: int,
    measure: Callable[[MeasuredT], Record],
    out: Path | None,
    gate: _Gate,
    as_json: bool,
) -> None:
    """Start the run or go on with it, score and show it, and judge it by its baseline."""
    run = Run.start(out or setup.default_folder, setup, len(cases), skipped)
    done = len(run.records())
    if done:
        what = "is complete; only scored again" if done == len(cases) else f"goes on after {done} of {len(cases)} cases"
        typer.echo(f"{run.folder} {what}.", err=True)
    with _show_cases() as progress:
        run.complete(cases, measure, progress)
    rescore_run(run)
    _show_run(run, as_json)
    if gate.baseline:
        _judge(Run.read(gate.baseline), run, gate.tolerances)


def _show_run(run: Run, as_json: bool) -> None:
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


@contextmanager
def _show_cases() -> Iterator[CaseProgress]:
    """Show on stderr how many cases are done and how long the rest will take, on a terminal."""
    columns = (
        bars.TextColumn("Measuring"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def move(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield move
