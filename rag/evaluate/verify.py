"""Measures the verifier: whether it says rightly of a claim and its source that the one bears the other."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial

from rag.attribute import Attribution, attribute_sentences
from rag.datatypes import Document, Status
from rag.evaluate.cases import Pair
from rag.evaluate.metrics.confusion import Confusion, count_decisions
from rag.evaluate.metrics.verification import roc_auc
from rag.evaluate.run import Record
from rag.evaluate.scoring import SECONDS, Scorer, SetMetric
from rag.prompt import Evidence
from rag.sentences import split_sentences
from rag.verify import ENTAILMENT, Verifier, verify_attribution

KIND = "verify"
# From worst to best; a claim of several sentences is borne as well as the worst of them.
ORDER = (Status.UNSUPPORTED, Status.PARTIAL, Status.SUPPORTED, Status.QUOTED)
BORNE = {Status.SUPPORTED, Status.QUOTED}


def measure_claim(pair: Pair, verify: Verifier = verify_attribution) -> Record:
    """Attribute and verify a claim as the sentences of an answer are."""
    evidence = source_evidence(pair.source)
    began = time.perf_counter()
    judged = [(attribution, verify(attribution)) for attribution in attribute_sentences(pair.claim, evidence)]
    seconds = time.perf_counter() - began
    worst = min((verdict.status for _, verdict in judged), key=ORDER.index, default=Status.UNSUPPORTED)
    return {
        "pair": asdict(pair),
        "kinds": list(pair.edit_types) or [pair.label],
        "supported": pair.supported,
        "status": worst.value,
        "score": min((_score(attribution, verdict.status) for attribution, verdict in judged), default=0.0),
        "sentences": [
            {"text": attribution.sentence.text, "status": verdict.status.value, "checks": verdict.checks}
            for attribution, verdict in judged
        ],
        "seconds": seconds,
    }


def source_evidence(source: Sequence[str]) -> list[Evidence]:
    """Return every sentence of a source as evidence; no question was asked, so all are equally relevant."""
    document = Document(id="source", text="\n\n".join(source), title="", source="source")
    return [
        Evidence(document, 0, sentence, relevance=0.0) for sentence in split_sentences(document.text, document.language)
    ]


def _score(attribution: Attribution, status: Status) -> float:
    """Say from 0 to 1 how well a sentence is borne: the status decides, and the words that are borne among equals."""
    return (ORDER.index(status) + attribution.coverage) / len(ORDER)


def claim_metrics(record: Record) -> dict[str, float | None]:
    """Return the metrics of one claim."""
    return {"accuracy": float(_decided(record)[0] == record["supported"])}


def _decided(record: Record) -> tuple[bool, bool]:
    return record["status"] in BORNE, record["supported"]


def _found_entailed(record: Record) -> tuple[bool, bool] | None:
    """Return what a further verifier has decided by itself; None where there is none, or nothing to rest on."""
    found = [sentence["checks"][ENTAILMENT] for sentence in record["sentences"] if ENTAILMENT in sentence["checks"]]
    return (all(found), record["supported"]) if found else None


def _balanced_accuracy(rows: Sequence[tuple[bool, bool] | None]) -> float | None:
    return count_decisions(row for row in rows if row is not None).balanced_accuracy


def _confusion_figure(rows: Iterable[tuple[bool, bool]], name: str) -> float | None:
    confusion: Confusion = count_decisions(rows)
    figure: float | None = getattr(confusion, name)
    return figure


def _scored(record: Record) -> tuple[float, bool]:
    return record["score"], record["supported"]


def _area(rows: Sequence[tuple[float, bool]]) -> float | None:
    return roc_auc([score for score, _ in rows], [supported for _, supported in rows])


DECISIONS = ("balanced_accuracy", "precision", "recall", "f1")
SCORER = Scorer(
    claim_metrics,
    {name: SetMetric(_decided, partial(_confusion_figure, name=name)) for name in DECISIONS}
    | {
        "roc_auc": SetMetric(_scored, _area),
        "entailment_balanced_accuracy": SetMetric(_found_entailed, _balanced_accuracy),
    }
    | SECONDS,
    headline=("balanced_accuracy", "roc_auc"),
    lower_is_better=frozenset(SECONDS),
)
