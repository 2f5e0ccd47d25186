"""Which of the passages found the language model was shown, and which did not fit."""

from collections.abc import Sequence
from itertools import groupby

from rag.datatypes import EvidenceSpan, Hit
from rag.prompt import Evidence


def part_evidence(
    hits: Sequence[Hit], evidence: Sequence[Evidence]
) -> tuple[tuple[EvidenceSpan, ...], tuple[EvidenceSpan, ...]]:
    """Part the Hits into spans that are evidence and spans that are not, each in the Hits' order."""
    chosen = {(item.chunk_id, item.sentence.start) for item in evidence}
    shown: list[EvidenceSpan] = []
    not_shown: list[EvidenceSpan] = []
    for hit in hits:
        sentences = [
            (sentence, relevance, (hit.chunk.id, sentence.start) in chosen)
            for sentence, relevance in zip(hit.chunk.sentences, hit.relevance, strict=True)
        ]
        for is_shown, group in groupby(sentences, key=lambda item: item[2]):
            together = list(group)
            relevance = max(relevance for _, relevance, _ in together)
            span = EvidenceSpan(hit.chunk.id, together[0][0].start, together[-1][0].end, relevance)
            (shown if is_shown else not_shown).append(span)
    return tuple(shown), tuple(not_shown)
