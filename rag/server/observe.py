"""An ASGI middleware that counts each request and writes one line of JSON about it; questions are not in it."""

import json
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.server.state import ServerState

access_log = logging.getLogger("rag.server.access")


class Observe:
    """Measures requests.

    Args:
        app: what answers them.
        state: has the counts.
    """

    def __init__(self, app: ASGIApp, state: ServerState) -> None:
        self.app = app
        self.state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when its answer has ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
        finally:
            seconds = time.perf_counter() - began
            # A path that no route has could be anything.
            route = getattr(scope.get("route"), "path", "other")
            self.state.metrics.count_request(scope["method"], route, status, seconds)
            line = {
                "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                "client": scope["client"][0] if scope.get("client") else None,
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "seconds": round(seconds, 4),
            }
            access_log.info(json.dumps(line))
