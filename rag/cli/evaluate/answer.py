"""``rag eval answer``: what is answered to each question."""

from functools import partial
from typing import Annotated

import typer

from rag.assistant import Assistant
from rag.cli.evaluate.language_model import fetch_model, open_model
from rag.cli.evaluate.measured import Selection, fingerprint_measured, open_measured
from rag.cli.evaluate.options import Baseline, Corpus, Data, Limit, NoCache, Out, Sample, Seed, SkipBad, Tolerance
from rag.cli.evaluate.runs import carry_out, read_gate
from rag.cli.options import (
    AsJson,
    ChosenPolicy,
    ChosenWhenUnsure,
    EncoderName,
    LanguageModel,
    LibraryFolder,
    ModelsFolder,
    Offline,
    PromptFolder,
    RerankerName,
    VerifierName,
)
from rag.evaluate.answer import KIND, measure_answer
from rag.evaluate.environment import TO_ANSWER, plain_settings, prompt_fingerprints
from rag.evaluate.judge import Judge
from rag.evaluate.run import Setup
from rag.settings import Settings


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
    selection = Selection(sample, seed, limit, skip_bad)
    cases, shelf, gold = open_measured(data, selection, corpus, library, settings)
    judged_by = settings.model_copy(update={"llm": judge}) if judge else None
    fingerprints = fingerprint_measured(data, shelf) | {"prompts": prompt_fingerprints(settings.prompts)}
    fingerprints |= {"model": fetch_model(settings), "judge": fetch_model(judged_by) if judged_by else None}
    setup = Setup(
        KIND,
        cases.name,
        plain_settings(settings, TO_ANSWER) | {"judge": judge} | selection.settings,
        fingerprints,
    )
    measure = partial(
        measure_answer,
        assistant=Assistant(shelf, settings=settings, generator=open_model(shelf, settings, no_cache)),
        gold=gold,
        judge=Judge(open_model(shelf, judged_by, no_cache), settings.prompts) if judged_by else None,
    )
    carry_out(setup, cases.cases, cases.skipped, measure, out, gate, as_json)
