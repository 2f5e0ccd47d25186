"""An assistant's events for one request: it waits for its turn, works in a thread, and stops when the client leaves."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import anyio

from rag.assistant import Event as AssistantEvent
from rag.conditions import Condition
from rag.datatypes import Turn
from rag.server.state import ServerState
from rag.server.waiting import LineClosed

Event = TypeVar("Event")


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits for the language model; position 1 is served next."""

    position: int


AnswerEvent: TypeAlias = Queued | AssistantEvent


async def answer_events(
    state: ServerState, client: str, question: str, where: Sequence[Condition], history: Sequence[Turn] = ()
) -> AsyncIterator[AnswerEvent]:
    """Yield the place in the line while the request waits, then what the assistant streams.

    Closing it gives the language model free at its next token.

    Raises:
        LineFull: as many wait as may.
        LineClosed: the server is being stopped.
    """
    place = state.line.join(client)
    try:
        async for position in place.positions():
            yield Queued(position)
        events = state.assistant.stream(question, where=where, history=history)
        try:
            async for event in _in_thread(events, state.writing):
                if state.stopped:
                    raise LineClosed
                yield event
        finally:
            # Where the client has left, this task is cancelled, and could not wait for the thread without a shield.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(events.close, limiter=state.writing)  # type: ignore[attr-defined]
    finally:
        place.leave()


async def begun(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Return the same events once the first one is there, so that an error before it has a status of its own."""
    first = await anext(events)

    async def rest() -> AsyncIterator[Event]:
        yield first
        async for event in events:
            yield event

    return rest()


async def _in_thread(events: Iterator[Event], limiter: anyio.CapacityLimiter) -> AsyncIterator[Event]:
    end = object()
    while (event := await anyio.to_thread.run_sync(next, events, end, limiter=limiter)) is not end:
        yield event  # type: ignore[misc]
