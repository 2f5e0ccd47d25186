"""An assistant's events for one request: it waits for its turn, works in a thread, and stops when the client leaves."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import anyio
from fastapi import Request

from rag.assistant import Answered
from rag.assistant import Event as AssistantEvent
from rag.conditions import Condition
from rag.datatypes import Answer, Turn
from rag.server.errors import RefusedRequest
from rag.server.state import ServerState
from rag.server.waiting import LineClosed

logger = logging.getLogger(__name__)

Event = TypeVar("Event")
CLIENT_LEFT = 499  # nginx's name for it in a log; it is no status that anybody receives


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits for the language model; position 1 is served next."""

    position: int


AnswerEvent: TypeAlias = Queued | AssistantEvent


async def answer_events(
    state: ServerState,
    client: str,
    question: str,
    where: Sequence[Condition],
    history: Sequence[Turn] = (),
    most_tokens: int | None = None,
) -> AsyncGenerator[AnswerEvent, None]:
    """Yield the place in the line while the request waits, then what the assistant streams.

    ``most_tokens`` are the answer's, where it is to have fewer than usual.

    Closing it gives the language model free at its next token.

    Raises:
        LineFull: as many wait as may.
        LineClosed: the server is being stopped.
    """
    place = state.line.join(client)
    if state.settings.log_questions:
        logger.info("%s asks: %s", client, json.dumps(question, ensure_ascii=False))
    answer = None
    try:
        async for position in place.positions():
            yield Queued(position)
        events = state.assistant_for(most_tokens).stream(question, where=where, history=history)
        try:
            async for event in _in_thread(events, state.writing):
                if state.stopped:
                    raise LineClosed
                if isinstance(event, Answered):
                    answer = event.answer
                yield event
        finally:
            # Where the client has left, this task is cancelled, and could not wait for the thread without a shield.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(events.close, limiter=state.writing)
    finally:
        place.leave()
        state.metrics.count_answer(answer)


async def begun(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Return the same events once the first one is there, so that an error before it has a status of its own."""
    first = await anext(events)

    async def rest() -> AsyncIterator[Event]:
        yield first
        async for event in events:
            yield event

    return rest()


async def finished(events: AsyncIterator[AnswerEvent], request: Request) -> Answer:
    """Return the answer at the end of the events; where the client leaves before, stop there.

    Raises:
        RefusedRequest: the client has left; nobody is told.
    """
    answering = asyncio.ensure_future(_last(events))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise RefusedRequest("The client has left.", status=CLIENT_LEFT, code="client_left")
        return await answering
    finally:
        for task in (answering, leaving):
            task.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)


async def _last(events: AsyncIterator[AnswerEvent]) -> Answer:
    async for event in events:
        last = event
    assert isinstance(last, Answered)
    return last.answer


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _in_thread(events: Iterator[Event], limiter: anyio.CapacityLimiter) -> AsyncIterator[Event]:
    end = object()
    while (event := await anyio.to_thread.run_sync(next, events, end, limiter=limiter)) is not end:
        yield event  # type: ignore[misc]
