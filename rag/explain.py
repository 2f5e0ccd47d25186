"""Why a search found what it found, and where a document that it did not find was lost."""

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from rag.answerable import LEAST_RELEVANCE, best_relevance
from rag.conditions import Condition
from rag.datatypes import Hit, Sentence
from rag.explanation import Absence, Candidate, Explanation, Place, Stage
from rag.prompt import LEAST_SHARE, select_evidence, worth_showing
from rag.questions import question_kind
from rag.retrieve import Found, Retriever, Trace, lexical_words


class Explainer:
    """Follows a search stage by stage, with the retriever's own stages.

    Args:
        retriever: whose searches are explained.
        hits: how many chunks a search returns.
        evidence_tokens: how many tokens the language model is shown.
        count_tokens: counts them; None where that cannot be done, or nothing is shown to a model.
    """

    def __init__(
        self,
        retriever: Retriever,
        hits: int,
        evidence_tokens: int,
        count_tokens: Callable[[Sequence[str]], list[int]] | None,
    ) -> None:
        self.retriever = retriever
        self.database = retriever.library.database
        self.hits = hits
        self.evidence_tokens = evidence_tokens
        self.count_tokens = count_tokens

    def why(self, question: str, where: Sequence[Condition] = ()) -> Explanation:
        """Explain what a search for the question finds."""
        trace = self.retriever.trace(question, self.hits, where)
        _, terms = self.database.document_frequencies(lexical_words(question))
        candidates = self._candidates(trace, trace.found, trace.reranked)
        return Explanation(question, question_kind(question), terms, candidates)

    def why_not(self, source: str, question: str, where: Sequence[Condition] = ()) -> Absence:
        """Explain what becomes of a file of the library in a search for the question."""
        own = set(self.database.chunk_ids_of(source))
        unmet = tuple(condition for condition in where if own.isdisjoint(self.database.chunk_ids_where([condition])))
        if unmet:
            return Absence(question, source, Stage.FILTER, unmet=unmet)
        trace = self.retriever.trace(question, self.hits, where)
        found = trace.found
        everything = self.retriever.find(question, len(self.retriever.library.vector_index()), where)
        if own.isdisjoint(everything.dense):
            return Absence(question, source, Stage.QUOTED)
        # What the search itself found goes first: how FAISS orders equal scores depends on how many it is asked for.
        deep = replace(everything, dense=found.dense | everything.dense, lexical=found.lexical | everything.lexical)
        lost_at = self._lost_at(own, trace)
        its_own = self.retriever.propose(deep.only(own))
        return Absence(
            question,
            source,
            lost_at,
            self._gaps(lost_at, own, trace, deep),
            self._remedy(own, deep, where) if lost_at else {},
            candidates=self._candidates(trace, deep, its_own),
        )

    def _candidates(self, trace: Trace, seen: Found, described: Sequence[Hit]) -> tuple[Candidate, ...]:
        scores = {
            "dense": seen.dense,
            "lexical": seen.lexical,
            "fused": trace.found.fused(),
            "reranked": {hit.chunk.id: hit.score for hit in trace.reranked},
        }
        places = {
            stage: {key: Place(rank, score) for rank, (key, score) in enumerate(by_key.items(), start=1)}
            for stage, by_key in scores.items()
        }
        timeliness = {hit.chunk.id: hit.timeliness for hit in trace.reranked}
        holders = {copy.chunk.id: hit for hit in trace.hits for copy in hit.also}
        shown = self._shown(trace.hits)
        terms = self.database.matched_words(lexical_words(trace.found.question), [hit.chunk.id for hit in described])
        candidates = []
        for hit in described:
            key = hit.chunk.id
            relevance, sentence = max(zip(hit.relevance, hit.chunk.sentences, strict=True), key=lambda pair: pair[0])
            candidates.append(
                Candidate(
                    hit.chunk,
                    hit.document,
                    {stage: ranking.get(key) for stage, ranking in places.items()},
                    tuple(terms[key]),
                    sentence,
                    relevance,
                    timeliness.get(key, 0.0),
                    holders.get(key),
                    None if shown is None else tuple(shown.get(key, ())),
                )
            )
        return tuple(candidates)

    def _shown(self, hits: Sequence[Hit]) -> dict[int, list[Sentence]] | None:
        """Return the sentences that the language model is shown, by chunk id; None where they cannot be counted."""
        returned = hits[: self.hits]
        shown: dict[int, list[Sentence]] = {}
        if best_relevance(returned) < LEAST_RELEVANCE:
            return shown
        if self.count_tokens is None:
            return None
        for evidence in select_evidence(returned, self.count_tokens, self.evidence_tokens):
            shown.setdefault(evidence.chunk_id, []).append(evidence.sentence)
        return shown

    def _lost_at(self, own: set[int], trace: Trace) -> Stage | None:
        hits = trace.hits
        if own.isdisjoint(hit.chunk.id for hit in trace.reranked):
            return Stage.SEARCH
        if own.isdisjoint(hit.chunk.id for hit in hits):
            return Stage.FOLDED
        returned = hits[: self.hits]
        if own.isdisjoint(hit.chunk.id for hit in returned):
            return Stage.RERANKED
        if best_relevance(returned) < LEAST_RELEVANCE:
            return Stage.RELEVANCE
        if own.isdisjoint(hit.chunk.id for hit in worth_showing(returned)):
            return Stage.BEHIND
        shown = self._shown(hits)
        return Stage.BUDGET if shown is not None and own.isdisjoint(shown) else None

    def _gaps(self, lost_at: Stage | None, own: set[int], trace: Trace, deep: Found) -> dict[str, float]:
        """Return what the file's best chunk lacks to the last that came through the stage."""
        found, hits = trace.found, trace.hits
        returned = hits[: self.hits]
        reranked = {hit.chunk.id: hit.score for hit in hits}
        match lost_at:
            case Stage.SEARCH:
                both = {"dense": (found.dense, deep.dense), "lexical": (found.lexical, deep.lexical)}
                return {
                    name: min(proposed.values()) - max(every[key] for key in own & every.keys())
                    for name, (proposed, every) in both.items()
                    if proposed and own & every.keys()
                }
            case Stage.RERANKED:
                last = returned[-1].score
                return {"reranked": last - max(reranked[key] for key in own & reranked.keys())}
            case Stage.RELEVANCE:
                return {"relevance": LEAST_RELEVANCE - best_relevance(returned)}
            case Stage.BEHIND:
                its_own = [hit for hit in returned if hit.chunk.id in own]
                return {"relevance": LEAST_SHARE * best_relevance(returned) - best_relevance(its_own)}
            case Stage.BUDGET:
                return {"evidence_tokens": self._tokens_needed(own, returned) - self.evidence_tokens}
        return {}

    def _remedy(self, own: set[int], deep: Found, where: Sequence[Condition]) -> dict[str, int]:
        candidates = self._candidates_needed(own, deep, where)
        hits = self.retriever.trace(deep.question, self.hits, where, candidates).hits
        place = _first_rank(own, (hit.chunk.id for hit in hits))
        if place is None:  # it only repeats others
            return {}
        returned = hits[: max(place, self.hits)]
        worth = {hit.chunk.id for hit in worth_showing(returned)}
        if best_relevance(returned) < LEAST_RELEVANCE or own.isdisjoint(worth):
            return {}
        needed = {"candidates": candidates, "hits": len(returned)}
        present = {"candidates": self.retriever.candidates, "hits": self.hits}
        if self.count_tokens:
            needed["evidence_tokens"] = self._tokens_needed(own, returned)
            present["evidence_tokens"] = self.evidence_tokens
        return {name: value for name, value in needed.items() if value > present[name]}

    def _candidates_needed(self, own: set[int], deep: Found, where: Sequence[Condition]) -> int:
        """Return a number of candidates of which one is the file's, by trying from the present number upwards."""
        candidates = self.retriever.candidates
        while True:
            found = self.retriever.find(deep.question, candidates, where)
            if not own.isdisjoint(found.dense.keys() | found.lexical.keys()):
                return candidates
            # How FAISS orders equal scores depends on how many it is asked for: so many may not do, so try again.
            ranks = [_first_rank(own, deep.dense), _first_rank(own, deep.lexical)]
            candidates = max(candidates + 1, min(rank for rank in ranks if rank))

    def _tokens_needed(self, own: set[int], hits: Sequence[Hit]) -> int:
        """Return the tokens of the chunks down to the file's first, in the order in which they are taken."""
        assert self.count_tokens is not None
        total = 0
        for _, chunk in groupby(select_evidence(hits, self.count_tokens, sys.maxsize), key=lambda item: item.chunk_id):
            sentences = list(chunk)
            total += sum(self.count_tokens([evidence.sentence.text for evidence in sentences]))
            if sentences[0].chunk_id in own:
                break
        return total


def _first_rank(own: Collection[int], ranking: Iterable[int]) -> int | None:
    """Return the rank, from 1, of the first chunk that is one of the file's own."""
    return next((rank for rank, key in enumerate(ranking, start=1) if key in own), None)
