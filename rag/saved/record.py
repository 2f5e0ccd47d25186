"""An answer in a file, with what it depended on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rag.assistant import Assistant
from rag.conditions import Condition
from rag.datatypes import Answer
from rag.errors import DataError, RagError
from rag.evaluate.environment import TO_ANSWER, plain_settings, prompt_fingerprints

FORMAT = "footnoted answer 1"
# The templates that an answer is made with.
TEMPLATES = ("answerable", "answer")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an answer depends on besides its question.

    ``articles`` has the digest of each file that was found for the question, ``prompts`` of each template; ``library``
    is the digest of all articles together.
    """

    version: str
    model: str
    library: str
    encoder: str
    settings: dict[str, Any]
    prompts: dict[str, str]
    articles: dict[str, str]


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer as it was given: the contract of an answer as plain values, and what it depended on."""

    answer: dict[str, Any]
    where: tuple[str, ...]
    circumstances: Circumstances

    def write(self, path: Path) -> None:
        """Write the answer to a file; raises RagError where that cannot be done."""
        plain = {"format": FORMAT, **asdict(self)}
        try:
            path.write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise RagError(f"The answer cannot be saved in {path}: {error.strerror}.") from error


def save_answer(answer: Answer, assistant: Assistant, where: Sequence[Condition] = ()) -> SavedAnswer:
    """Return an answer with what it depended on, ready to be written."""
    library = assistant.library
    files = library.database.files()
    settings = assistant.settings
    prompts = prompt_fingerprints(settings.prompts)
    return SavedAnswer(
        answer=answer.to_dict(),
        where=tuple(map(str, where)),
        circumstances=Circumstances(
            version=version("footnoted"),
            model=answer.model,
            library=answer.library,
            encoder=library.encoder_name,
            settings=plain_settings(settings, TO_ANSWER),
            prompts={name: prompts[name] for name in TEMPLATES},
            articles={source: files[source].digest for source in sorted({hit.document.source for hit in answer.hits})},
        ),
    )


def read_answer(path: Path) -> SavedAnswer:
    """Read an answer from a file that ``rag ask --save`` wrote; raises DataError where it is none."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain.pop("format") != FORMAT:
            raise DataError(f"{path}: this answer was saved by another version; ask and save it anew.")
        saved = SavedAnswer(plain["answer"], tuple(plain["where"]), Circumstances(**plain["circumstances"]))
        # What is asked of it later, asked now, so that a damaged file is told as one.
        [saved.answer[name] for name in ("question", "text", "refused", "sentences", "hits")]
        [citation[name] for citation in saved.answer["citations"] for name in ("marker", "document_id", "quote")]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not an answer that `rag ask --save FILE` wrote.") from error
    return saved
