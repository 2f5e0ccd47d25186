"""What the page shows of each claim that was verified, and the sources, each once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rag.evaluate.report.answers import RIGHT, WRONG
from rag.evaluate.run import Record
from rag.evaluate.verify import BORNE


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """A claim with what the verifier decided, as a row of the page's table; ``source`` is its source's number."""

    record: Record
    result: str
    source: int


def share_sources(records: Iterable[Record]) -> dict[str, int]:
    """Return the different sources of the claims with their numbers, from 1."""
    texts = dict.fromkeys("\n\n".join(record["pair"]["source"]) for record in records)
    return {text: number for number, text in enumerate(texts, 1)}


def show_claim(record: Record, sources: Mapping[str, int]) -> ShownClaim:
    """Prepare a record of ``rag.evaluate.verify`` for the page."""
    borne = record["status"] in BORNE
    result = RIGHT if borne == record["supported"] else WRONG
    return ShownClaim(record, result, sources["\n\n".join(record["pair"]["source"])])
