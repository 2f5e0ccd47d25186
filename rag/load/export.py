"""Articles exported as records: JSON, JSON Lines, and CSV with a column for the text."""

import json
import re
from collections.abc import Iterable, Mapping
from textwrap import shorten
from typing import Any, TypeAlias

from rag.datatypes import Document
from rag.errors import LoadError, NotAnArticle, SettingsError
from rag.load.article import make_document
from rag.load.dates import iso_date, iso_date_of_stamp
from rag.load.decode import decode_text
from rag.load.markup import text_of_html
from rag.load.spreadsheet import document_of_rows, read_delimited

Fields: TypeAlias = Mapping[str, str]
"""What a record's keys are called, by our names for them: ``{"body": "content.rendered"}``."""

# Our names, and how exports call them, the best first; cases and signs between words do not matter.
NAMES: dict[str, list[str]] = {
    "body": "body articlebody text fulltext maintext content contenttext contenthtml article story".split(),
    "title": "title headline name subject".split(),
    "date": "date datepublished publishedat published publicationdate publisheddate pubdate publishdate datetime "
    "createdat created timestamp time".split(),
    "author": "author authors byline creator writer".split(),
    "source": "source publisher publication outlet site sitename newspaper".split(),
    "url": "url link permalink canonicalurl weburl href uri".split(),
    "language": "language lang inlanguage".split(),
}
IDENTITIES = ("id", "guid", "uuid", "_id")
# What an answer of our own says, printed as JSON; a saved one says it further in, and its format first.
ANSWER = {"question", "text", "refused", "sentences", "citations"}
SAVED_ANSWER = "footnoted answer"
MARKUP = re.compile(r"</\w+\s*>|<(?:p|br)\s*/?>", re.IGNORECASE)


def parse_fields(written: str) -> Fields:
    """Read a mapping as it is set, ``body=content,title=name``; raises SettingsError."""
    fields = {}
    for pair in filter(None, written.split(",")):
        name, equals, key = (part.strip() for part in pair.partition("="))
        if not equals or name not in NAMES or not key:
            raise SettingsError(f"Setting 'fields': '{pair}' is not NAME=KEY with a name of {', '.join(NAMES)}.")
        fields[name] = key
    return fields


def load_json(data: bytes, source: str, fields: Fields) -> list[Document]:
    """Read a Document from each record of a JSON file: a list, an object that holds one, or a single record."""
    try:
        content = json.loads(decode_text(data, source))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return load_json_lines(data, source, fields)
        raise LoadError(f"{source}: line {error.lineno} is not valid JSON ({error.msg}); export it again.") from error
    except (RecursionError, ValueError) as error:
        raise LoadError(f"{source}: nested too deeply, or with too long a number; leave it out.") from error
    if isinstance(content, dict) and (content.keys() >= ANSWER or str(content.get("format")).startswith(SAVED_ANSWER)):
        raise NotAnArticle(f"{source}: an answer of Footnoted, no article; index what it cites.")
    if isinstance(content, dict) and _find(content, "body", fields) is None:
        lists = [value for value in content.values() if isinstance(value, list) and value]
        content = max(lists, key=len, default=[content])
    return _documents(content if isinstance(content, list) else [content], source, fields)


def load_json_lines(data: bytes, source: str, fields: Fields) -> list[Document]:
    """Read a Document from each line of a JSON Lines file."""
    records = []
    for number, line in enumerate(decode_text(data, source).split("\n"), start=1):
        try:
            if line.strip():
                records.append(json.loads(line))
        except (RecursionError, ValueError) as error:
            raise LoadError(f"{source}: line {number} is not valid JSON; export it again.") from error
    return _documents(records, source, fields)


def load_csv(data: bytes, source: str, fields: Fields) -> list[Document]:
    """Read a Document from each row where the first row names columns for text and title, else one of all rows."""
    rows = read_delimited(data, source)
    header = dict.fromkeys(rows[0], "") if rows else {}
    if not all(_find(header, name, fields) is not None for name in ("body", "title")):
        return [document_of_rows(rows, source)]
    return _documents([dict(zip(rows[0], row, strict=False)) for row in rows[1:]], source, fields)


def _documents(records: Iterable[Any], source: str, fields: Fields) -> list[Document]:
    records = [record for record in records if isinstance(record, dict)]
    documents = []
    for number, record in enumerate(records, start=1):
        said = {name: _as_text(_find(record, name, fields)) for name in NAMES if name != "date"}
        if not (body := said.pop("body")):
            continue
        said["publisher"] = said.pop("source")
        if date := _as_date(_find(record, "date", fields)):
            said |= {"date": date, "date_from": "export"}
        identity = next((str(record[key]) for key in IDENTITIES if isinstance(record.get(key), str | int)), None)
        part = None if len(records) == 1 else said["url"] or identity or said["title"] or f"record {number}"
        text, places = text_of_html(body) if MARKUP.search(body) else (body, ())
        documents.append(make_document(text, source, said, part=part, places=places))
    if not documents:
        keys = ", ".join(sorted({key for record in records[:10] for key in record})) or "none"
        raise LoadError(
            f"{source}: no record with a text; name the key that holds it with RAG_FIELDS=body=KEY or "
            f"--fields body=KEY (its keys: {shorten(keys, 100, placeholder=' …')})."
        )
    return documents


def _find(record: Mapping[str, Any], name: str, fields: Fields) -> Any:
    """Return what a record says under one of our names; None where it says nothing."""
    if name in fields:
        value: Any = record
        for key in fields[name].split(".") if fields[name] not in record else [fields[name]]:
            value = value.get(key) if isinstance(value, dict) else None
        return value
    plain = {re.sub(r"[\W_]", "", key).lower(): value for key, value in reversed(list(record.items()))}
    return next((plain[alias] for alias in NAMES[name] if plain.get(alias) is not None), None)


def _as_text(value: Any) -> str:
    """Return the words of a value: a text, a list of such, or an object that holds one."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_as_text, value[:100])))
    if isinstance(value, dict):
        value = next((value[key] for key in ("rendered", "name", "text", "value", "title") if key in value), "")
    return value.strip() if isinstance(value, str) else ""


def _as_date(value: Any) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return iso_date_of_stamp(value)
    return iso_date(text) if (text := _as_text(value)) else None
