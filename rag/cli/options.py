"""The options that several commands share."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

LibraryFolder = Annotated[
    Path | None,
    typer.Option("--library", "-l", metavar="FOLDER", help="The library's folder; .rag if not given (RAG_LIBRARY)."),
]
EncoderName = Annotated[
    str | None,
    typer.Option("--encoder", metavar="NAME", help="Catalogue name, folder, or sentence-transformers name."),
]
LanguageModel = Annotated[
    str | None, typer.Option("--llm", metavar="NAME", help="Catalogue name, GGUF file, or hf:owner/repo/file.gguf.")
]
ModelsFolder = Annotated[Path | None, typer.Option("--models", metavar="FOLDER", help="The folder that keeps weights.")]
Offline = Annotated[bool | None, typer.Option("--offline", help="Never touch the network.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON on standard output."""
    typer.echo(json.dumps(value, indent=indent, ensure_ascii=False))
