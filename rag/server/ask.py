"""``/api/ask`` and ``/api/search``: questions, as the web page asks them."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import anyio
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from rag.conditions import Condition, Operator
from rag.conditions import Field as Named
from rag.datatypes import Turn
from rag.events import Answered, Discarded, Retrieved, Verified, Written
from rag.server.access import Client
from rag.server.answering import AnswerEvent, Queued, answer_events, begun
from rag.server.errors import ErrorBody, describe_error, documented
from rag.server.state import State

router = APIRouter(prefix="/api", tags=["ask"])

QUESTION_CHARACTERS = 4_000
HISTORY_TURNS = 50
ANSWER_CHARACTERS = 20_000
CONDITIONS = 20

Question = Annotated[str, Field(min_length=1, max_length=QUESTION_CHARACTERS)]
Conditions = Annotated[list[Annotated[str, Field(max_length=1_000)]], Field(max_length=CONDITIONS)]


def read_conditions(where: Sequence[str], sources: Sequence[str]) -> list[Condition]:
    """Read conditions on articles, and names of their files; raises ConditionError."""
    named = [Condition(Named.SOURCE, Operator.EQUAL, source) for source in sources]
    return [*map(Condition.parse, where), *named]


class PastTurn(BaseModel):
    """An earlier question of the conversation and what was answered."""

    question: Question
    answer: Annotated[str, Field(max_length=ANSWER_CHARACTERS)]


class SearchRequest(BaseModel):
    """A question, and which articles may answer it."""

    question: Question
    where: Conditions = []
    source: Conditions = []

    def conditions(self) -> list[Condition]:
        """Read the conditions; raises ConditionError."""
        return read_conditions(self.where, self.source)


class CountedSearch(SearchRequest):
    """A search and how many chunks it returns."""

    count: Annotated[int | None, Field(ge=1, le=100)] = None


class AskRequest(SearchRequest):
    """A question within a conversation."""

    history: Annotated[list[PastTurn], Field(max_length=HISTORY_TURNS)] = []

    def turns(self) -> list[Turn]:
        """Return the conversation so far."""
        return [Turn(past.question, past.answer) for past in self.history]


@router.post("/ask", response_class=EventSourceResponse, responses=documented(400, 429, 503))
async def ask(body: AskRequest, state: State, client: Client) -> EventSourceResponse:
    """Answer a question as server-sent events.

    ``queued`` while others are answered, ``retrieved``, ``token`` (a draft, not verified), ``discarded``
    (the draft is no good, another begins), ``sentence`` (verified), and at the end ``done`` with the whole answer, or
    ``error``.
    """
    events = await begun(answer_events(state, client.name, body.question, body.conditions(), body.turns()))
    return EventSourceResponse(_told(events))


@router.post("/search", response_model=dict[str, Any], responses=documented(400, 503))
async def search(body: CountedSearch, state: State) -> JSONResponse:
    """Return the chunks that bear on a question, best first, without asking the language model."""

    def find() -> JSONResponse:
        hits = state.assistant.search(body.question, body.count, where=body.conditions())
        near_miss = asdict(state.assistant.judge(body.question, hits))
        found = {"question": body.question, "hits": [hit.to_dict() for hit in hits], "near_miss": near_miss}
        return JSONResponse(found)

    return await anyio.to_thread.run_sync(find, limiter=state.searching)


@router.post("/why", responses=documented(400, 503))
async def why(body: SearchRequest, state: State) -> dict[str, Any]:
    """Explain what a search for the question finds: each candidate's rank and score at every stage."""
    explain = partial(state.assistant.why, body.question, where=body.conditions())
    return (await anyio.to_thread.run_sync(explain, limiter=state.explaining)).to_dict()


async def _told(batches: AsyncIterator[Sequence[AnswerEvent]]) -> AsyncIterator[bytes]:
    try:
        async for events in batches:
            named = [_plain(event) for event in events]
            yield b"".join(
                ServerSentEvent(json.dumps(data, ensure_ascii=False), event=name).encode() for name, data in named
            )
    except Exception as error:  # noqa: BLE001 - describe_error logs what nobody foresaw
        _, detail = describe_error(error)
        yield ServerSentEvent(ErrorBody(error=detail).model_dump_json(), event="error").encode()


def _plain(event: AnswerEvent) -> tuple[str, dict[str, Any]]:
    match event:
        case Queued():
            return "queued", {"position": event.position}
        case Retrieved():
            hits = [hit.to_dict() for hit in event.hits]
            return "retrieved", {"question": event.question, "rewritten": event.rewritten, "hits": hits}
        case Written():
            return "token", {"text": event.text}
        case Discarded():
            return "discarded", {}
        case Verified():
            citations = [asdict(citation) for citation in event.citations]
            return "sentence", {"before": event.before, "sentence": asdict(event.sentence), "citations": citations}
        case Answered():
            return "done", event.answer.to_dict()
