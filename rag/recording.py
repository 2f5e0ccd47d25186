"""What a language model said, kept in files, so that tests can ask again without its weights."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock

from rag.datatypes import Usage
from rag.errors import RecordingMissing
from rag.generate import Generator, Message, Piece, Weighed, join_pieces

COUNTS_FILE = "token-counts.json"


class RecordingGenerator:
    """Passes on what another Generator writes, and keeps it in a folder for a ReplayingGenerator.

    Each reply is a file of its own. Token counts are kept too, in one file: they decide which sentences a prompt
    holds. Several processes may record into one folder.
    """

    def __init__(self, inner: Generator, folder: Path) -> None:
        self.inner = inner
        self.folder = folder

    @property
    def name(self) -> str:
        """The name of the Generator that is recorded."""
        return self.inner.name

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens, and keep the counts."""
        counts = self.inner.count_tokens(texts)
        path = self.folder / COUNTS_FILE
        self.folder.mkdir(parents=True, exist_ok=True)
        # The lock lies elsewhere, for it outlives its use and recordings are kept under version control.
        lock = Path(tempfile.gettempdir()) / f"rag-{_digest(str(self.folder.resolve()))}.lock"
        with FileLock(lock):
            known = _read(path) if path.exists() else {}
            of_model = known.setdefault(self.name, {})
            of_model.update(zip(texts, counts, strict=True))
            known[self.name] = dict(sorted(of_model.items()))
            _write(path, dict(sorted(known.items())))
        return counts

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        until: Callable[[str], bool] | None = None,
        retry: bool = False,
    ) -> Iterator[Piece]:
        """Pass on a reply piece by piece, and keep it once it is complete or ``until`` ends it."""
        whole = yield from join_pieces(self.inner.stream(messages, max_tokens, until=until, retry=retry))
        assert whole.usage is not None
        reply = {
            "text": whole.text.split("\n"),
            "prompt_tokens": whole.usage.prompt_tokens,
            "completion_tokens": whole.usage.completion_tokens,
            "borne": dict(whole.borne),
        }
        self._keep(_reply_prompt(self.name, messages, max_tokens, retry), reply)

    def weigh(self, messages: Sequence[Message], replies: Sequence[str], question: str) -> Weighed:
        """Pass on what the model makes of a question, and keep it."""
        weighed = self.inner.weigh(messages, replies, question)
        reply = {
            "weights": weighed.replies,
            "answered": weighed.answered,
            "prompt_tokens": weighed.usage.prompt_tokens,
        }
        self._keep(_prompt(self.name, messages, replies=list(replies)), reply)
        return weighed

    def _keep(self, prompt: dict[str, Any], reply: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(_path(self.folder, prompt), {"prompt": prompt, "reply": reply})


class ReplayingGenerator:
    """A Generator that says again what a RecordingGenerator kept; it needs no weights.

    Args:
        folder: where the recordings are.
        name: the name of the Generator that was recorded.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the counts that were kept; raises RecordingMissing where a text has none."""
        path = self.folder / COUNTS_FILE
        counts = _read(path).get(self.name, {}) if path.exists() else {}
        for text in texts:
            if text not in counts:
                raise self._missing(f"the tokens of {text!r} were never counted, so the articles or the search changed")
        return [counts[text] for text in texts]

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        until: Callable[[str], bool] | None = None,
        retry: bool = False,
    ) -> Iterator[Piece]:
        """Say the reply to exactly this prompt, as far as it went; raises RecordingMissing where there is none."""
        reply = self._find(_reply_prompt(self.name, messages, max_tokens, retry))
        usage = Usage(reply["prompt_tokens"], reply["completion_tokens"])
        yield Piece("\n".join(reply["text"]), usage, reply["borne"])

    def weigh(self, messages: Sequence[Message], replies: Sequence[str], question: str) -> Weighed:
        """Say again what the model made of a question; raises RecordingMissing where that was not recorded."""
        reply = self._find(_prompt(self.name, messages, replies=list(replies)))
        return Weighed(tuple(reply["weights"]), Usage(reply["prompt_tokens"]), reply["answered"])

    def _find(self, prompt: dict[str, Any]) -> dict[str, Any]:
        path = _path(self.folder, prompt)
        if not path.exists():
            raise self._missing(f"there is no {path.name}, so the prompt changed or was never recorded")
        reply: dict[str, Any] = _read(path)["reply"]
        return reply

    def _missing(self, reason: str) -> RecordingMissing:
        return RecordingMissing(
            f"What '{self.name}' says to this is not recorded in {self.folder}: {reason}. "
            "Re-record: give pytest the same arguments and --rag-record."
        )


def recording_path(
    folder: Path, name: str, messages: Sequence[Message], max_tokens: int, *, retry: bool = False
) -> Path:
    """Return the file of a reply; its name is a digest of model, messages, token limit, and whether it is a retry."""
    return _path(folder, _reply_prompt(name, messages, max_tokens, retry))


def _path(folder: Path, prompt: dict[str, Any]) -> Path:
    return folder / f"{_digest(json.dumps(prompt, ensure_ascii=False, sort_keys=True))}.json"


def _reply_prompt(name: str, messages: Sequence[Message], max_tokens: int, retry: bool) -> dict[str, Any]:
    return _prompt(name, messages, max_tokens=max_tokens, **({"retry": True} if retry else {}))


def _prompt(name: str, messages: Sequence[Message], **limits: Any) -> dict[str, Any]:
    # Texts are kept line by line, so that a changed line of a prompt is a changed line of the file.
    plain = [{"role": message.role, "content": message.content.split("\n")} for message in messages]
    return {"model": name, **limits, "messages": plain}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RecordingMissing(
            f"{path} is no recording any more ({error}); delete it, and give pytest the same arguments and "
            "--rag-record."
        ) from error
    return values


def _write(path: Path, values: dict[str, Any]) -> None:
    """Write the file in one step, so that nobody reads half of it."""
    partial = path.with_name(f".{uuid4().hex}")
    partial.write_text(json.dumps(values, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
