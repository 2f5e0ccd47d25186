"""Measures what is found for a question: the right documents, chunks and sentences, how high up, and how fast."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from rag.answerable import best_relevance
from rag.datatypes import Chunk, Document, Sentence
from rag.evaluate.cases import Case
from rag.evaluate.gold import Gold, overlaps
from rag.evaluate.metrics import retrieval
from rag.evaluate.metrics.answer import contains_gold
from rag.evaluate.run import Record
from rag.evaluate.scoring import SECONDS, Scorer
from rag.prompt import rank_sentences
from rag.retrieve import Retriever

KIND = "retrieve"
DEFAULT_CUTOFFS = (1, 5, 10)
# What is ranked at each level. A chunk or sentence that bears the evidence ("chunk", "span") need not hold the words of
# the answer ("answer", "sentence").
LEVELS = {"document": "documents", "chunk": "chunks", "answer": "chunks", "span": "sentences", "sentence": "sentences"}

RankingMetric: TypeAlias = Callable[[Sequence[str], Mapping[str, int], int], float | None]
METRICS: dict[str, RankingMetric] = {
    "hits": retrieval.hits_at_k,
    "recall": retrieval.recall_at_k,
    "precision": retrieval.precision_at_k,
    "mrr": retrieval.reciprocal_rank_at_k,
    "map": retrieval.average_precision_at_k,
    "ndcg": retrieval.ndcg_at_k,
}


def measure_retrieval(case: Case, retriever: Retriever, gold: Gold, shown: int) -> Record:
    """Search for a case's question; the record holds what was ranked, best first, and what is relevant, by level.

    Documents stand at the place of their best chunk; sentences, of the first ``shown`` chunks, in the order of how
    well they bear on the question. Parts of documents are named ``source:start-end``.
    """
    began = time.perf_counter()
    hits = retriever.search(case.question, retriever.candidates)
    seconds = time.perf_counter() - began
    # A near-copy stands right behind the Hit that lists it.
    listed = [each for hit in hits for each in (hit, *hit.also)]
    sentences = rank_sentences(hits[:shown])
    return {
        "question": case.question,
        "answerable": case.answerable,
        "kinds": [case.kind] if case.kind else [],
        "seconds": seconds,
        "relevance": best_relevance(hits[:shown]),
        "scores": [round(hit.score, 6) for hit in listed],
        "ranked": {
            "documents": list(dict.fromkeys(hit.document.source for hit in listed)),
            "chunks": [_name(hit.document, hit.chunk) for hit in listed],
            "sentences": list(dict.fromkeys(_name(item.document, item.sentence) for item in sentences)),
        },
        "relevant": _relevant(case, gold),
    }


def retrieval_scorer(cutoffs: Sequence[int]) -> Scorer:
    """Return how records of searches are scored at these cut-offs."""

    def of_case(record: Record) -> dict[str, float | None]:
        return {
            f"{level}.{name}@{k}": metric(record["ranked"][ranked], record["relevant"].get(level, {}), k)
            for level, ranked in LEVELS.items()
            for k in cutoffs
            for name, metric in METRICS.items()
        }

    best = max(cutoffs)
    return Scorer(
        of_case,
        SECONDS,
        headline=(f"document.ndcg@{best}", f"chunk.ndcg@{best}"),
        lower_is_better=frozenset(SECONDS),
    )


def _relevant(case: Case, gold: Gold) -> dict[str, dict[str, int]]:
    """Return what is relevant to a case at each level: its grade, by its name."""
    spans = gold.spans(case)
    chunks = [(document, chunk) for chunk, document in gold.chunks(spans)]
    sentences = [
        (document, sentence)
        for document, chunk in chunks
        for sentence in chunk.sentences
        if overlaps(sentence, document, spans)
    ]
    bearing: dict[str, Sequence[tuple[Document, Chunk | Sentence]]] = {
        "chunk": chunks,
        "answer": [(document, chunk) for document, chunk in chunks if contains_gold(chunk.text, case.answers)],
        "span": sentences,
        "sentence": [(document, each) for document, each in sentences if contains_gold(each.text, case.answers)],
    }
    named = {level: {_name(*part): 1 for part in parts} for level, parts in bearing.items()}
    return {"document": gold.documents(case)} | named


def _name(document: Document, part: Chunk | Sentence) -> str:
    return f"{document.source}:{part.start}-{part.end}"
