"""``rag chat``: question after question at the prompt, each understood within the conversation."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import typer

from rag.assistant import Assistant
from rag.cli.answers import follow_answer, heading, one_line, print_answer, print_hits
from rag.cli.ask import open_assistant
from rag.cli.explain import print_explanation
from rag.cli.options import (
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
    read_conditions,
)
from rag.cli.weights import fetch_language_model
from rag.conditions import Condition
from rag.datatypes import Answer, Turn
from rag.errors import DataError, QuestionError, RagError
from rag.settings import Settings

PROMPT = "> "
HELP = """\
/sources     show the passages that were found for the last question
/why         show how they were found: their ranks and scores at every stage
/save FILE   write the conversation to a new file: Markdown, or JSON if its name ends in .json
/new         forget the conversation and begin a new one
/help        show this
Ctrl-C stops an answer; Ctrl-D ends the conversation."""


def chat_articles(
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
) -> None:
    """Ask one question after another; a follow-up such as "And when was that?" is understood from those before.

    /help lists what can be done besides asking. Ctrl-C stops an answer, Ctrl-D ends the conversation. Questions can
    be piped in as well, one a line.

    Examples: rag chat · rag chat --where 'date>=2025' · rag chat < questions.txt
    """
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
    assistant = open_assistant(settings, conditions)
    fetch_language_model(settings)
    conversation = Conversation(assistant, conditions)
    for line in _read_lines():
        try:
            conversation.take(line)
        except RagError as error:
            typer.echo(str(error), err=True)
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)


class Conversation:
    """What was asked and answered so far, and what can be done with it.

    Args:
        assistant: answers.
        where: conditions that the articles must fulfil.
    """

    def __init__(self, assistant: Assistant, where: Sequence[Condition]) -> None:
        self.assistant = assistant
        self.where = where
        self.answers: list[Answer] = []
        self.commands: dict[str, Callable[[str], None]] = {
            "/sources": self.show_sources,
            "/why": self.explain,
            "/save": self.save,
            "/new": self.begin_anew,
            "/help": self.show_help,
        }

    def take(self, line: str) -> None:
        """Do what a line says: a command, or a question."""
        word, _, rest = line.partition(" ")
        if not word.startswith("/"):
            self.ask(line)
        elif word in self.commands:
            self.commands[word](rest.strip())
        else:
            raise QuestionError(f"There is no command {word}; /help lists those that there are.")

    def ask(self, question: str) -> None:
        """Answer a question; one that is stopped is no part of the conversation."""
        history = [Turn(answer.question, answer.text) for answer in self.answers]
        events = self.assistant.stream(question, where=self.where, history=history)
        try:
            answer = follow_answer(events)
        finally:
            events.close()
        self.answers.append(answer)
        print_answer(answer)
        typer.echo()

    def show_sources(self, _: str) -> None:
        """Print the passages that were found for the last question."""
        print_hits(self._last().hits)

    def explain(self, _: str) -> None:
        """Print how the passages were found."""
        question = self._last().standalone_question
        print_explanation(self.assistant.why(question, where=self.where))

    def save(self, file: str) -> None:
        """Write the conversation to a new file."""
        self._last()
        if not file:
            raise DataError("Name the file to write, as in /save talk.md.")
        path = Path(file).expanduser()
        plain = json.dumps([answer.to_dict() for answer in self.answers], indent=2, ensure_ascii=False)
        text = plain if path.suffix == ".json" else "\n".join(map(_markdown, self.answers))
        try:
            with path.open("x", encoding="utf-8") as written:
                written.write(text)
        except FileExistsError:
            raise DataError(f"{path} is there already; name another file.") from None
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error.strerror}.") from error
        typer.echo(f"Written to {path}.", err=True)

    def begin_anew(self, _: str) -> None:
        """Forget the conversation."""
        self.answers.clear()
        typer.echo("A new conversation.", err=True)

    def show_help(self, _: str) -> None:
        """Print what can be done besides asking."""
        typer.echo(HELP)

    def _last(self) -> Answer:
        if not self.answers:
            raise QuestionError("Nothing has been asked yet.")
        return self.answers[-1]


def _read_lines() -> Iterator[str]:
    """Yield the lines that are typed, or piped in, without empty ones, until the end of them."""
    if not sys.stdin.isatty():
        yield from filter(None, map(str.strip, sys.stdin))
        return
    # It takes a moment to import, and piped questions do without it.
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import InMemoryHistory

    session: PromptSession[str] = PromptSession(PROMPT, history=InMemoryHistory())
    while True:
        try:
            line = session.prompt().strip()
        except KeyboardInterrupt:
            continue  # the line is given up, as in a shell
        except EOFError:
            return
        if line:
            yield line


def _markdown(answer: Answer) -> str:
    understood = answer.standalone_question
    lines = [f"## {one_line(answer.question)}", ""]
    if understood != answer.question:
        lines += [f"*Understood as: {one_line(understood)}*", ""]
    lines += [answer.text, ""]
    for citation in answer.citations:
        lines += [f"[{citation.marker}] {heading(citation)}  ", f"> {one_line(citation.quote)}", ""]
    return "\n".join(lines)
