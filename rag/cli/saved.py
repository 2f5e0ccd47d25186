"""``rag verify`` and ``rag replay``: what has become of an answer that was kept in a file."""

import difflib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from rag.assistant import Assistant
from rag.cli.answers import one_line
from rag.cli.options import (
    AsJson,
    ChosenPolicy,
    ChosenWhenUnsure,
    EncoderName,
    LanguageModel,
    LibraryFolder,
    ModelsFolder,
    Offline,
    PromptFolder,
    RerankerName,
    VerifierName,
    print_json,
)
from rag.cli.weights import fetch_language_model, open_library
from rag.library import Library
from rag.saved.drift import Drift, QuoteCheck, check_quotes
from rag.saved.record import read_answer
from rag.saved.replay import Replay, replay_answer
from rag.settings import Settings

AS_IT_WAS, OTHERWISE = 0, 1
SIGNS = {Drift.INTACT: "✓", Drift.MOVED: "→", Drift.CHANGED: "≠", Drift.GONE: "✗"}

SavedFile = Annotated[Path, typer.Argument(metavar="FILE", help="What `rag ask --save FILE` wrote.")]


def verify_answer(file: SavedFile, library: LibraryFolder = None, as_json: AsJson = False) -> None:
    """Check whether the quotes of a saved answer still stand in the articles as the library holds them now.

    Exit status 0: every quote stands. 1: an article has other words now, or is gone. 2: an error.

    Example: rag verify answer.json
    """
    saved = read_answer(file)
    checks = check_quotes(saved, Library.open(settings=Settings.read(library=library)))
    if as_json:
        print_json({"question": saved.answer["question"], "citations": [asdict(check) for check in checks]})
    else:
        _print_checks(Console(highlight=False), checks)
    raise typer.Exit(AS_IT_WAS if all(check.holds for check in checks) else OTHERWISE)


def replay_question(
    file: SavedFile,
    library: LibraryFolder = None,
    llm: LanguageModel = None,
    encoder: EncoderName = None,
    reranker: RerankerName = None,
    prompts: PromptFolder = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    policy: ChosenPolicy = None,
    when_unsure: ChosenWhenUnsure = None,
    verifier: VerifierName = None,
    as_json: AsJson = False,
) -> None:
    """Ask a saved answer's question again, and show what has changed and why: articles, model, prompts or settings.

    Exit status 0: the same answer. 1: another one. 2: an error.

    Example: rag replay answer.json
    """
    saved = read_answer(file)
    settings = Settings.read(
        library=library,
        llm=llm,
        encoder=encoder,
        reranker=reranker,
        prompts=prompts,
        models=models,
        offline=offline,
        policy=policy,
        when_unsure=when_unsure,
        verifier=verifier,
    )
    assistant = Assistant(open_library(settings), settings=settings)
    fetch_language_model(settings)
    replay = replay_answer(saved, assistant)
    if as_json:
        print_json(replay.to_dict())
    else:
        _print_replay(Console(highlight=False), replay)
    raise typer.Exit(AS_IT_WAS if replay.same else OTHERWISE)


def _print_checks(console: Console, checks: list[QuoteCheck]) -> None:
    if not checks:
        console.print("The answer cites nothing.")
    for check in checks:
        heading = f"{SIGNS[check.drift]} [{check.marker}] {check.drift}: {check.title} · {check.source}"
        console.print(Text(heading, style="bold"), soft_wrap=True)
        if not check.holds:
            console.print(Text(f"    was “{one_line(check.quote)}”"), soft_wrap=True)
        if check.drift is Drift.CHANGED:
            now = f"now “{one_line(check.now)}”" if check.now else "now nothing like it"
            console.print(Text(f"    {now}"), soft_wrap=True)


def _print_replay(console: Console, replay: Replay) -> None:
    before, now = (saved.answer for saved in (replay.before, replay.now))
    if replay.same:
        console.print("The same answer, resting on the same words.")
    elif before["text"] == now["text"]:
        console.print("The same answer, resting on other words.")
    else:
        console.print("Another answer.")
    for line in _differences(before["text"], now["text"]):
        console.print(Text(line), soft_wrap=True)
    quotes = [[one_line(cited["quote"]) for cited in answer["citations"]] for answer in (before, now)]
    for quote in quotes[0]:
        if quote not in quotes[1]:
            console.print(Text(f"- cited “{quote}”"), soft_wrap=True)
    for quote in quotes[1]:
        if quote not in quotes[0]:
            console.print(Text(f"+ cited “{quote}”"), soft_wrap=True)
    if replay.causes:
        console.print(Text("\nChanged since:", style="bold"))
        for cause in replay.causes:
            console.print(Text(f"  {cause}"), soft_wrap=True)
    elif not replay.same:
        console.print("\nNothing that is kept with the answer has changed.")


def _differences(before: str, now: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), now.splitlines())
    return [line for line in lines if line[0] in "-+"]
