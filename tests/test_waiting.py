"""The line for the language model: one at a time, by turns, bounded, and left by whoever gives up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from rag.server.waiting import LineClosed, LineFull, Place, WaitingLine


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


async def next_position(positions: AsyncIterator[int]) -> int:
    return await asyncio.wait_for(anext(positions, 0), 1)


@in_a_loop
async def test_the_first_is_served_at_once() -> None:
    assert [position async for position in WaitingLine(1).join("a").positions()] == []


@in_a_loop
async def test_who_waits_is_told_each_new_position() -> None:
    line = WaitingLine(5)
    served, second, third = line.join("a"), line.join("b"), line.join("c")
    positions = third.positions()
    assert await next_position(positions) == 2
    served.leave()
    assert await next_position(positions) == 1
    second.leave()
    assert await next_position(positions) == 0


@in_a_loop
async def test_clients_take_turns_whenever_they_came() -> None:
    line = WaitingLine(10)
    served = line.join("eager")
    eager = [line.join("eager") for _ in range(3)]
    patient, late = line.join("patient"), line.join("late")
    names = {place: name for name, place in {"e1": eager[0], "e2": eager[1], "p": patient, "l": late}.items()}
    names[eager[2]] = "e3"
    order = []
    served.leave()
    while line.busy:
        (place,) = [place for place in names if is_served(line, place)]
        order.append(names.pop(place))
        place.leave()
    assert order == ["p", "l", "e1", "e2", "e3"]


def is_served(line: WaitingLine, place: Place) -> bool:
    return line.position(place) == 0


@in_a_loop
async def test_one_more_than_may_wait_is_turned_away() -> None:
    line = WaitingLine(1)
    served = line.join("a")
    line.join("b")
    with pytest.raises(LineFull) as full:
        line.join("c")
    assert full.value.retry_after >= 1
    served.leave()
    assert line.waiting == 0
    line.join("c")


@in_a_loop
async def test_who_gives_up_holds_nobody_up() -> None:
    line = WaitingLine(5)
    served, second, third = line.join("a"), line.join("b"), line.join("c")
    second.leave()
    assert line.position(third) == 1
    served.leave()
    assert line.position(third) == 0
    third.leave()
    third.leave()
    assert (line.waiting, line.busy) == (0, False)


@in_a_loop
async def test_a_closed_line_ends_the_waiting_but_not_the_service() -> None:
    line = WaitingLine(5)
    served, waiting = line.join("a"), line.join("b")
    positions = waiting.positions()
    assert await next_position(positions) == 1
    line.close()
    with pytest.raises(LineClosed):
        await next_position(positions)
    with pytest.raises(LineClosed):
        line.join("c")
    assert line.position(served) == 0
