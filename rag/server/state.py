"""What the routes share: the assistant, the line for the language model, and the threads that work for them."""

import asyncio
import time
from typing import Annotated, cast

import anyio
from fastapi import Depends, Request

from rag.assistant import Assistant
from rag.errors import RagError
from rag.server.settings import ServerSettings
from rag.server.waiting import WaitingLine


class ServerState:
    """What the routes of one server share.

    Args:
        assistant: answers.
        settings: plain values.
    """

    def __init__(self, assistant: Assistant, settings: ServerSettings) -> None:
        self.assistant = assistant
        self.settings = settings
        self.line = WaitingLine(settings.most_waiting)
        # Whoever has the language model always finds a thread, however many search.
        self.writing = anyio.CapacityLimiter(1)
        # torch and its tokenizers are not to be used by two threads at once.
        self.encoding = anyio.CapacityLimiter(1)
        self.started = int(time.time())
        self.stopped = False
        self.unready = "The models are being loaded; ask again in a moment."
        """Why no question can be answered yet; empty when they can."""

    def assistant_for(self, most_tokens: int | None) -> Assistant:
        """Return the assistant, with answers of at most so many tokens where that is fewer than usual."""
        usual = self.assistant
        if most_tokens is None or most_tokens >= usual.settings.answer_tokens:
            return usual
        settings = usual.settings.model_copy(update={"answer_tokens": most_tokens})
        return Assistant(usual.library, settings=settings, generator=usual.generator)

    def load(self) -> None:
        """Load what the first question would have to wait for."""
        try:
            self.assistant.search("ready?", 1)
            self.assistant.generator.count_tokens(["ready?"])
            self.unready = ""
        except RagError as error:
            self.unready = str(error)

    async def stop(self) -> None:
        """Turn away who waits, and after some time end what is still being written."""
        self.line.close()
        await asyncio.sleep(self.settings.grace_seconds)
        self.stopped = True


async def _state(request: Request) -> ServerState:
    return cast("ServerState", request.app.state.server)


State = Annotated[ServerState, Depends(_state)]
