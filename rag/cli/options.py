"""The options that several commands share."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.conditions import Condition, Field, Operator
from rag.settings import Policy, WhenUnsure

LibraryFolder = Annotated[
    Path | None,
    typer.Option("--library", "-l", metavar="FOLDER", help="The library's folder; .rag if not given (RAG_LIBRARY)."),
]
EncoderName = Annotated[
    str | None,
    typer.Option("--encoder", metavar="NAME", help="Catalogue name, folder, or sentence-transformers name."),
]
RerankerName = Annotated[
    str | None,
    typer.Option("--reranker", metavar="NAME", help="built-in, none, or a cross-encoder: folder or name on the Hub."),
]
VerifierName = Annotated[
    str | None,
    typer.Option(
        "--verifier",
        metavar="NAME",
        help="Who checks too: a cross-encoder for entailment (folder or name), or the default language model.",
    ),
]
LanguageModel = Annotated[
    str | None, typer.Option("--llm", metavar="NAME", help="Catalogue name, GGUF file, or hf:owner/repo/file.gguf.")
]
PromptFolder = Annotated[Path | None, typer.Option("--prompts", metavar="FOLDER", help="Your own prompt templates.")]
ModelsFolder = Annotated[Path | None, typer.Option("--models", metavar="FOLDER", help="The folder that keeps weights.")]
ChosenPolicy = Annotated[
    Policy | None,
    typer.Option("--policy", help="What becomes of a sentence that the articles do not bear in full."),
]
ChosenWhenUnsure = Annotated[
    WhenUnsure | None,
    typer.Option("--when-unsure", help="What to do where what was found may not answer the question."),
]
Offline = Annotated[bool | None, typer.Option("--offline", help="Never touch the network.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CONDITION",
        help="Only articles like this: date, author, title, publisher or source, then = != < <= > >= or ~ (contains), "
        "then a value, as 'date>=2025-01-01' or 'author~oakes'. Several must all hold.",
    ),
]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="GLOB", help="Only this file, folder or glob pattern; short for --where source=."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def read_conditions(where: list[str] | None, sources: list[str] | None) -> list[Condition]:
    """Read the conditions of ``--where`` and ``--source``."""
    named = [Condition(Field.SOURCE, Operator.EQUAL, source) for source in sources or []]
    return [*map(Condition.parse, where or []), *named]


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON on standard output."""
    typer.echo(json.dumps(value, indent=indent, ensure_ascii=False))
