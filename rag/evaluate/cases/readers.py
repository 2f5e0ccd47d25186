"""Tells the kinds of data apart and reads them."""

from pathlib import Path

from rag.errors import DataError
from rag.evaluate.cases.beir import read_beir
from rag.evaluate.cases.datatypes import Case, CaseSet, Pair, PairSet
from rag.evaluate.cases.records import Problems, read_records
from rag.evaluate.cases.squad import read_squad


def read_cases(path: Path, skip_bad: bool = False) -> CaseSet:
    """Read cases as JSON lines (``.jsonl``), SQuAD 1.1 or 2.0 (``.json``), or a BEIR folder.

    A SQuAD article becomes a document named after its title (``Victoria_(Australia)`` is ``victoria-australia.md``),
    and a question's paragraph becomes its evidence. A BEIR folder's grades are those of ``qrels/test.tsv``, else of the
    only file in ``qrels``. Raises DataError where the data is missing, empty, of none of these kinds or malformed.
    """
    if not path.exists():
        raise DataError(f"There is no {path}.")
    problems = Problems(skip_bad)
    if path.is_dir():
        found = read_beir(path, problems)
    elif path.suffix == ".json":
        found = read_squad(path, problems)
    elif path.suffix == ".jsonl":
        cases = read_records(path, Case, problems)
        found = CaseSet(path.stem, tuple(cases.values()), skipped=problems.n)
    else:
        raise DataError(f"{path} is neither cases as .jsonl, nor SQuAD as .json, nor a BEIR folder.")
    if not found.cases:
        raise problems.nothing_left(path)
    return found


def read_pairs(path: Path, skip_bad: bool = False) -> PairSet:
    """Read claim–source pairs from JSON lines.

    Raises DataError where the file is missing, empty or malformed.
    """
    problems = Problems(skip_bad)
    pairs = read_records(path, Pair, problems)
    return PairSet(path.stem, tuple(pairs.values()), problems.n)
