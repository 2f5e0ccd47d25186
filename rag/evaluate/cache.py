"""What a language model replied before, kept in the user's cache folder, so that no prompt is paid for twice.

A reply is kept under the exact prompt, the model's fingerprint and the most tokens that it may have: another model,
template, library or setting makes another prompt, and the code that verifies answers runs anew on what is kept.
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.datatypes import Usage
from rag.errors import DataError
from rag.generate import Generator, Message, Piece, Weighed, join_pieces
from rag.probe import probe_fingerprint

SCHEMA = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL, seconds REAL NOT NULL)"


class CachedGenerator:
    """A Generator that gives again what another one replied to the same prompt.

    Args:
        inner: writes what is not kept yet.
        fingerprint: of the inner one's weights.
        path: the file that keeps the replies.

    Attributes:
        asked: how many prompts the inner one was given.
        kept: how many replies came from the file.
        seconds_saved: how long the inner one took for these when it wrote them.
    """

    def __init__(self, inner: Generator, fingerprint: str, path: Path) -> None:
        self.inner = inner
        self.fingerprint = fingerprint
        self.path = path
        self.asked = 0
        self.kept = 0
        self.seconds_saved = 0.0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as connection:
                connection.execute(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise DataError(f"The kept answers in {path} cannot be used ({error}); give --no-cache.") from error

    @property
    def name(self) -> str:
        """The name of the inner Generator."""
        return self.inner.name

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens; the inner Generator is asked for those that it never counted."""
        keys = [self._key("count", text) for text in texts]
        with self._open() as connection:
            query = "SELECT key, value FROM kept WHERE key IN (SELECT value FROM json_each(?))"
            known = {key: int(value) for key, value in connection.execute(query, (json.dumps(keys),))}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            known |= dict(zip(missing, self.inner.count_tokens(list(missing.values())), strict=True))
            self._keep([(key, known[key], 0.0) for key in missing])
        return [known[key] for key in keys]

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        until: Callable[[str], bool] | None = None,
        retry: bool = False,
    ) -> Iterator[Piece]:
        """Write at most ``max_tokens`` tokens, in one piece where they are kept; a broken-off reply is not kept."""
        # Another probe finds something else in the same state.
        probe = probe_fingerprint("borne", self.name)
        key = self._key("retry" if retry else "reply", probe, _plain(messages), max_tokens)
        kept = self._kept(key)
        if kept is not None:
            yield Piece(kept["text"], Usage(**kept["usage"]), kept["borne"])
            return
        self.asked += 1
        began = time.perf_counter()
        whole = yield from join_pieces(self.inner.stream(messages, max_tokens, until=until, retry=retry))
        self._keep([(key, asdict(whole), time.perf_counter() - began)])

    def weigh(self, messages: Sequence[Message], replies: Sequence[str], question: str) -> Weighed:
        """Weigh how likely it is that the reply is each of these words."""
        key = self._key("weighed", probe_fingerprint("answerable", self.name), _plain(messages), list(replies))
        kept = self._kept(key)
        if kept is not None:
            return Weighed(tuple(kept["replies"]), Usage(**kept["usage"]), kept["answered"])
        self.asked += 1
        began = time.perf_counter()
        weighed = self.inner.weigh(messages, replies, question)
        self._keep([(key, asdict(weighed), time.perf_counter() - began)])
        return weighed

    def _kept(self, key: str) -> Any:
        with self._open() as connection:
            row = connection.execute("SELECT value, seconds FROM kept WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        self.kept += 1
        self.seconds_saved += row[1]
        return json.loads(row[0])

    def _keep(self, rows: Iterable[tuple[str, Any, float]]) -> None:
        with self._open() as connection, connection:
            plain = [(key, json.dumps(value), seconds) for key, value, seconds in rows]
            connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", plain)

    def _key(self, *parts: object) -> str:
        return hashlib.sha256(json.dumps([self.fingerprint, *parts]).encode()).hexdigest()

    def _open(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self.path, timeout=30))


def _plain(messages: Sequence[Message]) -> list[list[str]]:
    return [[message.role, message.content] for message in messages]
