"""``rag models``: which weights are known, fetch them, say where they are, check their bytes."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from rag.cli.options import AsJson, ModelsFolder, Offline, print_json
from rag.cli.progress import show_fetching
from rag.errors import ModelUnavailable
from rag.hints import command_line
from rag.models import catalogue
from rag.models.catalogue import Model, find_model
from rag.models.files import format_bytes
from rag.models.locate import Located, locate_encoder, locate_language_model
from rag.models.store import is_stamped, model_path, models_folder, pull_model, verify_model
from rag.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List, fetch and check the weights of the models.")

Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", show_default=False, help="Names from `rag models list`.")
]


@app.command("list")
def list_models(folder: ModelsFolder = None, as_json: AsJson = False) -> None:
    """Show the models that are known, and which are here.

    Example: rag models list
    """
    home = Settings.read(models=folder).models
    rows = [_describe(model, home) for model in catalogue.CATALOGUE]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("Name", "Here", "Size", "Licence", "What it is"):
        table.add_column(heading, no_wrap=heading != "What it is")
    for row in rows:
        here = "yes" if row["here"] else "no"
        what = f"{row['role']}: {row['description']}"
        table.add_row(row["name"], here, format_bytes(row["bytes"]), row["licence"], what)
    console = Console()
    console.print(table)
    console.print(f"\nFolder: {models_folder(home)}", soft_wrap=True, highlight=False)


@app.command("pull")
def pull_models(
    names: Names = None, folder: ModelsFolder = None, offline: Offline = None, as_json: AsJson = False
) -> None:
    """Fetch models and check their bytes; without a name, the language model and the encoder that the settings name.

    Example: rag models pull all-MiniLM-L6-v2
    """
    settings = Settings.read(models=folder, offline=offline)
    for name in names or ():
        find_model(name)  # a misspelt name is told before the others take their time
    with show_fetching() as progress:
        if names:
            located = [
                Located(
                    name,
                    pull_model(name, folder=settings.models, offline=settings.offline, progress=progress),
                    verified=True,
                )
                for name in names
            ]
        else:
            located = [
                locate(name, folder=settings.models, offline=settings.offline, progress=progress)
                for locate, name in ((locate_language_model, settings.llm), (locate_encoder, settings.encoder_for_new))
            ]
    if as_json:
        print_json([_plain(weights) for weights in located])
        return
    for weights in located:
        verified = "verified" if weights.verified else "not in the catalogue, so not verified"
        typer.echo(f"{weights.name}  {weights.path or 'needs no weights'}  ({verified})")


@app.command("path")
def print_path(
    name: Annotated[str, typer.Argument(help="A name from `rag models list`.")],
    folder: ModelsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Print where a model's weights are: a language model's file, an encoder's folder.

    Example: rag models path qwen2.5-coder-1.5b-instruct
    """
    home = Settings.read(models=folder).models
    with show_fetching() as progress:
        path = model_path(name, home, progress)
    if path is None:
        pull = command_line(f"rag models pull {name}", online=True, models=home)
        raise ModelUnavailable(f"{name} is not in {models_folder(home)}: run {pull}.")
    if as_json:
        print_json(_plain(Located(name, path, verified=True)))
    else:
        typer.echo(path)


@app.command("verify")
def verify_models(names: Names = None, folder: ModelsFolder = None, as_json: AsJson = False) -> None:
    """Hash weights again and compare with the catalogue; without a name, every model that is here.

    Exit status 0 if every file is right, 2 if one is wrong or missing.

    Example: rag models verify all-MiniLM-L6-v2
    """
    home = Settings.read(models=folder).models
    present = [model.name for model in catalogue.CATALOGUE if (models_folder(home) / model.name).is_dir()]
    with show_fetching() as progress:
        verdicts = [(name, v) for name in names or present for v in verify_model(name, home, progress)]
    if as_json:
        print_json(
            [
                {"name": name, "file": v.file.name, "path": str(v.path), "state": v.state}
                | {"sha256": v.sha256, "expected": v.file.sha256}
                for name, v in verdicts
            ]
        )
    else:
        for name, verdict in verdicts:
            typer.echo(f"{verdict.state:8}{name}  {verdict.path}")
        if not verdicts:
            typer.echo(f"No model is in {models_folder(home)}.", err=True)
    wrong = {name for name, verdict in verdicts if verdict.state != "right"}
    if wrong:
        pull = command_line(f"rag models pull {' '.join(sorted(wrong))}", online=True, models=home)
        typer.echo(f"Run {pull} to fetch what is wrong or missing.", err=True)
        raise typer.Exit(2)


def _describe(model: Model, home: Path | None) -> dict[str, Any]:
    return {
        "name": model.name,
        "role": model.role.value,
        "description": model.description,
        "licence": model.licence,
        "bytes": model.size,
        "here": is_stamped(model.name, home),
        "hub": {"id": model.hub.id, "revision": model.hub.revision},
        "packages": list(model.wheels),
        "files": [{"name": file.name, "sha256": file.sha256, "bytes": file.size} for file in model.files],
    }


def _plain(weights: Located) -> dict[str, Any]:
    return {"name": weights.name, "path": weights.path and str(weights.path), "verified": weights.verified}
