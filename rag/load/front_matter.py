"""The YAML header that an article may begin with, between two lines of ``---``."""

import re
from typing import Any

import yaml

from rag.errors import LoadError
from rag.load.dates import iso_date

# What follows the first line must look like a key, a comment or the end; otherwise that line is a rule above a text.
HEADER = re.compile(
    r"---[ \t]*\n(?=\s*(?:['\"]?\w[\w -]*['\"]?[ \t]*:|#|---))(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
# YAML can spell these; neither a terminal nor the database could show or store them.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

# What a Document calls each key; all others are ignored.
NAMES = {
    "title": "title",
    "date": "date",
    "author": "author",
    "authors": "author",
    "source": "publisher",
    "url": "url",
    "language": "language",
    "lang": "language",
}


def split_front_matter(text: str, source: str) -> tuple[dict[str, str], str]:
    """Part a text into its metadata (title, date, author, publisher, url, language; those that are given) and the rest.

    What stands between the lines but is no mapping is not a header: then the text merely begins with a rule. Raises
    LoadError naming file and line where it cannot be read, since the metadata would silently be missing or wrong.
    """
    header = HEADER.match(text)
    if header is None:
        return {}, text
    try:
        # Every value as it is written: the safe loader would turn the title `1984` into a number, `No` into False.
        values = yaml.load(header[1], Loader=yaml.BaseLoader)  # noqa: S506 - builds strings, lists and dicts only
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 2
        raise LoadError(
            f"{source}: the header between the '---' lines is not valid YAML near line {line}; "
            "put values that hold ': ' or '#' in quotes."
        ) from error
    if values is None:
        return {}, text[header.end() :]
    if not isinstance(values, dict):
        return {}, text
    metadata = {}
    for key, value in values.items():
        name = NAMES.get(key.lower()) if isinstance(key, str) else None
        if name and (written := _as_text(value, key, source)):
            metadata[name] = iso_date(written) if name == "date" else written
    return metadata, text[header.end() :]


def _as_text(value: Any, key: str, source: str) -> str:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in values):
        raise LoadError(f"{source}: '{key}' in the header is neither text nor a list of texts; write it as text.")
    return ", ".join(" ".join(UNPRINTABLE.sub(" ", part).split()) for part in values if part not in {"", "~", "null"})
