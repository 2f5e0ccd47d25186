"""The command ``rag``: each command parses, calls the library, and prints; errors become one line and status 2."""

import logging
import sys

import typer

from rag.cli import articles, ask, chat, doctor, evaluate, explain, mcp, models, saved, serve
from rag.errors import RagError

EPILOG = "Exit status: 0 answered or done, 1 the articles do not say, 2 an error."

app = typer.Typer(
    name="rag",
    help="Ask your articles. Every sentence of an answer carries a footnote that opens at the words it rests on.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
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


def main() -> None:
    """Run the command line; this is the console script ``rag``."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        app(prog_name="rag")
    except RagError as error:
        typer.echo(f"rag: {error}", err=True)
        sys.exit(2)
