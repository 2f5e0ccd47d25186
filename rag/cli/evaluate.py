"""``rag eval``: measures what is found and answered, keeps it as a run, and compares runs."""

import json
from collections import Counter
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, TextIO

import typer

from rag.assistant import Assistant
from rag.checks import Check
from rag.cli.articles import open_library
from rag.cli.evaluation_ablation import ablate_search
from rag.cli.evaluation_options import (
    Baseline,
    Corpus,
    Data,
    Limit,
    NoCache,
    Out,
    PromptFolder,
    RunFolder,
    Sample,
    Seed,
    SkipBad,
    Tolerance,
)
from rag.cli.evaluation_report import write_report
from rag.cli.evaluation_runs import carry_out, open_measured, read_gate, show_cases, show_run
from rag.cli.evaluation_tables import print_changed_cases, print_changes
from rag.cli.models import show_progress
from rag.cli.options import (
    AsJson,
    ChosenPolicy,
    ChosenWhenUnsure,
    EncoderName,
    LanguageModel,
    LibraryFolder,
    ModelsFolder,
    Offline,
    RerankerName,
    VerifierName,
    print_json,
)
from rag.entailment import load_verifier
from rag.errors import DataError
from rag.evaluate import answer, retrieve, verify
from rag.evaluate.cache import CachedGenerator
from rag.evaluate.cases import read_cases, read_pairs
from rag.evaluate.compare import changed_cases, compare_runs, default_metric
from rag.evaluate.corpus import cache_folder
from rag.evaluate.environment import (
    TO_ANSWER,
    TO_FIND,
    code_fingerprint,
    digest_data,
    model_fingerprint,
    plain_settings,
    prompt_fingerprints,
)
from rag.evaluate.generate import Outcome, generate_cases
from rag.evaluate.gold import Gold, check_gold
from rag.evaluate.judge import Judge
from rag.evaluate.run import Run, Setup
from rag.evaluate.sample import draw_sample
from rag.evaluate.scorers import rescore_run
from rag.generate import Generator
from rag.library import Library
from rag.models import locate_language_model
from rag.rerank import NO_RERANKER, load_reranker
from rag.retrieve import Mode, Retriever
from rag.settings import Settings
from rag.verify import verify_attribution

app = typer.Typer(
    no_args_is_help=True,
    help="Measure what is found and answered, and compare runs. Exit status: 0 done, 1 a regression, 2 an error.",
)


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
    reranker: RerankerName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Measure what is found for each question: documents, chunks, and the sentences that bear the evidence.

    Examples: rag eval retrieve scifact --mode lexical · rag eval retrieve cases.jsonl --corpus articles --sample 500
    """
    gate = read_gate(baseline, tolerance)
    # One search alone is measured as it is, unless a reranker is asked for.
    reranker = reranker or (None if mode is Mode.HYBRID else NO_RERANKER)
    settings = Settings.read(library=library, encoder=encoder, reranker=reranker, models=models, offline=offline)
    orders = load_reranker(settings.reranker, models=settings.models, offline=settings.offline)
    cases = read_cases(data, skip_bad)
    cases = replace(cases, cases=draw_sample(cases.cases, sample, seed, limit))
    shelf = open_measured(cases, corpus, library, settings)
    gold = Gold(shelf, cases)
    cases = check_gold(gold, cases, skip_bad)
    places = sorted(set(cutoffs or retrieve.DEFAULT_CUTOFFS))
    # A document may have several chunks: to rank k documents takes more than k of them.
    retriever = Retriever(shelf, max(settings.candidates, 2 * places[-1]), mode, orders)
    setup = Setup(
        retrieve.KIND,
        cases.name,
        plain_settings(settings, TO_FIND)
        | {"mode": mode.value, "cutoffs": places}
        | _selection(sample, seed, limit, skip_bad),
        _fingerprints(data, shelf) | {"reranker": orders.fingerprint},
    )
    measure = partial(retrieve.measure_retrieval, retriever=retriever, gold=gold, shown=settings.hits)
    carry_out(setup, cases.cases, cases.skipped, measure, out, gate, as_json)


@app.command("answer")
def evaluate_answers(
    data: Data,
    corpus: Corpus = None,
    library: LibraryFolder = None,
    llm: LanguageModel = None,
    judge: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Have a language model judge the answers too.")
    ] = None,
    no_cache: NoCache = False,
    out: Out = None,
    sample: Sample = None,
    seed: Seed = 0,
    limit: Limit = None,
    skip_bad: SkipBad = False,
    baseline: Baseline = None,
    tolerance: Tolerance = None,
    encoder: EncoderName = None,
    reranker: RerankerName = None,
    prompts: PromptFolder = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    policy: ChosenPolicy = None,
    when_unsure: ChosenWhenUnsure = None,
    verifier: VerifierName = None,
    as_json: AsJson = False,
) -> None:
    """Measure what is answered: right or wrong, refused or not, what is cited, and whether the citations bear it.

    Give the same command again to go on with a run that was stopped.

    Examples: rag eval answer cases.jsonl -l .rag · rag eval answer cases.jsonl --corpus articles --sample 100
    """
    gate = read_gate(baseline, tolerance)
    settings = Settings.read(
        library=library,
        llm=llm,
        encoder=encoder,
        reranker=reranker,
        prompts=prompts,
        models=models,
        offline=offline,
        policy=policy,
        when_unsure=when_unsure,
        verifier=verifier,
    )
    cases = read_cases(data, skip_bad)
    cases = replace(cases, cases=draw_sample(cases.cases, sample, seed, limit))
    shelf = open_measured(cases, corpus, library, settings)
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
    carry_out(setup, cases.cases, cases.skipped, measure, out, gate, as_json)


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
    verifier: VerifierName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Measure how rightly the verifier says whether a source bears a claim, by kind of edit.

    Example: rag eval verify pairs.jsonl
    """
    gate = read_gate(baseline, tolerance)
    found = read_pairs(pairs, skip_bad)
    settings = Settings.read(verifier=verifier, models=models, offline=offline)
    fingerprints: dict[str, object] = {"data": digest_data(pairs), "code": code_fingerprint()}
    further: dict[str, Check] = {}
    if settings.verifier:
        joining = load_verifier(settings.verifier, models=settings.models, offline=settings.offline)
        fingerprints["verifier"] = joining.fingerprint
        further["entailment"] = joining.check_entailment
    setup = Setup(verify.KIND, found.name, _selection(sample, seed, limit, skip_bad), fingerprints)
    drawn = draw_sample(found.pairs, sample, seed, limit)
    measure = partial(verify.measure_claim, verify=partial(verify_attribution, further=further))
    carry_out(setup, drawn, found.skipped, measure, out, gate, as_json)


@app.command("generate")
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
    shelf.database  # noqa: B018 - a missing library is told before weights are fetched
    _fetch_model(settings)
    assistant = Assistant(shelf, settings=settings, generator=_generator(shelf, settings, no_cache))
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


@app.command("rescore")
def rescore(run: RunFolder, as_json: AsJson = False) -> None:
    """Compute a run's figures anew from what it holds, without the model and without the library.

    Example: rag eval rescore runs/cases-answer-1a2b3c4d
    """
    found = Run.read(run)
    rescore_run(found)
    show_run(found, as_json)


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


app.command("report")(write_report)
app.command("ablate")(ablate_search)


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


def _fingerprints(data: Path, library: Library) -> dict[str, object]:
    return {
        "data": digest_data(data),
        "library": library.fingerprint,
        "encoder": library.encoder.fingerprint,
        "code": code_fingerprint(),
    }


def _selection(sample: int | None, seed: int, limit: int | None, skip_bad: bool) -> dict[str, object]:
    return {"sample": sample, "seed": seed if sample else None, "limit": limit, "skip_bad": skip_bad}


def _write_new(path: Path) -> TextIO:
    try:
        return path.open("x", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be made ({error.strerror}); name another file with --out.") from error
