"""Measure each check of the verifier alone: what it catches, and what it flags that is right.

    python benchmarks/checks.py ../shared/eval > benchmarks/runs/checks.txt

*Own claims* are those of tests/cases/claims.jsonl about the sample articles: the checks were written with some of them
in sight, and not changed for the held-out ones. *CLAP NQ* are the sentences of its long answers, which people wrote
from the passage that they are compared with: what is flagged there is flagged wrongly, as far as the people were right.
*SummEdits* are news summaries, right ones and ones with an edit that makes them wrong.
"""

import json
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rag.attribute import Attribution, attribute_sentences
from rag.checks import CHECKS
from rag.evaluate.cases import read_cases, read_pairs
from rag.evaluate.verify import source_evidence
from rag.load import load_documents
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.verify import verify_attribution

ROOT = Path(__file__).parent.parent


def main(data: Path) -> None:
    """Print a table for each set, and the time that a sentence takes."""
    claims = [json.loads(line) for line in (ROOT / "tests/cases/claims.jsonl").read_text("utf-8").splitlines()]
    for held_out in (False, True):
        print(f"own claims{', held out' if held_out else ''}: of each kind, right ones that pass and wrong ones caught")
        _print_own([claim for claim in claims if claim["held_out"] is held_out])
    answers = list(_clapnq(data / "clapnq"))
    flagged = Counter(name for attribution in answers for name in failed_checks(attribution))
    print(f"\nCLAP NQ, {len(answers)} sentences of answers: flagged by each check")
    for name in CHECKS:
        print(f"  {name:12} {flagged[name]:4}  {flagged[name] / len(answers):.3f}")
    print("\nSummEdits, summaries flagged by each check: right ones, wrong ones")
    _print_pairs(data / "verify" / "summedits-news.jsonl")
    seconds = list(_seconds(answers))
    print(f"\nmilliseconds a sentence, attributed already: median {1e3 * statistics.median(seconds):.1f}, "
          f"95th percentile {1e3 * statistics.quantiles(seconds, n=20)[-1]:.1f}")  # fmt: skip


def failed_checks(attribution: Attribution) -> list[str]:
    """Name the checks that a sentence does not pass."""
    return [name for name, check in CHECKS.items() if check(attribution) is False]


def _print_own(claims: Sequence[dict[str, str]]) -> None:
    articles = {name: read_article(name) for name in {claim["document"] for claim in claims}}
    judged: dict[tuple[str, bool], list[bool]] = defaultdict(list)
    for claim in claims:
        found = attribute_sentences(claim["claim"], articles[claim["document"]])
        passes = not any(failed_checks(attribution) for attribution in found)
        judged[claim["kind"], bool(claim["supported"])].append(passes == bool(claim["supported"]))
    for kind in CHECKS:
        right, wrong = judged[kind, True], judged[kind, False]
        print(f"  {kind:12} {sum(right):2} of {len(right):2}   {sum(wrong):2} of {len(wrong):2}")


def read_article(name: str) -> list[Evidence]:
    """Return every sentence of a sample article as evidence."""
    [document] = load_documents((ROOT / "seeds" / name).read_bytes(), name)
    return [Evidence(document, 0, sentence, 1.0) for sentence in split_sentences(document.text)]


def _clapnq(folder: Path) -> Iterator[Attribution]:
    for case in read_cases(folder / "cases.jsonl").cases:
        if case.answerable and case.evidence:
            passage = (folder / "articles" / case.evidence[0].document).read_text("utf-8")
            yield from attribute_sentences(case.answers[0], source_evidence([passage]))


def _print_pairs(path: Path) -> None:
    pairs = read_pairs(path).pairs
    flagged: Counter[tuple[str, bool]] = Counter()
    for pair in pairs:
        found = attribute_sentences(pair.claim, source_evidence(pair.source))
        flagged.update((name, pair.supported) for name in {n for a in found for n in failed_checks(a)})
    right = sum(pair.supported for pair in pairs)
    for name in CHECKS:
        print(f"  {name:12} {flagged[name, True] / right:.3f}  {flagged[name, False] / (len(pairs) - right):.3f}")


def _seconds(attributions: Iterable[Attribution]) -> Iterator[float]:
    for attribution in attributions:
        began = time.perf_counter()
        verify_attribution(attribution)
        yield time.perf_counter() - began


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
