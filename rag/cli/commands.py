"""The commands of ``rag``, by name."""

from importlib.metadata import version
from typing import Annotated

import typer

from rag.cli import articles, ask, chat, doctor, explain, mcp, models, saved, serve
from rag.cli.evaluate import commands as evaluate

EPILOG = "Exit status: 0 answered or done, 1 the articles do not say, 2 an error."

app = typer.Typer(
    name="rag",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def print_version(wanted: bool) -> None:
    """Print the version that is installed, where that is wanted."""
    if wanted:
        typer.echo(f"footnoted {version('footnoted')}")
        raise typer.Exit


@app.callback(epilog=EPILOG)
def _begin(
    _: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Ask your articles. Every sentence of an answer carries a footnote that opens at the words it rests on."""


app.command("index")(articles.index_articles)
app.command("list")(articles.list_articles)
app.command("remove")(articles.remove_articles)
app.command("search")(ask.search_articles)
app.command("ask")(ask.ask_articles)
app.command("chat")(chat.chat_articles)
app.command("why")(explain.explain_search)
app.command("why-not")(explain.explain_absence)
app.command("verify")(saved.verify_answer)
app.command("replay")(saved.replay_question)
app.command("serve")(serve.serve_library)
app.command("mcp")(mcp.serve_tools)
app.command("doctor")(doctor.examine)
app.add_typer(models.app, name="models")
app.add_typer(evaluate.app, name="eval")
