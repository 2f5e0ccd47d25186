"""One language model for many people: who has it, and who waits in which order."""

import asyncio
import math
import time
from bisect import insort_right
from collections.abc import AsyncIterator

from rag.errors import RagError


class LineFull(RagError):  # noqa: N818 - reads as what happened
    """As many wait as may; ``retry_after`` says in how many seconds there may be room."""

    def __init__(self, waiting: int, retry_after: int) -> None:
        super().__init__(f"{waiting} questions are waiting already; ask again in {retry_after} s.")
        self.retry_after = retry_after


class LineClosed(RagError):  # noqa: N818
    """The server is being stopped."""

    def __init__(self) -> None:
        super().__init__("The server is being stopped; ask again when it is back.")


class WaitingLine:
    """Lets one at a time have the language model.

    Clients take turns: the second request of one comes after the first of another, whenever they arrived. This is the
    fair queueing of Nagle, "On packet switches with infinite storage" (RFC 970, 1985). It belongs to one event loop.

    Args:
        most_waiting: how many may wait; one more is turned away.
    """

    def __init__(self, most_waiting: int) -> None:
        self.most_waiting = most_waiting
        self._waiting: list[Place] = []
        self._served: Place | None = None
        self._round = 0
        self._last_rounds: dict[str, int] = {}
        self._mean_seconds = 5.0
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether someone has the language model."""
        return self._served is not None

    def join(self, client: str) -> "Place":
        """Take a place in the line; it is to be left in any case.

        Raises:
            LineFull: as many wait as may.
            LineClosed: the server is being stopped.
        """
        if self._closed:
            raise LineClosed
        if self.busy and self.waiting >= self.most_waiting:
            raise LineFull(self.waiting, math.ceil(self._mean_seconds * self.waiting) or 1)
        place = Place(self, client, max(self._round, self._last_rounds.get(client, -1) + 1))
        self._last_rounds[client] = place.round
        insort_right(self._waiting, place, key=lambda other: other.round)
        self._move()
        return place

    def leave(self, place: "Place") -> None:
        """Give a place up, whether it was served or not."""
        if self._served is place:
            self._served = None
            self._mean_seconds += (time.monotonic() - place.since - self._mean_seconds) / 8
        elif place in self._waiting:
            self._waiting.remove(place)
        self._move()

    def close(self) -> None:
        """Turn away who waits and who comes; who is served may go on."""
        self._closed = True
        self._move()

    def position(self, place: "Place") -> int:
        """Return how many are to be served before it: 0 when it is its turn.

        Raises:
            LineClosed: it waits in vain.
        """
        if self._served is place:
            return 0
        if self._closed:
            raise LineClosed
        return self._waiting.index(place) + 1

    def _move(self) -> None:
        if not self.busy and self._waiting and not self._closed:
            self._served = self._waiting.pop(0)
            self._served.since = time.monotonic()
            self._round = self._served.round
            self._last_rounds = {name: last for name, last in self._last_rounds.items() if last >= self._round}
            self._served.moved.set()
        for place in self._waiting:
            place.moved.set()


class Place:
    """One request's place in the line."""

    def __init__(self, line: WaitingLine, client: str, number: int) -> None:
        self.line = line
        self.client = client
        self.round = number
        self.since = 0.0
        self.moved = asyncio.Event()

    async def positions(self) -> AsyncIterator[int]:
        """Yield its position, 1 for the next one, whenever it changes; end when it is its turn."""
        told = 0
        # Cleared before it looks: what moves while the last position is being told is not missed.
        self.moved.clear()
        while position := self.line.position(self):
            if position != told:
                told = position
                yield position
            await self.moved.wait()
            self.moved.clear()

    def leave(self) -> None:
        """Give the place up."""
        self.line.leave(self)
