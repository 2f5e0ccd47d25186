"""Show what each threshold on the words of a sentence that its sources must bear costs and gains.

    python benchmarks/thresholds.py ../shared/eval > benchmarks/runs/thresholds.txt

A claim counts as borne where it passes the other checks and its coverage reaches the threshold. The pairs are
SummEdits' one-edit summaries of news and WiCE's claims with the articles they cite (partially supported ones count as
not).
"""

import sys
from pathlib import Path

from rag.attribute import attribute_sentences
from rag.checks.words import LEAST_COVERED, coverage
from rag.evaluate.cases import read_pairs
from rag.evaluate.metrics.confusion import count_decisions
from rag.evaluate.verify import source_evidence
from rag.verify import verify_attribution

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 1.0)
SETS = ("summedits-news", "wice")


def main(data: Path) -> None:
    """Print the balanced accuracy on each set, and their mean, by threshold."""
    print(f"threshold  {'  '.join(SETS)}  mean   (in use: {LEAST_COVERED})")
    rows = {name: coverages(data / "verify" / f"{name}.jsonl") for name in SETS}
    for threshold in THRESHOLDS:
        figures = [
            count_decisions((coverage >= threshold, supported) for coverage, supported in rows[name]).balanced_accuracy
            or 0.0
            for name in SETS
        ]
        shown = "  ".join(f"{figure:{len(name)}.3f}" for name, figure in zip(SETS, figures, strict=True))
        print(f"{threshold:9}  {shown}  {sum(figures) / len(figures):.3f}")


def coverages(pairs: Path) -> list[tuple[float, bool]]:
    """Return for each pair the least coverage of its claim's sentences, 0 where a check fails, and the label."""
    found = []
    for pair in read_pairs(pairs).pairs:
        attributions = attribute_sentences(pair.claim, source_evidence(pair.source))
        least = 1.0
        for attribution in attributions:
            others = {
                name: passed for name, passed in verify_attribution(attribution).checks.items() if name != "words"
            }
            least = min(least, coverage(attribution) if all(others.values()) else 0.0)
        found.append((least, pair.supported))
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
