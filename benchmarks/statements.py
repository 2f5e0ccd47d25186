"""Fit the probe of the default language model that tells from its state whether a text bears a statement.

    python benchmarks/statements.py read FOLDER  # half an hour of the model, kept in .rag-benchmark/statements.npz
    python benchmarks/statements.py fit          # from what is kept: the probe, and what it is worth

FOLDER holds SummEdits' files of kinds of text (summedits_ectsum.json and so on), as in data/summedits of the repository
salesforce/factualNLG. The probe is fitted to short ones: reports of companies' calls, chats, abstracts, meetings. News,
on which the verifier is measured, is none of them. To these come our own claims about the sample articles, as short as
answers are: fitted to summaries alone, the probe took most of those for unborne. Every figure printed is of kinds of
text, and of sample articles, that the fit left out.
"""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut

from rag.llama import load_generator
from rag.probe import Probe
from rag.settings import Settings
from rag.state_verifier import borne_prompt, excerpts

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.checks import read_article
from benchmarks.fit_probe import fit_probe
from benchmarks.together import Together
from benchmarks.write_probe import write_probe

KEPT = Path(".rag-benchmark") / "statements.npz"
MODEL = "qwen2.5-coder-1.5b-instruct"
SUMMARIES = ("ectsum", "samsum", "scitldr", "qmsumm")
OWN = "own"
ROOT = Path(__file__).parent.parent
OF_EACH_TEXT, MOST_CHARACTERS = 12, 4500
LAYERS = slice(16, 20)
COST_OF_HEAD = 0.1


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement about a text; of those with the same ``group`` none is fitted to when another is judged."""

    text: str
    line: str
    borne: bool
    kind: str
    group: str


def summaries(folder: Path) -> Iterator[Statement]:
    """Give some of SummEdits' summaries of each text."""
    for kind in SUMMARIES:
        about = defaultdict(list)
        for pair in json.loads((folder / f"summedits_{kind}.json").read_text(encoding="utf-8")):
            about[pair["doc"]].append(pair)
        chosen = random.Random(0)
        for text, pairs in about.items():
            for pair in pairs if len(pairs) <= OF_EACH_TEXT else chosen.sample(pairs, OF_EACH_TEXT):
                line = " ".join(pair["summary"].split())
                yield Statement(text[:MOST_CHARACTERS], line, pair["label"] == 1, kind, kind)


def own_claims() -> Iterator[Statement]:
    """Give our own claims, those about one article after another."""
    claims = [json.loads(line) for line in (ROOT / "tests/cases/claims.jsonl").read_text("utf-8").splitlines()]
    for name, about in groupby(sorted(claims, key=itemgetter("document")), key=itemgetter("document")):
        text = excerpts(read_article(name))
        for claim in about:
            yield Statement(text, claim["claim"], claim["supported"], OWN, name)


def read(folder: Path) -> None:
    """Have the model read statements behind their texts, and keep what that makes of its state."""
    together = Together(load_generator(MODEL, Settings.read()))
    tokens, statements = [], []
    for text, about in groupby(chain(summaries(folder), own_claims()), key=attrgetter("text")):
        group = list(about)
        lines = [statement.line for statement in group]
        read = together.values([borne_prompt(text, line) for line in lines], lines)
        tokens += [values[LAYERS].astype(np.float16) for values in read]
        statements += group
        print(f"\r{group[0].kind} {len(statements)}", end="", file=sys.stderr)
    columns: dict[str, Any] = {
        name: np.array([getattr(each, name) for each in statements]) for name in ("borne", "kind", "group")
    }
    lengths = np.array([values.shape[1] for values in tokens])
    # Statements differ in length: the values of all their tokens stand one behind another.
    np.savez_compressed(KEPT, values=np.concatenate(tokens, axis=1), tokens=lengths, **columns)


def fit() -> None:
    """Write the probe, and print what it is worth."""
    kept = np.load(KEPT)
    borne, kinds = kept["borne"], kept["kind"]
    statements = np.split(kept["values"].astype(np.float32), np.cumsum(kept["tokens"])[:-1], axis=1)

    def fitted_to(rows: NDArray[np.int64]) -> Probe:
        # Right ones and wrong ones count as much as each other.
        share = borne[rows].mean()
        counts = np.where(borne[rows], 1 - share, share)
        return fit_probe([statements[row] for row in rows], borne[rows], counts, COST_OF_HEAD)

    decision = np.empty(len(borne), dtype=np.float32)
    for others, group in LeaveOneGroupOut().split(statements, borne, kept["group"]):
        probe = fitted_to(others)
        decision[group] = [probe.log_odds(statements[row]) for row in group]
    for kind in (*SUMMARIES, OWN):
        right, found = borne[kinds == kind], decision[kinds == kind]
        print(
            f"{kind}, {len(right)}: ROC-AUC {roc_auc_score(right, found):.3f}, right ones passed "
            f"{(found[right] > 0).mean():.2f}, wrong ones found {(found[~right] <= 0).mean():.2f}"
        )
    write_probe("borne", MODEL, LAYERS, fitted_to(np.arange(len(borne))))


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"] and len(sys.argv) == 3:
        read(Path(sys.argv[2]))
    elif sys.argv[1:] == ["fit"]:
        fit()
    else:
        sys.exit(__doc__)
