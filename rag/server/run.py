"""The app on uvicorn: start, say where, and end what runs when it is stopped."""

import asyncio
import logging
import socket
from collections.abc import Callable

import uvicorn
from sse_starlette.sse import AppStatus

from rag.assistant import Assistant
from rag.errors import SettingsError
from rag.server.app import create_app
from rag.server.settings import ServerSettings
from rag.server.state import ServerState

# After the time that answers have to end, for telling those that have not.
FAREWELL_SECONDS = 5
# Longer than clients keep a connection that nothing goes through (httpx, and so OpenAI's client: 5 s), or now and then
# they would send a request into one that is just being closed.
KEEP_ALIVE_SECONDS = 20


def run_server(assistant: Assistant, settings: ServerSettings, started: Callable[[str], None]) -> None:
    """Serve until a signal ends it.

    Args:
        assistant: answers.
        settings: where to listen, and who may ask.
        started: is told the server's address as soon as it listens.

    Raises:
        SettingsError: the address cannot be listened at.
    """
    _log_requests()
    app = create_app(assistant, settings)
    # It would cut every stream off at once; ServerState.stop ends them in order.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    patience = round(settings.grace_seconds) + FAREWELL_SECONDS
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=patience,
    )
    with open_listener(settings) as listener:
        host, port = listener.getsockname()[:2]
        started(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        _Server(config, app.state.server).run(sockets=[listener])


def open_listener(settings: ServerSettings) -> socket.socket:
    """Listen at the settings' address, with connections that send at once what they are given.

    Raises:
        SettingsError: the address cannot be listened at.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(
            f"Cannot listen at {settings.host}:{settings.port} ({error.strerror}); take another --host or --port."
        ) from error
    # asyncio does this only to sockets that name their protocol, which those of create_server do not. Without it, the
    # body of an answer waits up to 40 ms until its head has been acknowledged. Connections inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config)
        self._state = state

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop as uvicorn does, after who waits and who is answered has been told."""
        stopping = asyncio.create_task(self._state.stop())
        await super().shutdown(sockets)
        stopping.cancel()


def _log_requests() -> None:
    """Write the server's own lines to stderr as they are; each is JSON, or about a question."""
    lines = logging.StreamHandler()
    lines.setFormatter(logging.Formatter("%(message)s"))
    for name in ("rag.server.access", "rag.server.answering"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [lines]
