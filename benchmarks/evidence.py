"""How often the evidence that the language model would be shown holds the answer, with no model asked.

    python benchmarks/evidence.py ../shared/eval > benchmarks/runs/evidence.txt

1,000 answerable questions to SQuAD 2.0's articles: the share whose evidence has a sentence of the gold paragraph with
the answer in it; and those of CLAPnq, whose answers rest on several sentences: the share of these that are shown. A row
is a way to choose (whole chunks from .6 of the best relevance on are what is done), a column the tokens that the
evidence may have; the last one has those that it does have where it may have 300. Only the vocabulary of the default
language model is loaded, to count them.
"""

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from llama_cpp import Llama

import rag.prompt
from rag.datatypes import Hit
from rag.evaluate.cases import Case, read_cases
from rag.evaluate.gold import Gold, overlaps
from rag.evaluate.metrics.answer import contains_gold
from rag.evaluate.metrics.citation import Span
from rag.library import Library
from rag.models import locate_language_model
from rag.prompt import Evidence, rank_sentences, select_evidence
from rag.retrieve import Retriever
from rag.settings import Settings

QUESTIONS = 1000
BUDGETS = (200, 300, 400)
COUNTED = 300
LEAST_SHARES = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

Choose = Callable[[Sequence[Hit], Callable[[Sequence[str]], list[int]], int], list[Evidence]]


def main(data: Path) -> None:
    """Print a table for each set."""
    for name, metric in (("clapnq", gold_shown), ("squad2", shows_answer)):
        measure(name, data / name, metric)


def measure(name: str, folder: Path, metric: Callable[[Case, Sequence[Evidence], Sequence[Span]], float]) -> None:
    """Print the mean of a metric for each way and budget."""
    settings = Settings.read()
    library = Library.open(Path(".rag-benchmark") / name, settings)
    library.index(folder / "articles")
    cases = read_cases(folder / "cases.jsonl")
    gold = Gold(library, cases)
    answerable = [case for case in cases.cases if case.answerable and case.evidence]
    sample = random.Random(0).sample(answerable, min(QUESTIONS, len(answerable)))
    retriever = Retriever(library, settings.candidates)
    count_tokens = token_counter(settings)
    totals = {(way, budget): 0.0 for way in WAYS for budget in BUDGETS}
    tokens = dict.fromkeys(WAYS, 0)
    for case in sample:
        hits = retriever.search(case.question, settings.hits)
        for way, budget in totals:
            evidence = WAYS[way](hits, count_tokens, budget)
            totals[way, budget] += metric(case, evidence, gold.spans(case))
            if budget == COUNTED:
                tokens[way] += sum(count_tokens([item.sentence.text for item in evidence]))
    print(f"{name} ({len(sample)} questions)".ljust(24) + "".join(f"{budget:7}" for budget in BUDGETS) + " tokens")
    for way in WAYS:
        shares = "".join(f"{totals[way, budget] / len(sample):7.3f}" for budget in BUDGETS)
        print(f"{way:24}{shares}{tokens[way] / len(sample):7.0f}")


def best_sentences(
    hits: Sequence[Hit], count_tokens: Callable[[Sequence[str]], list[int]], max_tokens: int
) -> list[Evidence]:
    """Choose the best sentences, wherever they stand, until the budget is spent."""
    ranked = rank_sentences(hits)
    chosen: list[Evidence] = []
    for evidence, cost in zip(ranked, count_tokens([each.sentence.text for each in ranked]), strict=True):
        if cost <= max_tokens:
            chosen.append(evidence)
            max_tokens -= cost
    return chosen


def chunks_from(least_share: float) -> Choose:
    """Return what chooses whole chunks that have this share of the best one's relevance or more."""

    def choose(
        hits: Sequence[Hit], count_tokens: Callable[[Sequence[str]], list[int]], max_tokens: int
    ) -> list[Evidence]:
        rag.prompt.LEAST_SHARE = least_share
        return select_evidence(hits, count_tokens, max_tokens)

    return choose


WAYS: dict[str, Choose] = {
    "best sentences": best_sentences,
    **{f"chunks from {share} on": chunks_from(share) for share in LEAST_SHARES},
}


def shows_answer(case: Case, evidence: Sequence[Evidence], spans: Sequence[Span]) -> float:
    """Tell whether a sentence of the gold paragraph with the answer in it is shown."""
    return any(
        overlaps(item.sentence, item.document, spans) and contains_gold(item.sentence.text, case.answers)
        for item in evidence
    )


def gold_shown(case: Case, evidence: Sequence[Evidence], spans: Sequence[Span]) -> float:
    """Return the share of the gold sentences that are shown."""
    return sum(any(overlaps(item.sentence, item.document, [span]) for item in evidence) for span in spans) / len(spans)


def token_counter(settings: Settings) -> Callable[[Sequence[str]], list[int]]:
    """Return how the default language model counts tokens, each text once."""
    path = locate_language_model(settings.llm, folder=settings.models, offline=settings.offline).path
    vocabulary = Llama(str(path), vocab_only=True, verbose=False)
    known: dict[str, int] = {}

    def count(texts: Sequence[str]) -> list[int]:
        for text in texts:
            if text not in known:
                known[text] = len(vocabulary.tokenize(text.encode(), add_bos=False))
        return [known[text] for text in texts]

    return count


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
