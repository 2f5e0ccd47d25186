"""``rag eval retrieve``: what is found for each question."""

from functools import partial
from typing import Annotated

import typer

from rag.cli.evaluate.measured import Selection, fingerprint_measured, open_measured
from rag.cli.evaluate.options import Baseline, Corpus, Data, Limit, Out, Sample, Seed, SkipBad, Tolerance
from rag.cli.evaluate.runs import carry_out, read_gate
from rag.cli.options import AsJson, EncoderName, LibraryFolder, ModelsFolder, Offline, RerankerName
from rag.evaluate.environment import TO_FIND, plain_settings
from rag.evaluate.retrieve import DEFAULT_CUTOFFS, KIND, measure_retrieval
from rag.evaluate.run import Setup
from rag.rerank import NO_RERANKER, load_reranker
from rag.retrieve import Mode, Retriever
from rag.settings import Settings


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
    selection = Selection(sample, seed, limit, skip_bad)
    cases, shelf, gold = open_measured(data, selection, corpus, library, settings)
    places = sorted(set(cutoffs or DEFAULT_CUTOFFS))
    # A document may have several chunks: to rank k documents takes more than k of them.
    retriever = Retriever(shelf, max(settings.candidates, 2 * places[-1]), mode, orders)
    setup = Setup(
        KIND,
        cases.name,
        plain_settings(settings, TO_FIND) | {"mode": mode.value, "cutoffs": places} | selection.settings,
        fingerprint_measured(data, shelf) | {"reranker": orders.fingerprint},
    )
    measure = partial(measure_retrieval, retriever=retriever, gold=gold, shown=settings.hits)
    carry_out(setup, cases.cases, cases.skipped, measure, out, gate, as_json)
