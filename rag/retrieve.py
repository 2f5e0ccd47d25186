"""A question in, Hits out: dense and lexical search, fused, and reranked."""

import math
import sys
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from embeddings import Reading
from rag.conditions import Condition
from rag.datatypes import Hit
from rag.fold import fold_copies
from rag.library import Library
from rag.parts import Part
from rag.relevance import chunk_relevances, weigh_question
from rag.rerank import AsFused, BestSentence, Reranker
from rag.terms import FUNCTION_WORDS, RUN_OF_SIGNS, WORD, quoted_phrases, sign_pairs, term
from rag.time_words import read_time
from rag.timeliness import weigh_dates

# Equal parts: benchmarks/fusion.py compares them with other shares and with reciprocal ranks.
DENSE_SHARE = 0.5


class Mode(StrEnum):
    """Which searches are run."""

    HYBRID = "hybrid"
    """Both, fused and reranked."""
    DENSE = "dense"
    """By vectors alone, in their order."""
    LEXICAL = "lexical"
    """By words alone (BM25), in their order."""


def lexical_words(question: str) -> list[str]:
    """Return the words of the question that are searched for: its content words, or all where it has none."""
    found = dict.fromkeys(WORD.findall(question.lower()))
    return [word for word in found if word not in FUNCTION_WORDS] or list(found)


def lexical_query(question: str) -> str:
    """Return the FTS5 query that matches any of the words searched for; empty where the question has no words."""
    alone = [term(word) for word in lexical_words(RUN_OF_SIGNS.sub(" ", question))]
    return " OR ".join(f'"{phrase}"' for phrase in [*sign_pairs(question), *alone])


def fuse(
    dense: Mapping[int, float], lexical: Mapping[int, float], dense_share: float = DENSE_SHARE
) -> dict[int, float]:
    """Combine cosines and BM25 scores into one score, best first; higher is better.

    BM25 is divided by its best score, and what one search did not find counts as its worst cosine, or as BM25 0.
    This is the convex combination of Bruch, Gai & Ingber, "An analysis of fusion functions for hybrid retrieval"
    (2023): for cosines 0.6 and 0.2 and BM25 scores 0 and 10, the fused scores are 0.3 and 0.6.
    """
    best = max(lexical.values(), default=0.0) or 1.0
    worst = min(dense.values(), default=0.0)
    fused = {
        key: dense_share * dense.get(key, worst) + (1 - dense_share) * lexical.get(key, 0.0) / best
        for key in dense.keys() | lexical.keys()
    }
    return dict(sorted(fused.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True)
class Found:
    """What the two searches found for a question: scores by chunk id, best first; higher is better.

    ``query`` is the question as the encoder reads it.
    """

    question: str
    query: Reading
    dense: dict[int, float]
    lexical: dict[int, float]

    def fused(self) -> dict[int, float]:
        """Return both searches' scores in one, best first."""
        return fuse(self.dense, self.lexical)

    def only(self, keys: Collection[int]) -> "Found":
        """Return what was found of these chunks."""
        dense, lexical = ({key: s for key, s in found.items() if key in keys} for found in (self.dense, self.lexical))
        return replace(self, dense=dense, lexical=lexical)


@dataclass(frozen=True, slots=True)
class Trace:
    """A search: what was found, all its candidates as they were reranked, and the Hits without near-copies."""

    found: Found
    reranked: list[Hit]
    hits: list[Hit]


class Retriever:
    """Finds the chunks of a library that bear on a question.

    Args:
        library: where to look.
        candidates: how many chunks each of the two searches proposes; all of them are reranked.
        mode: which searches are run; one alone is there to be measured.
        reranker: orders the candidates; if None the built-in one, or none in a mode of one search.
        without: the parts that are left out, to be measured.
    """

    def __init__(
        self,
        library: Library,
        candidates: int,
        mode: Mode = Mode.HYBRID,
        reranker: Reranker | None = None,
        without: Set[Part] = frozenset(),
    ) -> None:
        self.library = library
        self.candidates = candidates
        self.mode = mode
        self.reranker = reranker or (BestSentence(without) if mode is Mode.HYBRID else AsFused())
        self.without = without

    def search(self, question: str, count: int, where: Sequence[Condition] = ()) -> list[Hit]:
        """Return at most ``count`` Hits, best first; a Hit's score is the reranker's.

        Only documents that fulfil every condition of ``where`` are searched. Near-copies of a Hit are listed with it,
        and take none of the places.
        """
        return self.trace(question, count, where).hits[:count]

    def trace(self, question: str, count: int, where: Sequence[Condition] = (), candidates: int | None = None) -> Trace:
        """Search, and return what each stage made of it; ``candidates`` are the retriever's own if None."""
        wanted = candidates = candidates or self.candidates
        while True:
            found = self.find(question, candidates, where)
            reranked = self.rerank(found)
            hits = reranked if Part.FOLDING in self.without else fold_copies(reranked)
            exhausted = max(len(found.dense), len(found.lexical)) < candidates
            if len(hits) >= min(count, wanted) or exhausted:
                return Trace(found, reranked, hits)
            candidates *= 2  # near-copies took the places; there is more

    def find(self, question: str, count: int, where: Sequence[Condition] = ()) -> Found:
        """Search for a question; each search proposes at most ``count`` chunks of documents that fulfil ``where``."""
        query = self.library.encoder.read_query(question)
        among = self._among(question, where)
        dense, lexical = {}, {}
        if self.mode is not Mode.LEXICAL and Part.DENSE not in self.without:
            dense = dict(self.library.vector_index().search(query.vector, count, among))
        words = lexical_query(question)
        if words and self.mode is not Mode.DENSE and Part.LEXICAL not in self.without:
            lexical = dict(self.library.database.match(words, count, among))
        return Found(question, query, dense, lexical)

    def rerank(self, found: Found) -> list[Hit]:
        """Return what was found as Hits, best first by the reranker and by their dates."""
        hits = self.propose(found)
        scores = self.reranker.score(found.question, hits)
        if self.mode is Mode.HYBRID and Part.TIME not in self.without:
            added = weigh_dates(read_time(found.question, date.today()), [hit.document.date for hit in hits], scores)
        else:
            added = [0.0] * len(hits)
        scored = sorted(zip(hits, scores, added, strict=True), key=lambda of: -(of[1] + of[2]))  # equals stay as fused
        return [
            replace(hit, score=score + more, timeliness=more, ranks=hit.ranks | {"reranked": place})
            for place, (hit, score, more) in enumerate(scored, start=1)
        ]

    def propose(self, found: Found) -> list[Hit]:
        """Fuse what was found, and return it as Hits that are not reranked yet."""
        fused = found.fused()
        stages = {"dense": found.dense, "lexical": found.lexical, "fused": fused}
        places = {stage: {key: place for place, key in enumerate(keys, start=1)} for stage, keys in stages.items()}

        chunks = self.library.chunks(list(fused))
        vectors = self.library.database.sentence_vectors(list(fused))
        question = weigh_question(found.question, found.query, self._word_weights(found.question))
        # Of all that no other process has removed by now.
        relevance = chunk_relevances(chunks, vectors, question, self.without)
        return [
            Hit(
                chunk=chunk,
                document=document,
                score=fused[key],
                ranks={stage: ranking.get(key) for stage, ranking in places.items()} | {"reranked": None},
                relevance=relevance[key].sentences,
                late_interaction=relevance[key].late_interaction,
            )
            for key, (chunk, document) in ((key, chunks[key]) for key in fused if key in relevance)
        ]

    def _among(self, question: str, where: Sequence[Condition]) -> list[int] | None:
        """Return the ids of the chunks that may be found, None for all.

        What the question quotes must stand there word for word, unless it does so nowhere.
        """
        among = self.library.database.chunk_ids_where(where) if where else None
        phrases = " AND ".join('"' + " ".join(phrase) + '"' for phrase in quoted_phrases(question))
        quoting = self.library.database.match(phrases, sys.maxsize, among) if phrases else []
        return [key for key, _ in quoting] or among

    def _word_weights(self, question: str) -> dict[str, float]:
        """Return the inverse document frequency of each content word of the question."""
        asked = {term(word): word for word in WORD.findall(question) if word.lower() not in FUNCTION_WORDS}
        total, counts = self.library.database.document_frequencies(list(asked.values()))
        return {key: math.log(1 + total / (1 + counts[word])) for key, word in asked.items()}
