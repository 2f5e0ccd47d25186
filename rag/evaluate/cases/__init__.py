"""Evaluation data: cases as JSON lines, SQuAD or BEIR, and claim–source pairs."""

from rag.evaluate.cases.datatypes import Case, CaseSet, Evidence, Pair, PairSet
from rag.evaluate.cases.readers import read_cases, read_pairs

__all__ = ["Case", "CaseSet", "Evidence", "Pair", "PairSet", "read_cases", "read_pairs"]
