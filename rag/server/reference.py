"""``/docs``: the API's routes on a page that needs no network and no script; programs read ``/openapi.json``."""

from html import escape
from typing import Any


def render_reference(openapi: dict[str, Any]) -> str:
    """Return a page of the routes that an OpenAPI document describes, by their tags."""
    info = openapi["info"]
    groups: dict[str, list[str]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_render_operation(method, path, operation))
    body = "".join(f"<h2>{escape(tag)}</h2><dl>{''.join(rows)}</dl>" for tag, rows in groups.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}: the API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/page/document.css"></head><body><main>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}: the API</h1><p>{escape(info['description'])} "
        'The whole description is in <a href="/openapi.json">/openapi.json</a>.</p>'
        f"{body}</main></body></html>"
    )


def _render_operation(method: str, path: str, operation: dict[str, Any]) -> str:
    statuses = ", ".join(operation["responses"])
    said = escape(operation.get("description", operation["summary"]))
    return f"<dt><code>{method.upper()} {escape(path)}</code></dt><dd>{said}<br><small>Answers {statuses}</small></dd>"
