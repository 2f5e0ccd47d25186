"""What a run was made with, in words for the top of its page."""

from collections.abc import Mapping
from typing import Any

from rag.evaluate.run import Run

DIGITS = 12  # of a digest that are shown
NAMED = {"encoder", "llm", "judge"}


def describe_run(run: Run) -> dict[str, str]:
    """Return what was measured, with what, where and when; what does not apply is left out."""
    head = run.head
    settings, fingerprints = head["settings"], head["fingerprints"]
    skipped = f", {head['skipped']} malformed ones left out" if head["skipped"] else ""
    facts = {
        "Data": _with_digest(f"{head['data']}, {head['cases']} cases{skipped}", fingerprints.get("data")),
        "Model": _with_digest(settings.get("llm"), fingerprints.get("model")),
        "Judge": _with_digest(settings.get("judge"), fingerprints.get("judge")),
        "Encoder": _with_digest(
            settings.get("encoder") or ("the library's own" if "encoder" in settings else None),
            fingerprints.get("encoder"),
        ),
        "Library": _shorten(fingerprints.get("library")),
        "Prompts": _list({name: _shorten(digest) for name, digest in (fingerprints.get("prompts") or {}).items()}),
        "Code": _shorten(fingerprints.get("code")),
        "Settings": _list({name: value for name, value in settings.items() if name not in NAMED}),
        "Versions": _list(head["versions"]),
        "Machine": _list(head["machine"]),
        "Started": head["started"],
        "Finished": head["finished"],
    }
    return {name: fact for name, fact in facts.items() if fact}


def _with_digest(name: str | None, digest: str | None) -> str:
    if not name:
        return ""
    return f"{name} ({_shorten(digest)})" if digest else name


def _shorten(digest: str | None) -> str:
    return (digest or "")[:DIGITS]


def _list(values: Mapping[str, Any]) -> str:
    shown = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in values.items()}
    return " · ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items() if value not in (None, ""))
