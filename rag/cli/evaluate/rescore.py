"""``rag eval rescore``: a run's figures, computed anew."""

from rag.cli.evaluate.options import RunFolder
from rag.cli.evaluate.runs import show_run
from rag.cli.options import AsJson
from rag.evaluate.run import Run
from rag.evaluate.scorers import rescore_run


def show_rescored(run: RunFolder, as_json: AsJson = False) -> None:
    """Compute a run's figures anew from what it holds, without the model and without the library.

    Example: rag eval rescore runs/cases-answer-1a2b3c4d
    """
    found = Run.read(run)
    rescore_run(found)
    show_run(found, as_json)
