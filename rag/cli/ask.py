"""``rag ask`` and ``rag search``: questions on the command line or from standard input."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rag.assistant import Assistant
from rag.cli.answers import follow_answer, print_answer, print_hits, print_near_miss, print_unsupported
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
    Sources,
    VerifierName,
    Where,
    print_json,
    read_conditions,
)
from rag.cli.weights import fetch_language_model, open_library
from rag.conditions import Condition
from rag.errors import RagError, SettingsError
from rag.hints import command_line
from rag.saved.page import write_page
from rag.saved.record import save_answer
from rag.settings import Settings

ANSWERED, NOT_SAID, FAILED = 0, 1, 2

Question = Annotated[
    str, typer.Argument(metavar="QUESTION", help="What to ask; - reads questions from standard input, one a line.")
]


def search_articles(
    question: Question,
    library: LibraryFolder = None,
    count: Annotated[int | None, typer.Option("--count", "-k", min=1, help="How many chunks to show.")] = None,
    where: Where = None,
    source: Sources = None,
    encoder: EncoderName = None,
    reranker: RerankerName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    as_json: AsJson = False,
) -> None:
    """Show the chunks that bear on a question, best first, without asking the language model.

    Examples: rag search "missile production" · rag search -k 10 --json "missile production" ·
    rag search --where 'date>=2025-04-01' --where 'author~oakes' "missile production"
    """
    conditions = read_conditions(where, source)
    settings = Settings.read(
        library=library, hits=count, encoder=encoder, reranker=reranker, models=models, offline=offline
    )
    assistant = open_assistant(settings, conditions)
    questions = _questions(question)
    found = 0
    for asked in questions:
        hits = assistant.search(asked, where=conditions)
        near_miss = assistant.judge(asked, hits)
        found += bool(hits)
        if as_json:
            plain = [hit.to_dict() for hit in hits]
            print_json(
                {"question": asked, "hits": plain, "near_miss": asdict(near_miss)},
                indent=None if question == "-" else 2,
            )
        else:
            print_hits(hits)
            if hits:
                print_near_miss(near_miss)
    raise typer.Exit(ANSWERED if found else NOT_SAID)


def ask_articles(
    question: Question,
    library: LibraryFolder = None,
    where: Where = None,
    source: Sources = None,
    llm: LanguageModel = None,
    encoder: EncoderName = None,
    reranker: RerankerName = None,
    prompts: PromptFolder = None,
    models: ModelsFolder = None,
    offline: Offline = None,
    policy: ChosenPolicy = None,
    when_unsure: ChosenWhenUnsure = None,
    verifier: VerifierName = None,
    show_unsupported: Annotated[
        bool, typer.Option("--show-unsupported", help="Show as well what the model wrote and the articles do not bear.")
    ] = False,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the answer, for `rag verify`.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page that can be sent to someone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the articles, each sentence with the exact words that it rests on.

    Exit status 0: answered. 1: the articles do not say. 2: an error.

    Examples: rag ask "What did North Korea object to?" · rag ask --json - < questions.txt ·
    rag ask --source 'news/2025-*' --where 'date<2025-07' "Who objected?" ·
    rag ask --save answer.json --html answer.html "What did North Korea object to?"
    """
    if question == "-" and (save or html):
        raise SettingsError("--save and --html keep one answer; give its question instead of -.")
    _check_place("--save", save)
    _check_place("--html", html)
    conditions = read_conditions(where, source)
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
    questions = _questions(question)
    assistant = open_assistant(settings, conditions)
    fetch_language_model(settings)
    if question == "-":
        statuses = {_answer_line(assistant, asked, conditions) for asked in questions}
        raise typer.Exit(FAILED if FAILED in statuses else min(statuses, default=NOT_SAID))
    if as_json:
        answer = assistant.ask(question, where=conditions)
        print_json(answer.to_dict())
    else:
        answer = follow_answer(assistant.stream(question, where=conditions))
        print_answer(answer)
        if show_unsupported:
            print_unsupported(answer)
    if save:
        save_answer(answer, assistant, conditions).write(save)
    if html:
        write_page(answer.to_dict(), html)
    raise typer.Exit(NOT_SAID if answer.refused else ANSWERED)


def open_assistant(settings: Settings, conditions: Sequence[Condition]) -> Assistant:
    """Open the library to ask it, and say on stderr where the conditions leave no article.

    That is not the same as finding nothing in them.
    """
    library = open_library(settings)
    if conditions and not library.database.chunk_ids_where(conditions):
        named = " and ".join(f"'{condition}'" for condition in conditions)
        listing = command_line("rag list --json", library=library.folder)
        typer.echo(f"No article in the library meets {named}; {listing} shows what can be asked for.", err=True)
    return Assistant(library, settings=settings)


def _questions(question: str) -> Iterator[str]:
    if question != "-":
        yield question
        return
    asked = 0
    for line in filter(None, map(str.strip, sys.stdin)):
        asked += 1
        yield line
    if not asked:
        typer.echo("rag: There was no question on standard input; write them one a line.", err=True)


def _check_place(option: str, path: Path | None) -> None:
    """Refuse a file that cannot be written before an answer is waited for."""
    if path and path.is_dir():
        raise SettingsError(f"{option} {path}: that is a folder; name a file.")
    if path and not path.parent.is_dir():
        raise SettingsError(f"{option} {path}: there is no folder {path.parent}; make it, or name another file.")


def _answer_line(assistant: Assistant, question: str, where: Sequence[Condition]) -> int:
    """Write one JSON object on one line; an error belongs to its question and does not end the others."""
    try:
        answer = assistant.ask(question, where=where)
    except RagError as error:
        print_json({"question": question, "error": str(error)}, indent=None)
        return FAILED
    print_json(answer.to_dict(), indent=None)
    sys.stdout.flush()
    return NOT_SAID if answer.refused else ANSWERED
