"""``/api/documents`` and ``/documents/{id}``: the articles, and the page that a citation opens."""

import html
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, UploadFile
from fastapi.responses import HTMLResponse

from rag.datatypes import Document
from rag.server.access import Writer
from rag.server.errors import RefusedRequest, documented
from rag.server.state import State
from rag.server.uploads import add_uploads, remove_file
from rag.stored import ListedDocument

router = APIRouter(tags=["documents"])


@router.get("/api/documents", responses=documented(400, 503))
def list_documents(
    state: State,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """List the articles, or those whose title or source holds ``q``, whatever its case.

    At most ``limit`` of them are told, from ``offset`` on; ``total`` counts all.
    """
    library = state.assistant.library
    listed, total = library.database.list_documents(q, limit, offset) if library.exists() else ([], 0)
    return {"documents": [_description(each) | {"chunks": each.chunks} for each in listed], "total": total}


@router.get("/api/documents/{document_id}", responses=documented(400, 404, 503))
def read_document(document_id: str, state: State) -> dict[str, Any]:
    """Return an article's text with what is known of it; citations' offsets count in this text."""
    document = _find(state, document_id)
    return _description(document) | {"text": document.text}


@router.post("/api/documents", responses=documented(400, 503))
async def add_documents(files: list[UploadFile], state: State, _: Writer) -> dict[str, Any]:
    """Store files in the library's folder and index them; one of the same name is replaced.

    Answers with the files that were added, updated or unchanged, and those that cannot be read, with the reason.
    """
    if len(files) > state.settings.upload_files:
        raise RefusedRequest(
            f"{len(files)} files are more than the {state.settings.upload_files} of one upload.",
            status=413,
            code="too_many_files",
            param="files",
        )
    report = await anyio.to_thread.run_sync(add_uploads, state.assistant.library, files, limiter=state.encoding)
    state.look_again()
    return report


@router.delete("/api/documents/{document_id}", responses=documented(400, 404, 503))
def remove_document(document_id: str, state: State, _: Writer) -> dict[str, str]:
    """Take an article's file out of the library, with all articles in it; an uploaded one is deleted.

    A file that was not uploaded stays where it is, and comes back when its folder is indexed again.
    """
    source = _find(state, document_id).source
    remove_file(state.assistant.library, source)
    return {"removed": source}


@router.get("/documents/{document_id}", response_class=HTMLResponse, responses=documented(400, 404, 503))
def show_document(
    document_id: str,
    state: State,
    start: Annotated[int | None, Query(ge=0)] = None,
    end: Annotated[int | None, Query(ge=0)] = None,
) -> str:
    """Show an article, with a span of its text highlighted; the fragment ``#quote`` scrolls to it."""
    document = _find(state, document_id)
    text = document.text
    body = html.escape(text)
    if start is not None and end is not None and start < end <= len(text):
        before, quote, after = (html.escape(part) for part in (text[:start], text[start:end], text[end:]))
        body = f'{before}<mark id="quote">{quote}</mark>{after}'
    details = " · ".join(html.escape(part) for part in (document.author, document.date, document.publisher) if part)
    title = html.escape(document.title)
    language = f' lang="{html.escape(document.language)}"' if document.language else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/page/document.css"><script src="/page/theme.js"></script></head>'
        f'<body><main><h1>{title}</h1><p class="details">{details}</p><article{language}>{body}</article>'
        f'<p class="source">{html.escape(document.source)}</p></main></body></html>'
    )


def _find(state: State, document_id: str) -> Document:
    library = state.assistant.library
    for document in library.database.documents([document_id]):
        return document
    raise RefusedRequest("There is no such article in the library.", status=404, code="document_not_found")


def _description(document: Document | ListedDocument) -> dict[str, Any]:
    shown = ("title", "source", "part", "date", "author", "publisher", "url", "language")
    return {"document_id": document.id} | {name: getattr(document, name) for name in shown}
