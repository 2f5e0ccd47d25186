"""Every error of the server in one shape, OpenAI's: ``{"error": {"message", "type", "param", "code"}}``."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import ConditionError, LibraryNotFound, LoadError, ModelError, QuestionError, RagError, SettingsError
from rag.server.waiting import LineClosed, LineFull

logger = logging.getLogger(__name__)

UNSUPPORTED = {"unsupported_parameter", "extra_forbidden"}
BEFORE_EVERY_ROUTE = (401, 403, 413, 421, 500)
INTERNAL = "Something went wrong in the server; its log says what."


class ErrorDetail(BaseModel):
    """What went wrong: a sentence for people, and names for programs."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """The body of an answer that is an error."""

    error: ErrorDetail


class RefusedRequest(RagError):  # noqa: N818 - reads as what happened
    """A request that is not answered: its HTTP status, a code for programs, the parameter at fault."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


def describe_error(error: Exception) -> tuple[int, ErrorDetail]:
    """Return the HTTP status and the description of an error; what nobody foresaw is not told, but logged."""
    match error:
        case RefusedRequest():
            return error.status, _detail(error.status, str(error), error.code, error.param)
        case LineFull():
            return 429, _detail(429, str(error), "rate_limit_exceeded")
        case LineClosed():
            return 503, _detail(503, str(error), "server_stopping")
        case ConditionError():
            return 400, _detail(400, str(error), "invalid_condition", "where")
        case QuestionError():
            return 400, _detail(400, str(error), "invalid_question", "question")
        case LoadError():
            return 400, _detail(400, str(error), "invalid_file", "files")
        case LibraryNotFound():
            return 503, _detail(503, str(error), "library_not_found")
        case ModelError() | SettingsError() | RagError():
            logger.error("%s", error)
            return 503, _detail(503, str(error), "not_ready")
        case HTTPException():
            return error.status_code, _detail(error.status_code, str(error.detail))
        case _:
            logger.error("An error that was not foreseen", exc_info=error)
            return 500, _detail(500, INTERNAL, "internal_error")


def answer_error(error: Exception) -> JSONResponse:
    """Return the HTTP answer that tells of an error."""
    status, detail = describe_error(error)
    headers = dict(getattr(error, "headers", None) or {})
    if isinstance(error, LineFull):
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(ErrorBody(error=detail).model_dump(), status, headers)


class TellUnforeseen:
    """An ASGI middleware that tells of an error that nobody foresaw, and lets the connection live.

    A handler of FastAPI's would raise the error again, at which the web server closes the connection, and what the
    client sends next over it is lost.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer it where that fails; an answer that has begun is broken off."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            await answer_error(error)(scope, receive, send)


def handle_errors(app: FastAPI) -> None:
    """Have every error that was foreseen told in the one shape."""

    async def tell(_: Request, error: Exception) -> JSONResponse:
        return answer_error(error)

    async def tell_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answer_error(_refusal(error.errors()[0]))

    async def tell_no_route(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        what = f"There is no {request.method} {request.url.path} here; /docs lists the routes."
        # Those of our own routes say themselves what is not there.
        unsaid = error.detail == HTTPStatus(error.status_code).phrase
        return answer_error(HTTPException(error.status_code, what, error.headers) if unsaid else error)

    for kind in (RagError, HTTPException):
        app.add_exception_handler(kind, tell)
    for status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        app.add_exception_handler(status, tell_no_route)
    app.add_exception_handler(RequestValidationError, tell_invalid)


def _refusal(problem: Mapping[str, Any]) -> RefusedRequest:
    """Return the refusal of a request of which one thing is wrong, as pydantic describes it."""
    place = ".".join(str(part) for part in problem["loc"][1:])
    match problem["type"]:
        case "json_invalid":
            return RefusedRequest(f"The body is not valid JSON: {problem['ctx']['error']}.", code="invalid_request")
        case "model_attributes_type" if not place:
            what = "The body is to be a JSON object, sent with the header Content-Type: application/json."
            return RefusedRequest(what, code="invalid_request")
        case "extra_forbidden":
            message = f"{place}: there is no such option"
        case _:
            message = f"{place}: {problem['msg']}" if place else str(problem["msg"])
    code = "unsupported_parameter" if problem["type"] in UNSUPPORTED else "invalid_request"
    return RefusedRequest(message, code=code, param=place.partition(".")[0] or None)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors that a route may answer with; some stand before every route."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
    return {
        status: {"content": content, "description": HTTPStatus(status).phrase}
        for status in sorted({*statuses, *BEFORE_EVERY_ROUTE})
    }


def describe_errors(openapi: dict[str, Any]) -> dict[str, Any]:
    """Complete an OpenAPI document: errors are as described here, and none has the status 422, FastAPI's own."""
    schemas = openapi["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    described = ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= described.pop("$defs") | {"ErrorBody": described}
    for methods in openapi["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("422", None)
    return openapi


def _detail(status: int, message: str, code: str | None = None, param: str | None = None) -> ErrorDetail:
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return ErrorDetail(message=message, type=kind, param=param, code=code)
