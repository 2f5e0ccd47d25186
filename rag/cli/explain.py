"""``rag why`` and ``rag why-not``: what a search did with each candidate, and where an article was lost."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rag.assistant import Assistant
from rag.cli.answers import one_line
from rag.cli.ask import ANSWERED, NOT_SAID, open_assistant
from rag.cli.options import (
    AsJson,
    EncoderName,
    LanguageModel,
    LibraryFolder,
    ModelsFolder,
    Offline,
    RerankerName,
    Sources,
    Where,
    print_json,
    read_conditions,
)
from rag.cli.weights import open_library
from rag.explanation import Absence, Candidate, Explanation, Place, Stage
from rag.questions import QuestionKind
from rag.settings import Settings

WIDTH = 110  # narrower than this, the sentences would be folded to a word a line
MOST_SHOWN = 10
STAGES = ("dense", "lexical", "fused", "reranked")

LOST = {
    Stage.FILTER: "It does not meet the conditions",
    Stage.QUOTED: "It lacks the words that the question quotes, and other articles have them",
    Stage.SEARCH: "Neither search proposes it",
    Stage.RERANKED: "It is a candidate, but others bear better on the question",
    Stage.FOLDED: "It only repeats another article, which is listed in its place",
    Stage.RELEVANCE: "It is found, but nothing that is found bears on the question",
    Stage.BEHIND: "It is found, but bears so much less on the question than another that no model is shown it",
    Stage.BUDGET: "It is found, but sentences of others take all the tokens that the language model is shown",
}

Asked = Annotated[str, typer.Argument(metavar="QUESTION", help="The question whose search is to be explained.")]


def explain_search(
    question: Asked,
    library: LibraryFolder = None,
    where: Where = None,
    source: Sources = None,
    llm: LanguageModel = None,
    encoder: EncoderName = None,
    reranker: RerankerName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Show why a search finds what it finds: each candidate's rank and score at every stage.

    The language model is not asked; what it would be shown is told where its weights are on this machine. A yes/no
    question is answered without it.

    Exit status 0: something is found. 1: nothing is. 2: an error.

    Examples: rag why "What did North Korea object to?" · rag why --json --where 'date>=2025' "missiles"
    """
    conditions = read_conditions(where, source)
    settings = Settings.read(
        library=library, llm=llm, encoder=encoder, reranker=reranker, models=models, offline=offline
    )
    assistant = open_assistant(settings, conditions)
    explanation = assistant.why(question, where=conditions)
    if as_json:
        print_json(explanation.to_dict())
    else:
        print_explanation(explanation)
    raise typer.Exit(ANSWERED if explanation.candidates else NOT_SAID)


def explain_absence(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An article of the library.")],
    question: Asked,
    library: LibraryFolder = None,
    where: Where = None,
    source: Sources = None,
    llm: LanguageModel = None,
    encoder: EncoderName = None,
    reranker: RerankerName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Show why a search does not find an article: where it is lost, by how much, and what would bring it in.

    Exit status 0: explained. 2: an error, such as a file that the library does not hold.

    Examples: rag why-not seeds/bread.md "What did North Korea object to?" · rag why-not --json bread.md "missiles"
    """
    conditions = read_conditions(where, source)
    settings = Settings.read(
        library=library, llm=llm, encoder=encoder, reranker=reranker, models=models, offline=offline
    )
    absence = Assistant(open_library(settings), settings=settings).why_not(file, question, where=conditions)
    if as_json:
        print_json(absence.to_dict())
        return
    typer.echo(_verdict(absence))
    if absence.candidates:
        typer.echo()
        print_candidates(absence.candidates)


def _verdict(absence: Absence) -> str:
    """Say in words what became of a file."""
    if absence.lost_at is None:
        known = all(candidate.shown is not None for candidate in absence.candidates)
        return f"{absence.source} is found" + (", and shown to the language model." if known else ".")
    said = f"{absence.source} is lost at the stage '{absence.lost_at}'. {LOST[absence.lost_at]}"
    if absence.unmet:
        return f"{said}: {', '.join(map(str, absence.unmet))}."
    if absence.lost_at is Stage.FOLDED:
        holders = {candidate.folded_into.document.source for candidate in absence.candidates if candidate.folded_into}
        return f"{said}: {', '.join(sorted(holders))}."
    if absence.gaps:
        said += "; short by " + ", ".join(f"{_figure(gap)} ({name})" for name, gap in absence.gaps.items())
    if not absence.remedy:
        return f"{said}. No setting would bring it in."
    return (
        f"{said}. It would be in with " + ", ".join(f"{name} = {value}" for name, value in absence.remedy.items()) + "."
    )


def print_explanation(explanation: Explanation) -> None:
    """Print the candidates, and what the table has no place for."""
    print_candidates(explanation.candidates)
    if explanation.kind is QuestionKind.YES_NO:
        typer.echo("A yes/no question: no language model is asked; what the articles say decides.")
    absent = ", ".join(word for word, count in explanation.terms.items() if not count)
    if absent:
        typer.echo(f"In no article: {absent}.")


def print_candidates(candidates: Sequence[Candidate]) -> None:
    """Print a row for each of the best candidates: its rank and score at every stage, and its best sentence."""
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    table = Table(box=None, header_style="bold", pad_edge=False)
    dated = any(candidate.timeliness for candidate in candidates)
    for heading in (*STAGES, *(["time"] if dated else []), "shown"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("article, words that match, best sentence", overflow="fold")
    for candidate in candidates[:MOST_SHOWN]:
        cells = [_cell(candidate.places[stage]) for stage in STAGES]
        cells += [f"+{candidate.timeliness:.2f}"] if dated else []
        table.add_row(*cells, _shown(candidate), _described(candidate))
    if candidates:
        console.print(table)
    if len(candidates) > MOST_SHOWN:
        typer.echo(f"and {len(candidates) - MOST_SHOWN} more; --json gives them all.")


def _cell(place: Place | None) -> str:
    return f"{place.rank} ({place.score:.2f})" if place else "–"


def _shown(candidate: Candidate) -> str:
    """Say how many of the chunk's sentences the language model is shown, where it is asked and that can be told."""
    return "–" if candidate.shown is None else str(len(candidate.shown))


def _described(candidate: Candidate) -> Text:
    heading = f"{candidate.document.title} · {candidate.document.source}"
    if candidate.folded_into:
        heading += f" (repeats {candidate.folded_into.document.source})"
    sentence = one_line(candidate.best_sentence.text)
    return Text.assemble(
        (heading, "bold"),
        f"\n{', '.join(candidate.terms) or 'no word matches'}\n“{sentence}” ({candidate.relevance:.2f})",
    )


def _figure(gap: float) -> str:
    return f"{gap:.0f}" if gap >= 10 else f"{gap:.3g}"
