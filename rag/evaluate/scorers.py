"""Which scorer each kind of run has, and scoring a run again from what it holds."""

from rag.errors import DataError
from rag.evaluate import answer, retrieve, verify
from rag.evaluate.run import Run
from rag.evaluate.scoring import Scorer, score_by_kind, score_records

SCORERS = {answer.KIND: answer.SCORER, verify.KIND: verify.SCORER}


def scorer_of(run: Run) -> Scorer:
    """Return how the records of a run are scored; raises DataError for a kind that is not known."""
    if run.kind == retrieve.KIND:
        return retrieve.retrieval_scorer(run.head["settings"]["cutoffs"])
    if run.kind in SCORERS:
        return SCORERS[run.kind]
    raise DataError(f"{run.folder} holds a run of the unknown kind '{run.kind}'.")


def rescore_run(run: Run) -> None:
    """Compute the figures of a run from its records, without model or library, and write them into ``run.json``.

    Raises DataError where the run was stopped before its last case.
    """
    records = run.records()
    if len(records) < run.head["cases"]:
        raise DataError(
            f"{run.folder} has {len(records)} of {run.head['cases']} cases; give its command again to complete it."
        )
    scorer = scorer_of(run)
    run.finish(score_records(records, scorer), score_by_kind(records, scorer))
