"""``rag mcp``: the library for a program that speaks the Model Context Protocol over standard input and output."""

import typer

from rag.assistant import Assistant
from rag.cli.articles import fetch_language_model
from rag.cli.options import EncoderName, LanguageModel, LibraryFolder, ModelsFolder, Offline, RerankerName
from rag.errors import SettingsError
from rag.library import Library
from rag.settings import Settings


def serve_tools(
    library: LibraryFolder = None,
    llm: LanguageModel = None,
    encoder: EncoderName = None,
    reranker: RerankerName = None,
    models: ModelsFolder = None,
    offline: Offline = None,
) -> None:
    """Let an assistant with MCP search, ask and read the articles; its configuration starts this command.

    Standard output is the protocol's alone. The same tools are at /mcp of `rag serve`.

    Example: claude mcp add articles -- rag mcp --library /path/to/.rag
    """
    try:
        from rag.server.mcp_server import ArticleServer
        from rag.server.settings import ServerSettings
        from rag.server.state import ServerState
    except ModuleNotFoundError as error:
        raise SettingsError(f"MCP needs {error.name}, which is not installed: pip install 'footnoted[mcp]'.") from error
    settings = Settings.read(
        library=library, llm=llm, encoder=encoder, reranker=reranker, models=models, offline=offline
    )
    assistant = Assistant(Library.open(settings=settings), settings=settings)
    fetch_language_model(settings)
    typer.echo(f"Footnoted speaks MCP for {assistant.library.folder}; end its input to stop it.", err=True)
    ArticleServer(ServerState(assistant, ServerSettings())).run("stdio")
