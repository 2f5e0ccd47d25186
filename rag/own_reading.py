"""Whether the model that wrote a sentence took it from what it read, by its state: a further check of the verifier."""

from collections.abc import Mapping

from rag.attribute import Attribution

# The name of the check.
STATE = "state"
# Of right replies to SQuAD's questions one in fifty has less, of spoilt ones more than half (benchmarks/answering.md).
LEAST_LOG_ODDS = -0.6


def check_state(attribution: Attribution, borne: Mapping[str, float]) -> bool | None:
    """Check what the model's state said of a sentence as it was written; None for one that it did not write so.

    ``borne`` has the log odds of sentences, as ``Piece`` has them.
    """
    log_odds = borne.get(attribution.sentence.text)
    return None if log_odds is None else log_odds >= LEAST_LOG_ODDS
