"""The MCP server over both transports: real clients, processes and encoder, a model that does as it is told."""

import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.serving import ROOT, Server, serving

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]

QUESTION = "What did North Korea object to?"
OBJECTED = "North Korea on Sunday objected to the agreement"

Talk: TypeAlias = Callable[[Client], Awaitable[None]]
Connect: TypeAlias = Callable[[Talk], None]


@pytest.fixture
def parameters(seeds_library: Path, tmp_path: Path) -> StdioServerParameters:
    """How a client starts ``rag mcp``."""
    (tmp_path / "scripted.gguf").write_bytes(b"GGUF")
    options = ["--library", str(seeds_library), "--llm", str(tmp_path / "scripted.gguf"), "--offline"]
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "tests.run_scripted", "mcp", *options],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    )


@pytest.fixture(params=["stdio", "http"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """What a client says to the server, by each transport."""
    if request.param == "stdio":
        started = request.getfixturevalue("parameters")
        return lambda talk: anyio.run(converse, lambda: stdio_client(started), talk)
    url = f"{request.getfixturevalue('server').url}/mcp"
    return lambda talk: anyio.run(converse, lambda: streamable_http_client(url), talk)


async def converse(transport: Callable[[], Any], talk: Talk) -> None:
    async with Client(transport()) as client:
        await talk(client)


async def structured(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    called = await client.call_tool(tool, arguments)
    assert not called.is_error, called.content
    assert isinstance(called.structured_content, dict)
    return called.structured_content


def test_an_answer_has_citations_that_can_be_read_where_they_stand(connect: Connect) -> None:
    steps: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        steps.append(message)

    async def talk(client: Client) -> None:
        called = await client.call_tool("ask", {"question": QUESTION}, progress_callback=note)
        assert isinstance(called.structured_content, dict)
        answer = called.structured_content
        assert answer["text"].startswith(OBJECTED)
        assert (answer["refused"], answer["sentences"][0]["status"]) == (False, "quoted")
        (citation,) = answer["citations"]
        span = {"start": citation["start"], "most_characters": citation["end"] - citation["start"]}
        read = await structured(client, "read_document", document_id=citation["document_id"], **span)
        assert read["text"] == citation["quote"]
        assert read["total_characters"] > read["end"] == citation["end"]
        (content,) = (await client.read_resource(read["document"]["uri"])).contents
        assert getattr(content, "text", "")[citation["start"] : citation["end"]] == citation["quote"]

    connect(talk)
    assert steps == ["Reading 5 passages", "Verified"]


def test_an_answer_says_what_the_servers_own_api_says(server: Server) -> None:
    alike = ("text", "refused", "refusal_reason", "fault", "sentences", "citations", "disagreements", "near_miss")

    async def talk(client: Client) -> None:
        for question in ("How full is the Corrach reservoir?", f"{QUESTION} REFUSE"):
            answer = await structured(client, "ask", question=question)
            _, whole = server.events(question)[-1]
            assert {name: answer[name] for name in alike} == {name: whole[name] for name in alike}
            assert answer["disagreements"] == ([] if answer["refused"] else [[1, 2]])

    anyio.run(converse, lambda: streamable_http_client(f"{server.url}/mcp"), talk)


def test_the_tools_say_what_they_take_and_give_and_that_they_only_read(connect: Connect) -> None:
    async def talk(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == ["search", "ask", "read_document", "list_documents"]
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        assert all(tool.description for tool in tools.values())
        assert tools["ask"].input_schema["required"] == ["question"]
        assert {"text", "citations", "refused"} <= set((tools["ask"].output_schema or {})["required"])

    connect(talk)


def test_articles_are_searched_listed_and_resources(connect: Connect) -> None:
    async def talk(client: Client) -> None:
        found = await structured(client, "search", question=QUESTION, where=["title~missiles"], count=1)
        assert [Path(passage["document"]["source"]).name for passage in found["passages"]] == ["missiles.md"]
        listed = await structured(client, "list_documents", contains="BEETLE")
        assert (listed["total"], Path(listed["documents"][0]["source"]).name) == (1, "beetle.md")
        some = await structured(client, "list_documents", offset=14, count=10)
        assert (some["total"], len(some["documents"])) == (16, 2)
        resources = (await client.list_resources()).resources
        assert len(resources) == 16
        assert listed["documents"][0]["uri"] in [resource.uri for resource in resources]
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "footnoted://documents/{document_id}"

    connect(talk)


def test_a_refusal_shows_the_nearest_passages(connect: Connect) -> None:
    async def talk(client: Client) -> None:
        answer = await structured(client, "ask", question=f"{QUESTION} REFUSE")
        assert (answer["refused"], answer["refusal_reason"], answer["citations"]) == (True, "not_answered", [])
        assert len(answer["nearest"]) == 3

    connect(talk)


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("ask", {"question": "  "}, "The question is empty"),
        ("ask", {}, "question: Field required"),
        ("search", {"question": QUESTION, "count": 900}, "count: Input should be less than or equal to 50"),
        ("search", {"question": QUESTION, "where": ["oops"]}, "'oops' is no condition"),
        ("read_document", {"document_id": "none"}, "There is no article 'none' in the library."),
    ],
)
def test_what_goes_wrong_is_told_in_one_line(server: Server, tool: str, arguments: dict[str, Any], told: str) -> None:
    async def talk(client: Client) -> None:
        called = await client.call_tool(tool, arguments)
        assert called.is_error
        text = getattr(called.content[0], "text", "")
        assert text.startswith(told)
        assert "\n" not in text
        with pytest.raises(MCPError, match="There is no article 'none' in the library"):
            await client.read_resource("footnoted://documents/none")

    anyio.run(converse, lambda: streamable_http_client(f"{server.url}/mcp"), talk)


def test_standard_output_is_the_protocols_alone(parameters: StdioServerParameters) -> None:
    lines = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",'
        '"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}\n'
        '{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    )
    process = subprocess.Popen(
        [parameters.command, *parameters.args],
        env=parameters.env,
        cwd=parameters.cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said, log = process.communicate(lines, timeout=120)
    assert process.returncode == 0, log
    assert said.startswith('{"jsonrpc":"2.0"')
    assert len(said.splitlines()) == 1
    assert "Footnoted speaks MCP" in log


def test_a_library_that_is_not_there_is_told_as_an_error(parameters: StdioServerParameters, tmp_path: Path) -> None:
    options = [*parameters.args]
    options[options.index("--library") + 1] = str(tmp_path / "nowhere")

    async def talk(client: Client) -> None:
        called = await client.call_tool("search", {"question": QUESTION})
        assert called.is_error
        assert "nowhere" in getattr(called.content[0], "text", "")
        assert (await structured(client, "list_documents"))["total"] == 0

    elsewhere = parameters.model_copy(update={"args": options})
    anyio.run(converse, lambda: stdio_client(elsewhere), talk)


@pytest.fixture(scope="module")
def locked(seeds_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that wants a key."""
    folder = tmp_path_factory.mktemp("locked") / "articles"
    shutil.copytree(seeds_library.parent, folder)
    with serving(folder / ".rag", RAG_READ_ONLY_KEY="reader") as started:
        yield started


def test_the_key_and_the_host_are_checked_over_http(locked: Server) -> None:
    async def talk(client: Client) -> None:
        assert (await structured(client, "list_documents"))["total"] == 16

    async def with_key() -> None:
        async with httpx2.AsyncClient(headers={"Authorization": "Bearer reader"}, trust_env=False) as client:
            await converse(lambda: streamable_http_client(f"{locked.url}/mcp", http_client=client), talk)

    anyio.run(with_key)
    assert locked.client.post("/mcp", json={}).status_code == 401
    headers = {"Authorization": "Bearer reader", "Host": "evil.example"}
    assert locked.client.post("/mcp", json={}, headers=headers).status_code == 421
