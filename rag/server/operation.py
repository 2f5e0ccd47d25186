"""Routes for whoever runs the server: does it live, is it ready, what does it count, how is it called."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from rag.server.access import Client
from rag.server.errors import RefusedRequest, documented
from rag.server.reference import render_reference
from rag.server.state import State

router = APIRouter(tags=["operation"])


@router.get("/healthz", responses=documented())
async def show_health(state: State) -> dict[str, Any]:
    """Tell that the server lives, and how many questions wait."""
    return {"status": "ok", "version": version("footnoted"), "waiting": state.line.waiting}


@router.get("/readyz", responses=documented(503))
async def show_readiness(state: State) -> dict[str, str]:
    """Tell that questions can be answered: there is a library, and its encoder and the language model are loaded."""
    if state.unready:
        raise RefusedRequest(state.unready, status=503, code="not_ready")
    return {"status": "ready"}


@router.get("/metrics", response_class=PlainTextResponse, responses=documented())
async def show_metrics(state: State) -> PlainTextResponse:
    """Tell Prometheus what is counted."""
    return PlainTextResponse(state.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.get("/api/me", responses=documented())
async def show_rights(client: Client, state: State) -> dict[str, bool]:
    """Tell what may be done with the key, and with the library as the server may use it."""
    return {"read_only": client.read_only or state.assistant.library.read_only}


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
async def show_reference(request: Request) -> str:
    """Show the API's routes to people."""
    return render_reference(request.app.openapi())
