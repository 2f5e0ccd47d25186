"""``/api/documents`` and ``/documents/{id}``: the articles, and the page that a citation opens."""

import html
import re
import unicodedata
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query, UploadFile
from fastapi.responses import HTMLResponse

from rag.datatypes import Document
from rag.load import LOADERS
from rag.server.access import Writer
from rag.server.errors import RefusedRequest, documented
from rag.server.state import State

router = APIRouter(tags=["documents"])

UPLOADS = "uploads"


@router.get("/api/documents", responses=documented(400, 401, 403, 503))
def list_documents(state: State, q: Annotated[str, Query(max_length=200)] = "") -> dict[str, Any]:
    """List the articles, or those whose title or source holds ``q``, whatever its case."""
    library = state.assistant.library
    counts = library.database.chunk_counts() if library.exists() else {}
    documents = library.documents() if library.exists() else []
    wanted = q.casefold()
    return {
        "documents": [
            _description(document) | {"chunks": counts.get(document.id, 0)}
            for document in documents
            if wanted in document.title.casefold() or wanted in document.source.casefold()
        ]
    }


@router.get("/api/documents/{document_id}", responses=documented(400, 401, 403, 404, 503))
def read_document(document_id: str, state: State) -> dict[str, Any]:
    """Return an article's text with what is known of it; citations' offsets count in this text."""
    document = _find(state, document_id)
    return _description(document) | {"text": document.text}


@router.post("/api/documents", responses=documented(400, 401, 403, 413, 503))
def add_documents(files: list[UploadFile], state: State, _: Writer) -> dict[str, Any]:
    """Store articles in the library's folder and index them; one of the same name is replaced."""
    library = state.assistant.library
    folder = library.folder / UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for file in files:
        name = _file_name(file.filename or "")
        (folder / name).write_bytes(file.file.read())
        paths.append(folder / name)
    return asdict(library.index(*paths))


@router.delete("/api/documents/{document_id}", responses=documented(400, 401, 403, 404, 503))
def remove_document(document_id: str, state: State, _: Writer) -> dict[str, Any]:
    """Take an article's file out of the library; the copy of one that was uploaded is deleted."""
    library = state.assistant.library
    source = _find(state, document_id).source
    removed = library.remove(source)
    stored = Path(library.folder, UPLOADS, PurePath(source).name)
    if library.source(stored) == source:
        stored.unlink(missing_ok=True)
    return {"removed": removed}


@router.get("/documents/{document_id}", response_class=HTMLResponse, responses=documented(400, 401, 403, 404, 503))
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
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/page/document.css"><script src="/page/theme.js"></script></head>'
        f'<body><main><h1>{title}</h1><p class="details">{details}</p><article>{body}</article>'
        f'<p class="source">{html.escape(document.source)}</p></main></body></html>'
    )


def _find(state: State, document_id: str) -> Document:
    library = state.assistant.library
    for document in library.database.documents([document_id]):
        return document
    raise RefusedRequest("There is no such article in the library.", status=404, code="document_not_found")


def _description(document: Document) -> dict[str, Any]:
    shown = ("title", "source", "part", "date", "author", "publisher", "url", "language")
    return {"document_id": document.id} | {name: getattr(document, name) for name in shown}


def _file_name(given: str) -> str:
    name = unicodedata.normalize("NFC", PurePath(given.replace("\\", "/")).name)
    name = re.sub(r"[\x00-\x1f\x7f/:*?\"<>|]", "_", name).strip(" .")
    if not name or PurePath(name).suffix.lower() not in LOADERS:
        raise RefusedRequest(
            f"'{name[:100]}' cannot be read as an article; upload files of {', '.join(sorted(LOADERS))}.",
            code="unsupported_file",
            param="files",
        )
    return name
