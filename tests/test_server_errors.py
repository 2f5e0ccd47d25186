"""What a wrong request is told: one sentence that says what to do, in the shape of OpenAI's errors."""

import pytest

from tests.serving import Server

CHAT = "/v1/chat/completions"
QUESTION = b'{"model": "footnoted", "messages": [{"role": "user", "content": "Who?"}]}'
JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "content_type", "message", "code"),
    [
        (QUESTION, "application/x-www-form-urlencoded", "with the header Content-Type: application/json.", None),
        (b"[]", JSON, "The body is to be a JSON object", None),
        (b"{bad", JSON, "The body is not valid JSON: ", None),
        (QUESTION[:-1] + b', "temperatur": 1}', JSON, "temperatur: there is no such option", "unsupported_parameter"),
    ],
    ids=["as curl sends it by itself", "a list", "no JSON", "a misspelt option"],
)
def test_a_wrong_body_is_told_what_is_wrong(
    server_of_tiny: Server, body: bytes, content_type: str, message: str, code: str | None
) -> None:
    refused = server_of_tiny.client.post(CHAT, content=body, headers={"Content-Type": content_type})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, code or "invalid_request")
    assert message in error["message"]
    assert error["param"] == ("temperatur" if code else None)


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/v1/responses", 404), ("GET", CHAT, 405)])
def test_a_route_that_there_is_not_is_named(server_of_tiny: Server, method: str, path: str, status: int) -> None:
    refused = server_of_tiny.client.request(method, path)
    assert refused.status_code == status
    assert refused.json()["error"]["message"] == f"There is no {method} {path} here; /docs lists the routes."


@pytest.mark.parametrize("path", ["/", "/v1/models", "/healthz", "/nowhere"])
def test_head_is_answered_as_get_without_the_body(server_of_tiny: Server, path: str) -> None:
    got, head = server_of_tiny.client.get(path), server_of_tiny.client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
