"""``rag eval ablate``: what each part of a search brings, by leaving it out."""

from rag.cli.evaluate.measured import Selection, open_measured
from rag.cli.evaluate.options import Corpus, Data, Limit, Sample, Seed, SkipBad
from rag.cli.evaluate.tables import print_ablation
from rag.cli.options import AsJson, EncoderName, LibraryFolder, ModelsFolder, Offline, print_json
from rag.cli.progress import show_cases
from rag.evaluate.retrieve import measure_retrieval, retrieval_scorer
from rag.evaluate.run import Estimates
from rag.evaluate.statistics import summarise
from rag.parts import Part
from rag.retrieve import Retriever
from rag.settings import Settings

METRICS = ("document.ndcg@10", "chunk.hits@1", "chunk.hits@5", "chunk.mrr@10", "span.hits@1")
CUTOFFS = (1, 5, 10)


def ablate_search(
    data: Data,
    corpus: Corpus = None,
    library: LibraryFolder = None,
    sample: Sample = None,
    seed: Seed = 0,
    limit: Limit = None,
    skip_bad: SkipBad = False,
    encoder: EncoderName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Measure what is found for each question with all parts of a search, and with each of them left out in turn.

    Chunks hold the evidence; span.hits@1 is how often the best sentence of all is one of it. What is printed is all
    that is kept.

    Example: rag eval ablate cases.jsonl --corpus articles --sample 500
    """
    settings = Settings.read(library=library, encoder=encoder, models=models, offline=offline)
    cases, shelf, gold = open_measured(data, Selection(sample, seed, limit, skip_bad), corpus, library, settings)
    ways: dict[str, frozenset[Part]] = {"(nothing)": frozenset()} | {part: frozenset([part]) for part in Part}
    score = retrieval_scorer(CUTOFFS).of_case
    rows: dict[str, Estimates] = {}
    with show_cases() as progress:
        for name, without in ways.items():
            retriever = Retriever(shelf, settings.candidates, without=without)
            scored = []
            for case in cases.cases:
                scored.append(score(measure_retrieval(case, retriever, gold, settings.hits)))
                progress(len(rows) * len(cases.cases) + len(scored), len(ways) * len(cases.cases))
            estimates = {metric: summarise([figures[metric] for figures in scored]) for metric in METRICS}
            rows[name] = {metric: estimate for metric, estimate in estimates.items() if estimate.n}
    if as_json:
        print_json({name: {metric: each.mean for metric, each in row.items()} for name, row in rows.items()})
    else:
        print_ablation(rows)
