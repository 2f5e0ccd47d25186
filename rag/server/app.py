"""The ASGI app: its routes, its page, and what stands before them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.assistant import Assistant
from rag.server import ask, documents, openai_chat, openai_models, operation
from rag.server.access import Gate
from rag.server.errors import TellUnforeseen, describe_errors, handle_errors
from rag.server.mcp_server import ArticleServer
from rag.server.observe import Observe
from rag.server.settings import ServerSettings
from rag.server.state import ServerState

PAGE = Path(__file__).parent / "page"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def create_app(assistant: Assistant, settings: ServerSettings | None = None) -> FastAPI:
    """Make the app that serves an assistant.

    Args:
        assistant: answers; its library need not exist yet.
        settings: who may ask, and how much; open to this machine alone if None.
    """
    settings = settings or ServerSettings()
    state = ServerState(assistant, settings)
    tools = ArticleServer(state)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(state.make_ready())
        async with tools.session_manager.run():
            yield
        loading.cancel()

    app = FastAPI(
        lifespan=lifespan,
        title="Footnoted",
        description="Ask your articles. Every sentence of the answer carries a footnote.",
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(Observe, state=state),
            Middleware(SecurityHeaders),
            Middleware(HeadAsGet),
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors,
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["Authorization", "Content-Type"],
                expose_headers=["Retry-After"],
            ),
            Middleware(TellUnforeseen),
            Middleware(Gate, settings=settings),
        ],
    )
    app.state.server = state
    handle_errors(app)
    for part in (ask, documents, openai_chat, openai_models, operation):
        app.include_router(part.router)
    app.add_api_route("/", show_page, response_class=FileResponse, include_in_schema=False)
    app.router.routes.extend(tools.routes())
    described = describe_errors(app.openapi())
    app.openapi = lambda: described  # type: ignore[method-assign]  # FastAPI's own way to say more
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    return app


async def show_page() -> FileResponse:
    """Show the web page."""
    return FileResponse(PAGE / "index.html")


class HeadAsGet:
    """An ASGI middleware that answers HEAD as it would GET; the web server sends no body then.

    FastAPI's routes know HEAD only where each of them names it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as a GET where it is a HEAD."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, send)


class SecurityHeaders:
    """An ASGI middleware that has browsers run nothing but the page's own files."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the headers to its answer."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                # Or a browser would go on with some of the page's files as they were before an update.
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self.app(scope, receive, send_secured if scope["type"] == "http" else send)
