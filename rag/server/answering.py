"""An assistant's events for one request: it waits for its turn, works in a thread, and stops when the client leaves."""

import asyncio
import json
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import anyio
from fastapi import Request

from rag.conditions import Condition
from rag.datatypes import Answer, Turn
from rag.events import Answered
from rag.events import Event as AssistantEvent
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
) -> AsyncGenerator[Sequence[AnswerEvent], None]:
    """Yield the place in the line while the request waits, then what the assistant streams.

    Events that are there at once come together. ``most_tokens`` are the answer's, where it is to have fewer than usual.

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
            yield (Queued(position),)
        stream = state.assistant_for(most_tokens).stream(question, where=where, history=history)
        async with aclosing(_in_thread(stream, state.writing)) as batches:
            async for events in batches:
                if state.stopped:
                    raise LineClosed
                if isinstance(last := events[-1], Answered):
                    answer = last.answer
                yield events
    finally:
        place.leave()
        state.metrics.count_answer(answer)


async def begun(batches: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Return the same events once the first ones are there, so that an error before them has a status of its own."""
    first = await anext(batches)

    async def rest() -> AsyncIterator[Event]:
        yield first
        async for events in batches:
            yield events

    return rest()


async def finished(batches: AsyncIterator[Sequence[AnswerEvent]], request: Request) -> Answer:
    """Return the answer at the end of the events; where the client leaves before, stop there.

    Raises:
        RefusedRequest: the client has left; nobody is told.
    """
    answering = asyncio.ensure_future(_last(batches))
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


async def _last(batches: AsyncIterator[Sequence[AnswerEvent]]) -> Answer:
    async for events in batches:
        last = events[-1]
    assert isinstance(last, Answered)
    return last.answer


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _in_thread(
    events: Generator[Event, None, None], limiter: anyio.CapacityLimiter
) -> AsyncGenerator[list[Event], None]:
    """Yield events that a thread reads from the first to the last; those that came since the last time come together.

    To hand each one over, and to send each one alone, costs more than to make it. Closing this has the thread stop at
    the next event, and waits for it.
    """
    read: deque[Event] = deque()
    news = asyncio.Event()
    left = threading.Event()
    loop = asyncio.get_running_loop()

    def read_all() -> None:
        with closing(events):
            for event in events:
                read.append(event)
                if len(read) == 1:  # of the others the loop knows already
                    loop.call_soon_threadsafe(news.set)
                if left.is_set():
                    return

    reading = asyncio.ensure_future(anyio.to_thread.run_sync(read_all, limiter=limiter))
    reading.add_done_callback(lambda _: news.set())
    try:
        while not reading.done():
            await news.wait()
            news.clear()
            while read:
                yield [read.popleft() for _ in range(len(read))]
        reading.result()
    finally:
        left.set()
        # Where the client has left, this task is cancelled, and could not wait for the thread without a shield.
        with anyio.CancelScope(shield=True):
            await asyncio.gather(reading, return_exceptions=True)
