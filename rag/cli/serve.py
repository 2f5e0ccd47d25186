"""``rag serve``: the library over HTTP, for chat frontends, browsers and programs."""

from typing import Annotated

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
from rag.cli.weights import fetch_encoder, fetch_language_model
from rag.errors import SettingsError
from rag.library import Library
from rag.settings import Settings


def serve_library(
    library: LibraryFolder = None,
    host: Annotated[str, typer.Option(envvar="RAG_HOST", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="RAG_PORT", min=0, max=65535, help="The port to listen at; 0 for a free one.")
    ] = 8000,
    api_key: Annotated[
        list[str] | None,
        typer.Option(
            envvar="RAG_API_KEY", metavar="KEY", help="A key that may ask and change the library; repeatable."
        ),
    ] = None,
    read_only_key: Annotated[
        list[str] | None,
        typer.Option(envvar="RAG_READ_ONLY_KEY", metavar="KEY", help="A key that may only ask; repeatable."),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Another website whose pages may ask, as https://example.org; repeatable."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name under which this server may be asked for; repeatable."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where people reach this server; for the links of citations.")
    ] = None,
    footnotes: Annotated[
        bool, typer.Option("--footnotes/--no-footnotes", help="Footnotes as text below answers at /v1.")
    ] = True,
    log_questions: Annotated[bool, typer.Option("--log-questions", help="Write each question to the log.")] = False,
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
    """Serve the library: a web page at /, an OpenAI-compatible API at /v1, the project's own at /api.

    Open on this machine alone; at any other --host it wants keys. Ctrl-C ends what runs, and the server.

    Examples: rag serve · rag serve --port 9000 --llm ./model.gguf · RAG_API_KEY=secret rag serve --host 0.0.0.0
    """
    try:
        from rag.server.run import run_server
        from rag.server.settings import ServerSettings
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The server needs {error.name}, which is not installed: pip install 'footnoted[server]'."
        ) from error
    chosen = ServerSettings(
        host=host,
        port=port,
        api_keys=tuple(api_key or ()),
        read_only_keys=tuple(read_only_key or ()),
        cors=tuple(cors or ()),
        allowed_hosts=tuple(allow_host or ()),
        public_url=url,
        footnotes=footnotes,
        log_questions=log_questions,
    )
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
    shelf = Library.open(settings.library.absolute(), settings)
    fetch_encoder(shelf.encoder_name, settings)
    fetch_language_model(settings)
    run_server(
        Assistant(shelf, settings=settings),
        chosen,
        lambda address: typer.echo(f"Footnoted serves {shelf.folder} at {address}; Ctrl-C stops it.", err=True),
    )
