"""``/v1/chat/completions``: the assistant as a chat model; what it streams is verified, since nothing can be unsaid."""

import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse, ServerSentEvent

from rag.datatypes import Answer
from rag.events import Answered, Verified
from rag.server.access import Client
from rag.server.answering import AnswerEvent, Queued, answer_events, begun, finished
from rag.server.errors import ErrorBody, RefusedRequest, describe_error, documented
from rag.server.links import document_url
from rag.server.openai_answer import (
    Link,
    annotations,
    footnotes,
    plain_markdown,
    source_chips,
    usage_dict,
    verdict,
)
from rag.server.openai_schema import CHAT_MODEL, ChatRequest
from rag.server.state import State

router = APIRouter(prefix="/v1", tags=["OpenAI"])


@router.post("/chat/completions", responses=documented(400, 404, 429, 503))
async def complete_chat(body: ChatRequest, request: Request, state: State, client: Client) -> Any:
    """Answer the last message from the articles, as a chat completion or a stream of its chunks."""
    if body.model != CHAT_MODEL:
        raise RefusedRequest(
            f"There is no model '{body.model[:100]}' to chat with; ask '{CHAT_MODEL}'.",
            status=404,
            code="model_not_found",
            param="model",
        )
    question, history = body.conversation()
    usual_tokens = state.assistant.settings.answer_tokens
    reply = _Reply(
        ask=body,
        link=partial(document_url, settings=state.settings, base_url=str(request.base_url)),
        most_tokens=min(body.most_tokens or usual_tokens, usual_tokens),
        with_footnotes=state.settings.footnotes if body.footnotes is None else body.footnotes,
    )
    batches = answer_events(state, client.name, question, body.conditions(), history, reply.most_tokens)
    if body.stream:
        return EventSourceResponse(_stream(reply, await begun(batches)), sep="\n")
    answer = await finished(batches, request)
    return JSONResponse(reply.completion(answer))


@dataclass(slots=True)
class _Reply:
    """What the chunks of one reply share."""

    ask: ChatRequest
    link: Link
    most_tokens: int
    with_footnotes: bool
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def completion(self, answer: Answer) -> dict[str, Any]:
        content = plain_markdown(answer.text)
        noted = annotations(content, answer.citations, self.link)
        message = {"role": "assistant", "content": content + self.notes(answer), "refusal": None, "annotations": noted}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reason(answer)}
        return {
            **self.head("chat.completion", answer),
            "choices": [choice],
            "usage": usage_dict(answer.usage),
            "sources": source_chips(answer.citations, self.link),
            "footnoted": verdict(answer, self.ask.without_effect()),
        }

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**self.head("chat.completion.chunk"), "choices": [choice], **self.no_usage(), **more}

    def ending(self, answer: Answer) -> list[dict[str, Any]]:
        """Return the chunks after the last sentence."""
        cited = answer.citations
        noted = annotations(plain_markdown(answer.text), cited, self.link)
        chunks = []
        if cited:
            notes = {"content": self.notes(answer)} if self.with_footnotes else {}
            chunks.append(self.chunk(notes, sources=source_chips(cited, self.link)))
        last = {"annotations": noted} if noted else {}
        ignored = self.ask.without_effect()
        chunks.append(self.chunk(last, self.finish_reason(answer), footnoted=verdict(answer, ignored)))
        if self.ask.stream_options and self.ask.stream_options.include_usage:
            head = self.head("chat.completion.chunk", answer)
            chunks.append({**head, "choices": [], "usage": usage_dict(answer.usage)})
        return chunks

    def head(self, kind: str, answer: Answer | None = None) -> dict[str, Any]:
        fingerprint = f"{answer.model} {answer.library}" if answer else None
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": CHAT_MODEL,
            "system_fingerprint": fingerprint,
        }

    def no_usage(self) -> dict[str, None]:
        return {"usage": None} if self.ask.stream_options and self.ask.stream_options.include_usage else {}

    def notes(self, answer: Answer) -> str:
        return footnotes(answer.citations, self.link) if self.with_footnotes else ""

    def finish_reason(self, answer: Answer) -> str:
        return "length" if answer.usage.completion_tokens >= self.most_tokens else "stop"


async def _stream(reply: _Reply, batches: AsyncIterator[Sequence[AnswerEvent]]) -> AsyncIterator[ServerSentEvent]:
    try:
        yield _data(reply.chunk({"role": "assistant", "content": ""}))
        said = False
        async for events in batches:
            for event in events:
                match event:
                    case Queued():
                        yield ServerSentEvent(comment=f"waiting; position {event.position}", sep="\n")
                    case Verified():
                        text = plain_markdown(event.sentence.text)
                        said = True
                        yield _data(reply.chunk({"content": event.before + text}))
                    case Answered():
                        if not said:
                            yield _data(reply.chunk({"content": plain_markdown(event.answer.text)}))
                        for chunk in reply.ending(event.answer):
                            yield _data(chunk)
        yield ServerSentEvent("[DONE]", sep="\n")
    except Exception as error:  # noqa: BLE001 - describe_error logs what nobody foresaw
        _, detail = describe_error(error)
        yield ServerSentEvent(ErrorBody(error=detail).model_dump_json(), sep="\n")


def _data(chunk: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(chunk, ensure_ascii=False), sep="\n")
