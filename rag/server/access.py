"""Who may: API keys, and checks of Host and Origin against websites that reach for a server on this machine."""

import hmac
import ipaddress
import socket
from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import parse_qs, urlsplit

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.server.errors import RefusedRequest, answer_error
from rag.server.links import sign_document
from rag.server.settings import ServerSettings
from rag.server.state import State

# What has no article in it: the page's own files, and whether the server lives.
OPEN_PATHS = ("/", "/page/", "/healthz", "/readyz", "/docs", "/openapi.json")

UPLOAD_PATH = "/api/documents"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request, as far as taking turns goes, and what they may do."""

    name: str
    read_only: bool


class Gate:
    """An ASGI middleware that lets through who may pass, and tells the routes who it is.

    A name that a website's owner points at this machine ("DNS rebinding") is told by its Host, which must be an
    address, ``localhost``, this machine's name or one of the settings'. A page of another website is told by its
    Origin, which must be the server's own or one of the settings'.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self.app = app
        self.settings = settings
        self.names = {"localhost", socket.gethostname().lower(), settings.host.lower(), *settings.allowed_hosts}
        if settings.public_url:
            self.names.add(urlsplit(settings.public_url).hostname or "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            try:
                self._check_host(headers.get("host", ""))
                self._check_origin(headers.get("origin"), headers.get("host", ""))
                asker = self._check_key(scope, headers.get("authorization", ""))
                most = self.settings.upload_bytes if scope["path"] == UPLOAD_PATH else self.settings.body_bytes
                if int(headers.get("content-length") or 0) > most:
                    raise _too_much(most)
            except RefusedRequest as refused:
                await answer_error(refused)(scope, receive, send)
                return
            scope.setdefault("state", {})["asker"] = asker
            receive = _bounded(receive, most)
        await self.app(scope, receive, send)

    def _check_host(self, host: str) -> None:
        name = _hostname(host)
        if name not in self.names and not _is_address(name):
            raise RefusedRequest(
                f"This server is not called '{name[:100]}'; if it is, start it with --allow-host {name[:100]}.",
                status=421,
                code="unknown_host",
            )

    def _check_origin(self, origin: str | None, host: str) -> None:
        allowed = self.settings.cors
        if origin is None or origin in allowed or "*" in allowed or urlsplit(origin).netloc == host:
            return
        raise RefusedRequest(
            f"Pages of {origin[:100]} may not use this server; if they should, start it with --cors {origin[:100]}.",
            status=403,
            code="foreign_origin",
        )

    def _check_key(self, scope: Scope, authorization: str) -> Asker:
        address = scope["client"][0] if scope.get("client") else "unknown"
        if not self.settings.keys:
            return Asker(address, read_only=False)
        scheme, _, given = authorization.partition(" ")
        found = [key for key in self.settings.keys if hmac.compare_digest(key.encode(), given.strip().encode())]
        if scheme.lower() == "bearer" and found:
            return Asker(f"{address} {self.settings.keys.index(found[0])}", found[0] not in self.settings.api_keys)
        if self._is_open(scope["path"], scope["query_string"].decode("latin-1")):
            return Asker(address, read_only=True)
        raise RefusedRequest(
            "This server wants a key; send it as 'Authorization: Bearer KEY'.", status=401, code="invalid_api_key"
        )

    def _is_open(self, path: str, query: str) -> bool:
        if path in OPEN_PATHS or path.startswith("/page/"):
            return True
        given = parse_qs(query).get("signature", [""])[0]
        signature = sign_document(path.removeprefix("/documents/"), self.settings)
        return path.startswith("/documents/") and hmac.compare_digest(given.encode(), (signature or "").encode())


def _too_much(most: int) -> RefusedRequest:
    return RefusedRequest(f"This is too much; send at most {most:,} bytes.", status=413, code="too_large")


def _bounded(receive: Receive, most: int) -> Receive:
    """Break a body off that is longer than it may be, however long it was declared to be."""
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            # What reads the body lets this kind of error through.
            raise HTTPException(413, str(_too_much(most)))
        return message

    return receive_bounded


async def _asker(request: Request) -> Asker:
    return cast("Asker", request.state.asker)


Client = Annotated[Asker, Depends(_asker)]


async def _writer(asker: Client, state: State) -> Asker:
    if asker.read_only:
        raise RefusedRequest("This key may ask, but not change the library.", status=403, code="read_only_key")
    if state.assistant.library.read_only:
        raise RefusedRequest("The server itself may only read the library.", status=403, code="read_only_library")
    return asker


Writer = Annotated[Asker, Depends(_writer)]


def _hostname(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
