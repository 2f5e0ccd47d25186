"""What of OpenAI's API a request may hold; what is not supported is refused rather than ignored."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, field_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from rag.conditions import Condition
from rag.datatypes import Turn
from rag.server.ask import ANSWER_CHARACTERS, HISTORY_TURNS, QUESTION_CHARACTERS, Conditions, read_conditions
from rag.server.errors import RefusedRequest

CHAT_MODEL = "footnoted"
MOST_INPUTS = 2048
# Open WebUI asks the chat model for titles, tags and the like in prompts that begin so; they are no questions.
FRONTEND_TASK = "### Task:"


class Only:
    """The type of an option that is not supported: it may be left out, or hold a value that asks for nothing."""

    def __init__(self, why: str, *neutral: Any) -> None:
        self.why = why
        self.neutral = (None, *neutral)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"enum": list(self.neutral), "description": f"Not supported: {self.why}."}

    def _check(self, value: Any) -> Any:
        if not any(type(value) is type(neutral) and value == neutral for neutral in self.neutral):
            raise PydanticCustomError(
                "unsupported_parameter", "is not supported ({why}); leave it out", {"why": self.why}
            )
        return value


NO_TOOLS = "this server calls no tools"
NO_CHANCES = "likelihoods of tokens are not told"
NO_STORE = "this server stores no conversations"
ONLY_TEXT = "answers are text with footnotes"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextPart(_Strict):
    """A part of a message that is text."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One message; a question and its answer are a user's and an assistant's."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]
    name: str | None = None
    tool_calls: Annotated[Any, Only(NO_TOOLS, [])] = None

    @property
    def text(self) -> str:
        """The message's text."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class StreamOptions(_Strict):
    """What a stream holds besides the answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


Penalty: TypeAlias = Annotated[float | None, Field(ge=-2, le=2, description="No meaning here; see docs/server.md.")]


class ChatRequest(_Strict):
    """A request for a chat completion.

    The last message is the question, the ones before it are the conversation. ``footnotes``, ``where`` and ``source``
    are this project's own.
    """

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=2 * HISTORY_TURNS + 10)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None

    footnotes: bool | None = None
    where: Conditions = []
    source: Conditions = []

    # Answers are always the likeliest text, whatever is asked for; these change nothing.
    temperature: Annotated[float | None, Field(ge=0, le=2, description="No meaning here; see docs/server.md.")] = None
    top_p: Annotated[float | None, Field(ge=0, le=1, description="No meaning here; see docs/server.md.")] = None
    frequency_penalty: Penalty = None
    presence_penalty: Penalty = None
    seed: int | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    service_tier: Literal["auto", "default"] | None = None

    n: Annotated[Any, Only("one answer is written for a question", 1)] = None
    tools: Annotated[Any, Only(NO_TOOLS, [])] = None
    tool_choice: Annotated[Any, Only(NO_TOOLS, "none", "auto")] = None
    parallel_tool_calls: Annotated[Any, Only(NO_TOOLS, True, False)] = None
    functions: Annotated[Any, Only(NO_TOOLS, [])] = None
    function_call: Annotated[Any, Only(NO_TOOLS, "none", "auto")] = None
    web_search_options: Annotated[Any, Only(NO_TOOLS)] = None
    response_format: Annotated[Any, Only(ONLY_TEXT, {"type": "text"})] = None
    modalities: Annotated[Any, Only(ONLY_TEXT, ["text"])] = None
    audio: Annotated[Any, Only(ONLY_TEXT)] = None
    prediction: Annotated[Any, Only(ONLY_TEXT)] = None
    verbosity: Annotated[Any, Only(ONLY_TEXT)] = None
    reasoning_effort: Annotated[Any, Only(ONLY_TEXT, "none")] = None
    stop: Annotated[Any, Only("an answer ends where its last sentence does", [])] = None
    logprobs: Annotated[Any, Only(NO_CHANCES, False)] = None
    top_logprobs: Annotated[Any, Only(NO_CHANCES, 0)] = None
    logit_bias: Annotated[Any, Only(NO_CHANCES, {})] = None
    store: Annotated[Any, Only(NO_STORE, False)] = None

    def conversation(self) -> tuple[str, list[Turn]]:
        """Return the question and the turns before it; raises RefusedRequest where the messages hold no question."""
        turns: list[Turn] = []
        asked: str | None = None
        for message in self.messages:
            if message.role == "user":
                if asked is not None:
                    turns.append(Turn(asked, ""))
                asked = message.text.strip()
            elif message.role == "assistant" and asked is not None:
                turns.append(Turn(asked, message.text[:ANSWER_CHARACTERS]))
                asked = None
        if self.messages[-1].role != "user" or not asked:
            raise _refused("the last message is to be the user's question.", "missing_question")
        if asked.startswith(FRONTEND_TASK):
            raise _refused("titles, tags and other tasks of a frontend are not done; switch them off.", "frontend_task")
        if len(asked) > QUESTION_CHARACTERS:
            raise _refused(f"a question has at most {QUESTION_CHARACTERS} characters.", "question_too_long")
        return asked, turns[-HISTORY_TURNS:]

    def conditions(self) -> list[Condition]:
        """Read the conditions on articles; raises ConditionError."""
        return read_conditions(self.where, self.source)

    @property
    def most_tokens(self) -> int | None:
        """An answer's most tokens, where the request says."""
        return self.max_completion_tokens or self.max_tokens

    def without_effect(self) -> list[str]:
        """Return the names of what the request holds that changes nothing in the answer."""
        given = [
            name
            for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed")
            if getattr(self, name) is not None
        ]
        roles: Sequence[str] = [message.role for message in self.messages]
        return [*given, *(f"{role} messages" for role in ("system", "developer") if role in roles)]


Text: TypeAlias = Annotated[str, Field(min_length=1)]


class EmbeddingsRequest(_Strict):
    """A request for the vectors of texts."""

    model: str
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_INPUTS)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int | None, Field(ge=1)] = None
    user: str | None = None

    @field_validator("input", mode="before")
    @classmethod
    def _hold_texts(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if not 0 < len(texts) <= MOST_INPUTS or not all(text and isinstance(text, str) for text in texts):
            raise PydanticCustomError(
                "unsupported_parameter", f"is to be a text or up to {MOST_INPUTS} texts, none of them empty; no tokens"
            )
        return value

    @property
    def texts(self) -> list[str]:
        """The texts to encode."""
        return [self.input] if isinstance(self.input, str) else self.input


def _refused(why: str, code: str) -> RefusedRequest:
    return RefusedRequest(f"messages: {why}", code=code, param="messages")
