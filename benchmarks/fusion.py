"""Compare ways to combine the two searches, and what reranking by the best sentence adds.

    python benchmarks/fusion.py ../shared/eval > benchmarks/runs/fusion.txt

1,000 answerable questions to SQuAD 2.0's articles; a chunk counts as right where it shares a sentence with the gold
paragraph. RRF is reciprocal rank fusion with k = 60 (Cormack, Clarke & Büttcher, SIGIR 2009).
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path

from rag.evaluate.cases import read_cases
from rag.evaluate.gold import Gold
from rag.evaluate.metrics.retrieval import hits_at_k, reciprocal_rank_at_k
from rag.library import Library
from rag.retrieve import Retriever, fuse, lexical_query
from rag.settings import Settings

QUESTIONS, CANDIDATES, RRF_K = 1000, 40, 60
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7)


def main(data: Path) -> None:
    """Print a row for each way."""
    library = Library.open(Path(".rag-benchmark"), Settings.read())
    library.index(data / "squad2" / "articles")
    cases = read_cases(data / "squad2" / "cases.jsonl")
    gold = Gold(library, cases)
    retriever = Retriever(library, CANDIDATES)
    rankings: dict[str, list[list[int]]] = {}
    relevant: list[dict[int, int]] = []
    answerable = [case for case in cases.cases if case.answerable]
    for case in random.Random(0).sample(answerable, QUESTIONS):
        query = library.encoder.encode_queries([case.question])
        dense = dict(library.vector_index().search(query, CANDIDATES))
        lexical = dict(library.database.match(lexical_query(case.question), CANDIDATES))
        ways = {"dense alone": list(dense), "BM25 alone": list(lexical), "RRF": reciprocal_ranks([*dense], [*lexical])}
        ways |= {f"average, dense share {share}": list(fuse(dense, lexical, share)) for share in SHARES}
        ways["average, reranked"] = [hit.chunk.id for hit in retriever.search(case.question, CANDIDATES)]
        for way, ranking in ways.items():
            rankings.setdefault(way, []).append(ranking)
        relevant.append({chunk.id: 1 for chunk, _ in gold.chunks(gold.spans(case))})
    print(f"{'':26}hit@1  hit@5  MRR@10   ({QUESTIONS} questions)")
    for way, ranked in rankings.items():
        figures = [
            mean([hits_at_k(ranking, right, 1) for ranking, right in zip(ranked, relevant, strict=True)]),
            mean([hits_at_k(ranking, right, 5) for ranking, right in zip(ranked, relevant, strict=True)]),
            mean([reciprocal_rank_at_k(ranking, right, 10) for ranking, right in zip(ranked, relevant, strict=True)]),
        ]
        print(f"{way:26}" + "  ".join(f"{figure:.3f}" for figure in figures))


def reciprocal_ranks(*rankings: list[int]) -> list[int]:
    """Merge rankings by the sum of 1 / (60 + rank)."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores, key=lambda key: -scores[key])


def mean(values: Sequence[float | None]) -> float:
    """Average over the questions that the metric speaks for."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
