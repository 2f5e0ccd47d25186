"""One file per family of metrics.

A metric of one case is a number, higher is better unless its name says otherwise, or None where it does not apply;
``rag.evaluate.statistics.summarise`` makes one figure of many. What has no meaning for one case (F1 over the set,
the area under a curve) takes the set.
"""
