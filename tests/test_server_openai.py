"""The real ``openai`` client against a server process: what it sends is answered, or refused in its own errors."""

import asyncio
import base64
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from rag.assistant import Assistant
from rag.datatypes import Citation
from rag.server.openai_answer import footnotes, plain_markdown, verdict
from rag.testing import ScriptedGenerator, tiny_library
from tests.serving import Server, serving

QUESTION = "What did North Korea object to?"
MODEL = "footnoted"
BOATS = "At noon these boats call at Marrow:\n\n- the Heron\n- the Tern\n"


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:
        yield client


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


@pytest.mark.models
class TestChat:
    def test_a_completion_has_an_answer_with_footnotes(self, client: openai.OpenAI, server: Server) -> None:
        done = client.chat.completions.create(model=MODEL, messages=user(QUESTION))
        (choice,) = done.choices
        assert choice.finish_reason == "stop"
        content = choice.message.content
        assert content
        answer, _, notes = content.partition("\n\nSources:\n\n")
        assert answer.endswith("[1] (as of 6 April 2025).")
        assert notes.startswith("[1] North Korea condemns")
        assert notes.count("[") == 1
        assert f"{server.url}/documents/" in notes
        assert done.usage
        assert done.usage.prompt_tokens > done.usage.completion_tokens > 0
        assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens

    def test_annotations_mark_the_markers_and_open_at_the_quote(self, client: openai.OpenAI, server: Server) -> None:
        done = client.chat.completions.create(model=MODEL, messages=user(QUESTION))
        message = done.choices[0].message
        assert message.content
        assert message.annotations
        for number, annotation in enumerate(message.annotations, start=1):
            cited = annotation.url_citation
            assert message.content[cited.start_index : cited.end_index] == f"[{number}]"
            page = server.client.get(cited.url.removeprefix(server.url).partition("#")[0])
            assert page.status_code == 200
            assert '<mark id="quote">North Korea' in page.text

    def test_sources_are_what_open_webui_shows_as_chips(self, client: openai.OpenAI) -> None:
        done = client.chat.completions.create(model=MODEL, messages=user(QUESTION)).model_dump()
        (source,) = done["sources"]
        assert source["source"]["name"].startswith("North Korea condemns")
        assert source["document"][0] in done["choices"][0]["message"]["content"]
        assert source["metadata"][0]["source_url"] == source["source"]["url"]
        assert 0 < source["distances"][0] <= 1

    def test_a_stream_says_what_the_completion_says(self, client: openai.OpenAI) -> None:
        whole = client.chat.completions.create(model=MODEL, messages=user(QUESTION))
        chunks = list(
            client.chat.completions.create(
                model=MODEL, messages=user(QUESTION), stream=True, stream_options={"include_usage": True}
            )
        )
        assert len({chunk.id for chunk in chunks}) == 1
        assert chunks[0].choices[0].delta.role == "assistant"
        said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        assert said == whole.choices[0].message.content
        assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "stop"
        assert chunks[-1].choices == []
        assert chunks[-1].usage == whole.usage
        assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
        extra = [chunk.model_dump() for chunk in chunks]
        assert [chunk["sources"] for chunk in extra if "sources" in chunk] == [whole.model_dump()["sources"]]
        noted = [choice["delta"].get("annotations") for chunk in extra for choice in chunk["choices"]]
        assert noted[-1] == whole.model_dump()["choices"][0]["message"]["annotations"]

    def test_footnotes_can_be_left_out(self, client: openai.OpenAI) -> None:
        asked: dict[str, Any] = {"model": MODEL, "messages": user(QUESTION), "extra_body": {"footnotes": False}}
        content = client.chat.completions.create(**asked).choices[0].message.content
        assert content
        assert "Sources" not in content
        streamed = client.chat.completions.create(**asked, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == content

    def test_a_conversation_may_hold_earlier_footnotes(self, client: openai.OpenAI) -> None:
        first = client.chat.completions.create(model=MODEL, messages=user("Who found the unknown beetle?"))
        answered = {"role": "assistant", "content": first.choices[0].message.content}
        messages = [
            {"role": "system", "content": "Be kind."},
            *user("Who found the unknown beetle?"),
            answered,
            *user("And when was that?"),
        ]
        done = client.chat.completions.create(model=MODEL, messages=messages, temperature=0.7).model_dump()
        told = done["footnoted"]
        assert "beetle" in told["standalone_question"]
        assert "http" not in told["standalone_question"]
        assert told["without_effect"] == ["temperature", "system messages"]
        assert "beetle" in done["sources"][0]["source"]["name"]

    def test_it_tells_what_the_servers_own_api_tells(self, client: openai.OpenAI, server: Server) -> None:
        question = "How full is the Corrach reservoir?"
        done = client.chat.completions.create(model=MODEL, messages=user(question)).model_dump()
        _, whole = server.events(question)[-1]
        told = done["footnoted"]
        assert told["disagreements"] == [[1, 2]]
        for name in ("standalone_question", "refused", "fault", "sentences", "disagreements", "near_miss"):
            assert told[name] == whole[name]
        content = done["choices"][0]["message"]["content"]
        assert all(content[part["start"] : part["end"]] == part["text"] for part in told["sentences"])

    def test_a_refusal_is_an_answer(self, client: openai.OpenAI) -> None:
        done = client.chat.completions.create(model=MODEL, messages=user(f"{QUESTION} REFUSE"))
        assert done.choices[0].message.content == "The articles do not say."
        assert done.model_dump()["footnoted"]["refused"] is True
        assert done.choices[0].message.annotations == []
        streamed = client.chat.completions.create(model=MODEL, messages=user(f"{QUESTION} REFUSE"), stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == "The articles do not say."

    def test_what_was_read_before_a_refusal_is_counted(self, client: openai.OpenAI) -> None:
        done = client.chat.completions.create(model=MODEL, messages=user(f"{QUESTION} DOUBT"))
        assert done.model_dump()["footnoted"]["refused"] is True
        assert done.usage
        assert done.usage.prompt_tokens > 20
        assert done.usage.completion_tokens == 0

    def test_most_tokens_are_kept(self, client: openai.OpenAI) -> None:
        for name in ("max_tokens", "max_completion_tokens"):
            limit: dict[str, Any] = {name: 4}
            done = client.chat.completions.create(model=MODEL, messages=user(QUESTION), **limit)
            assert done.usage
            assert done.usage.completion_tokens == 4
            assert done.choices[0].finish_reason == "length"

    def test_parts_of_text_are_one_question(self, client: openai.OpenAI) -> None:
        parts: Any = [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
        done = client.chat.completions.create(model=MODEL, messages=parts)
        assert "[1]" in (done.choices[0].message.content or "")

    def test_articles_can_be_chosen(self, client: openai.OpenAI) -> None:
        done = client.chat.completions.create(
            model=MODEL, messages=user(QUESTION), extra_body={"source": ["seeds/bread.md"]}
        ).model_dump()
        assert {source["source"]["name"] for source in done["sources"]} <= {
            "Bread dearer by 11.7% in a year, but no price cap"
        }

    def test_the_async_client_streams(self, server: Server) -> None:
        async def ask() -> str:
            async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:
                stream = await client.chat.completions.create(model=MODEL, messages=user(QUESTION), stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        assert "\n\nSources:\n\n[1] North Korea condemns" in asyncio.run(ask())

    def test_the_streaming_helper_of_the_client_works(self, client: openai.OpenAI) -> None:
        with client.chat.completions.stream(model=MODEL, messages=user(QUESTION)) as stream:
            final = stream.get_final_completion()
        assert "[1]" in (final.choices[0].message.content or "")

    @pytest.mark.parametrize(
        ("options", "param"),
        [
            ({"n": 2}, "n"),
            ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}, "tools"),
            ({"logprobs": True}, "logprobs"),
            ({"response_format": {"type": "json_object"}}, "response_format"),
            ({"stop": ["."]}, "stop"),
            ({"store": True}, "store"),
            ({"modalities": ["text", "audio"]}, "modalities"),
            ({"logit_bias": {"50256": -100}}, "logit_bias"),
            ({"reasoning_effort": "high"}, "reasoning_effort"),
            ({"extra_body": {"best_of": 3}}, "best_of"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_is_not_supported_is_refused(self, client: openai.OpenAI, options: dict[str, Any], param: str) -> None:
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model=MODEL, messages=user(QUESTION), **options)
        assert refused.value.param == param
        assert refused.value.code == "unsupported_parameter"
        assert refused.value.type == "invalid_request_error"
        assert param in refused.value.message

    @pytest.mark.parametrize(
        "messages",
        [
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]}],
            [{"role": "tool", "tool_call_id": "1", "content": "x"}],
            [{"role": "user", "content": "  "}],
            [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Nobody."}],
            [{"role": "user", "content": "### Task:\nGenerate a concise title."}],
            [{"role": "user", "content": "x" * 5_000}],
            [],
        ],
        ids=["image", "tool", "blank", "no question at the end", "a frontend's task", "long", "empty"],
    )
    def test_messages_without_a_question_are_refused(self, client: openai.OpenAI, messages: Any) -> None:
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model=MODEL, messages=messages)
        assert refused.value.param == "messages"

    def test_another_model_is_not_found(self, client: openai.OpenAI) -> None:
        with pytest.raises(openai.NotFoundError) as refused:
            client.chat.completions.create(model="gpt-4o", messages=user(QUESTION))
        assert refused.value.code == "model_not_found"

    def test_an_error_within_a_stream_is_the_clients_error(self, client: openai.OpenAI) -> None:
        stream = client.chat.completions.create(model=MODEL, messages=user(f"{QUESTION} BREAK OFF"), stream=True)
        with pytest.raises(openai.APIError, match="Something went wrong in the server"):
            list(stream)

    def test_an_error_without_a_stream_has_a_status(self, client: openai.OpenAI) -> None:
        with pytest.raises(openai.InternalServerError, match="Something went wrong in the server"):
            client.chat.completions.create(model=MODEL, messages=user(f"{QUESTION} BREAK OFF"))

    def test_after_an_error_the_same_connection_serves_on(self, client: openai.OpenAI) -> None:
        for _ in range(5):
            with pytest.raises(openai.InternalServerError) as failed:
                client.chat.completions.create(model=MODEL, messages=user(f"{QUESTION} BREAK OFF"))
            assert failed.value.response.headers["X-Content-Type-Options"] == "nosniff"
            assert client.models.retrieve(MODEL).id == MODEL


@pytest.mark.models
class TestModels:
    def test_the_models_are_the_assistant_and_the_encoder(self, client: openai.OpenAI) -> None:
        assert [model.id for model in client.models.list()] == [MODEL, "all-MiniLM-L6-v2"]
        assert client.models.retrieve(MODEL).id == MODEL
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-4o")

    def test_embeddings_are_the_encoders(self, client: openai.OpenAI) -> None:
        texts = ["Bread rises.", "North Korea objected to missiles."]
        made = client.embeddings.create(model="all-MiniLM-L6-v2", input=texts, encoding_format="float")
        assert [len(row.embedding) for row in made.data] == [384, 384]
        assert sum(value * value for value in made.data[0].embedding) == pytest.approx(1, abs=1e-5)
        assert made.usage.prompt_tokens == made.usage.total_tokens == 13
        # The client asks for base64 by default, and decodes it.
        packed = client.embeddings.create(model="all-MiniLM-L6-v2", input=texts[1])
        assert packed.data[0].embedding == pytest.approx(made.data[1].embedding, abs=1e-6)

    def test_base64_is_little_endian_floats(self, server: Server) -> None:
        body = {"model": "all-MiniLM-L6-v2", "input": "Bread rises.", "encoding_format": "base64"}
        row = server.client.post("/v1/embeddings", json=body).json()["data"][0]
        values = struct.unpack("<384f", base64.b64decode(row["embedding"]))
        assert sum(value * value for value in values) == pytest.approx(1, abs=1e-5)

    @pytest.mark.parametrize(
        ("options", "param"),
        [
            ({"input": "x", "dimensions": 64}, "dimensions"),
            ({"input": "word " * 400}, "input"),
            ({"input": [1, 2, 3]}, "input"),
            ({"input": []}, "input"),
        ],
        ids=["fewer dimensions", "too long", "tokens", "nothing"],
    )
    def test_what_cannot_be_encoded_is_refused(
        self, client: openai.OpenAI, options: dict[str, Any], param: str
    ) -> None:
        with pytest.raises(openai.BadRequestError) as refused:
            client.embeddings.create(model="all-MiniLM-L6-v2", **options)
        assert refused.value.param == param


CITATION = Citation(
    marker=1,
    document_id="d",
    title="![t](http://e.example/t)",
    source="a.md",
    date=None,
    author=None,
    publisher=None,
    part=None,
    url=None,
    place="p. 3",
    chunk_id=1,
    start=0,
    end=18,
    quote="<img src=x> [a](b)",
    score=1.0,
)


def test_a_list_is_streamed_as_it_is_said(tmp_path: Path) -> None:
    library = tiny_library(tmp_path / "articles", {"boats.md": BOATS})
    with serving(library.folder) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="any")
        asked: dict[str, Any] = {"model": MODEL, "messages": user("Which boats call at Marrow?")}
        whole = client.chat.completions.create(**asked)
        streamed = client.chat.completions.create(**asked, stream=True)
        said = "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
    assert said.startswith("At noon these boats call at Marrow [1]:\n- the Heron [2]\n- the Tern [3]\n\nSources:")
    assert said == whole.choices[0].message.content
    placed = [part for part in whole.model_dump()["footnoted"]["sentences"] if part["start"] is not None]
    assert [said[part["start"] : part["end"]] for part in placed] == [part["text"] for part in placed]


def test_markup_of_an_article_is_text_in_a_footnote() -> None:
    noted = footnotes([CITATION], lambda citation: "http://localhost/documents/d")
    assert noted == (
        "\n\nSources:\n\n[1] !\\[t]\\(http://e.example/t) · a.md · p. 3: “\\<img src=x> [a]\\(b)” http://localhost/documents/d"
    )


def test_a_sentence_is_told_where_it_stands_in_the_content(tmp_path: Path) -> None:
    text = "Writers put <b> before bold words. Readers see <i> before slanted words."
    library = tiny_library(tmp_path, {"tags.txt": text})
    answer = Assistant(library, generator=ScriptedGenerator([text])).ask("What stands before bold and slanted words?")
    content = plain_markdown(answer.text)
    assert "\\<b>" in content
    for part in verdict(answer, [])["sentences"]:
        assert content[part["start"] : part["end"]] == plain_markdown(part["text"])


def test_text_without_markup_stays_as_it_is() -> None:
    text = "Is 3 < 4? Yes! [1] It cost 5 (about 6) <7."
    assert plain_markdown(text) == text
