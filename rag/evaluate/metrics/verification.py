"""Scores that say how well a source bears a claim, against labels that say whether it does.

Precision, recall, F1 and balanced accuracy of the verifier's yes or no are in ``metrics.confusion``.
"""

from collections.abc import Sequence

import numpy as np


def roc_auc(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Return the chance that a supported claim scores higher than an unsupported one; a tie counts half.

    Higher scores mean better supported. None where only one kind of label occurs. Source: Fawcett, "An introduction
    to ROC analysis", 2006.
    """
    values, supported = np.asarray(scores, dtype=float), np.asarray(labels, dtype=bool)
    yes, no = values[supported], values[~supported]
    if not len(yes) or not len(no):
        return None
    order = np.sort(no)
    below = np.searchsorted(order, yes, side="left")
    not_above = np.searchsorted(order, yes, side="right")
    return float((below + not_above).sum() / (2 * len(yes) * len(no)))
