"""``rag mcp``: the library for a program that speaks the Model Context Protocol over standard input and output."""

import typer

from rag.assistant import Assistant
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
    VerifierName,
)
from rag.cli.weights import fetch_language_model
from rag.errors import SettingsError
from rag.library import Library
from rag.settings import Settings


def serve_tools(
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
    # Absolute, for whoever reads a message that names it may be anywhere.
    assistant = Assistant(Library.open(settings.library.absolute(), settings), settings=settings)
    fetch_language_model(settings)
    typer.echo(f"Footnoted speaks MCP for {assistant.library.folder}; end its input to stop it.", err=True)
    ArticleServer(ServerState(assistant, ServerSettings())).run("stdio")
