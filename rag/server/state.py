"""What the routes share: the assistant, the line for the language model, and the threads that work for them."""

import asyncio
import threading
import time
from typing import Annotated, cast

import anyio
from fastapi import Depends, Request

from rag.assistant import Assistant
from rag.errors import RagError
from rag.llama import available_cores
from rag.server.metrics import Metrics
from rag.server.settings import ServerSettings
from rag.server.waiting import WaitingLine

# More threads than this search no faster, and each waits longer for the others.
SEARCHING_THREADS = available_cores()
LOOK_AGAIN_SECONDS = 0.5


class ServerState:
    """What the routes of one server share.

    Args:
        assistant: answers.
        settings: plain values.
    """

    def __init__(self, assistant: Assistant, settings: ServerSettings) -> None:
        self.settings = settings
        self.line = WaitingLine(settings.most_waiting)
        self.metrics = Metrics(self.line)
        # Whoever has the language model always finds a thread, however many search.
        self.writing = anyio.CapacityLimiter(1)
        self.searching = anyio.CapacityLimiter(SEARCHING_THREADS)
        # torch and its tokenizers are not to be used by two threads at once.
        self.encoding = anyio.CapacityLimiter(1)
        # It asks the language model to count, and so waits for who has it.
        self.explaining = anyio.CapacityLimiter(1)
        self.started = int(time.time())
        self.stopped = False
        self.unready = "The models are being loaded; ask again in a moment."
        """Why no question can be answered yet; empty when they can."""
        self._assistant = assistant
        self._looked = 0.0
        self._lock = threading.Lock()

    @property
    def assistant(self) -> Assistant:
        """The assistant of the library that is on disk now.

        A library that another process makes anew takes the old one's place when it is whole; who reads the old one
        goes on with it.
        """
        with self._lock:
            if time.monotonic() - self._looked > LOOK_AGAIN_SECONDS:
                self._looked = time.monotonic()
                if self._assistant.library.is_replaced():
                    self._assistant = self._with_library_reopened()
            return self._assistant

    def look_again(self) -> None:
        """Have the library on disk looked at before the next request: something was just written to it."""
        self._looked = 0.0

    def assistant_for(self, most_tokens: int | None) -> Assistant:
        """Return the assistant, with answers of at most so many tokens where that is fewer than usual."""
        usual = self.assistant
        if most_tokens is None or most_tokens >= usual.settings.answer_tokens:
            return usual
        settings = usual.settings.model_copy(update={"answer_tokens": most_tokens})
        return Assistant(usual.library, settings=settings, generator=usual.generator)

    async def make_ready(self) -> None:
        """Load what the first question would have to wait for; where there is no library yet, wait for one."""
        while self.unready:
            try:
                await anyio.to_thread.run_sync(self._load)
                self.unready = ""
            except RagError as error:
                self.unready = str(error)
                await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def stop(self) -> None:
        """Turn away who waits, and after some time end what is still being written."""
        self.line.close()
        await asyncio.sleep(self.settings.grace_seconds)
        self.stopped = True

    def _load(self) -> None:
        self.assistant.search("ready?", 1)
        self.assistant.generator.count_tokens(["ready?"])

    def _with_library_reopened(self) -> Assistant:
        old = self._assistant
        return Assistant(old.library.reopened(), settings=old.settings, generator=old.generator)


async def _state(request: Request) -> ServerState:
    return cast("ServerState", request.app.state.server)


State = Annotated[ServerState, Depends(_state)]
