"""A saved answer's question asked again, and what explains that the answer is another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rag.assistant import Assistant
from rag.conditions import Condition
from rag.saved.record import Circumstances, SavedAnswer, save_answer


@dataclass(frozen=True, slots=True)
class Replay:
    """An answer as it was and as it is now; ``causes`` says in words what it depends on that has changed since."""

    before: SavedAnswer
    now: SavedAnswer
    causes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the same is said, and rests on the same words."""
        return _said(self.before) == _said(self.now)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that ``json.dumps`` takes."""
        return {"same": self.same, "causes": self.causes, "before": self.before.answer, "now": self.now.answer}


def replay_answer(saved: SavedAnswer, assistant: Assistant) -> Replay:
    """Ask a saved answer's question again, of the articles, model, prompts and settings as they are now."""
    where = [Condition.parse(condition) for condition in saved.where]
    now = save_answer(assistant.ask(saved.answer["question"], where=where), assistant, where)
    digests = {source: file.digest for source, file in assistant.library.database.files().items()}
    return Replay(saved, now, tuple(_causes(saved.circumstances, now.circumstances, digests)))


def _said(saved: SavedAnswer) -> tuple[str, list[str]]:
    return saved.answer["text"], [citation["quote"] for citation in saved.answer["citations"]]


def _causes(before: Circumstances, now: Circumstances, digests: Mapping[str, str]) -> Iterator[str]:
    if before.version != now.version:
        yield f"Footnoted is {now.version}, was {before.version}"
    if before.model != now.model:
        yield f"the language model is {now.model}, was {before.model}"
    if before.encoder != now.encoder:
        yield f"the encoder is {now.encoder}, was {before.encoder}"
    for name in sorted(before.settings.keys() | now.settings.keys()):
        old, new = before.settings.get(name), now.settings.get(name)
        # The model and the encoder are told above as what they are, a setting may leave them open.
        if old != new and name not in {"llm", "encoder"}:
            yield f"the setting {name} is {new}, was {old}"
    for name in sorted(before.prompts.keys() | now.prompts.keys()):
        if before.prompts.get(name) != now.prompts.get(name):
            yield f"the prompt {name}.jinja has changed"
    for source, digest in before.articles.items():
        if source not in digests:
            yield f"{source} is no longer in the library"
        elif digests[source] != digest:
            yield f"{source} has changed"
    for source in now.articles:
        if source not in before.articles:
            yield f"{source} is among the passages found, and was not"
    if before.library != now.library and before.articles == now.articles:
        yield "other articles have changed"
