"""``/v1/models`` and ``/v1/embeddings``: what can be asked, and the encoder's vectors."""

import base64
from typing import Any

import anyio
import numpy as np
from fastapi import APIRouter

from rag.server.errors import RefusedRequest, documented
from rag.server.openai_schema import CHAT_MODEL, EmbeddingsRequest
from rag.server.state import ServerState, State

router = APIRouter(prefix="/v1", tags=["OpenAI"])


@router.get("/models", responses=documented(503))
def list_models(state: State) -> dict[str, Any]:
    """List the assistant, to chat with, and the encoder, for embeddings."""
    return {"object": "list", "data": _models(state)}


@router.get("/models/{model:path}", responses=documented(404, 503))
def show_model(model: str, state: State) -> dict[str, Any]:
    """Describe one of the models."""
    for known in _models(state):
        if known["id"] == model:
            return known
    raise _unknown(model, [known["id"] for known in _models(state)])


@router.post("/embeddings", responses=documented(400, 404, 503))
async def embed(body: EmbeddingsRequest, state: State) -> dict[str, Any]:
    """Encode texts as the library's passages are encoded."""
    return await anyio.to_thread.run_sync(_embed, body, state, limiter=state.encoding)


def _embed(body: EmbeddingsRequest, state: ServerState) -> dict[str, Any]:
    encoder = state.assistant.library.encoder
    if body.model != encoder.name:
        raise _unknown(body.model, [encoder.name])
    if body.dimensions not in {None, encoder.dimension}:
        raise RefusedRequest(
            f"'{encoder.name}' has {encoder.dimension} dimensions, not {body.dimensions}; leave 'dimensions' out.",
            code="unsupported_parameter",
            param="dimensions",
        )
    counts = encoder.count_tokens(body.texts)
    for number, count in enumerate(counts):
        if count > encoder.max_tokens:
            raise RefusedRequest(
                f"input {number} has {count} tokens, and '{encoder.name}' reads {encoder.max_tokens}; split it.",
                code="input_too_long",
                param="input",
            )
    vectors = encoder.encode_passages(body.texts).astype("<f4")
    as_base64 = body.encoding_format == "base64"
    data = [
        {
            "object": "embedding",
            "index": number,
            "embedding": base64.b64encode(vector.tobytes()).decode() if as_base64 else _floats(vector),
        }
        for number, vector in enumerate(vectors)
    ]
    total = sum(counts)
    usage = {"prompt_tokens": total, "total_tokens": total}
    return {"object": "list", "data": data, "model": encoder.name, "usage": usage}


def _floats(vector: np.ndarray[Any, np.dtype[np.float32]]) -> list[float]:
    return [float(value) for value in vector]


def _models(state: ServerState) -> list[dict[str, Any]]:
    names = (CHAT_MODEL, state.assistant.library.encoder_name)
    return [{"id": name, "object": "model", "created": state.started, "owned_by": "footnoted"} for name in names]


def _unknown(name: str, known: list[str]) -> RefusedRequest:
    return RefusedRequest(
        f"There is no model '{name[:100]}'; there is {' and '.join(known)}.",
        status=404,
        code="model_not_found",
        param="model",
    )
