"""What the language model is shown: the sentences that matter, within a budget, in the templates of ``prompts/``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import jinja2

from rag.datatypes import Document, Hit, Sentence
from rag.errors import SettingsError
from rag.generate import Message

# A chunk's own place among the Hits counts beside each sentence's relevance: a good sentence of a good chunk first.
CHUNK_SHARE = 0.25
# What bears on the question this nearly as well as the best sentence is worth showing, or saying, out of its place.
NEARLY = 0.8
# What has less than this share of the best one's relevance speaks of something else: benchmarks/answering.md.
LEAST_SHARE = 0.6
ROLES: tuple[Literal["system", "user"], ...] = ("system", "user")
BUILT_IN = (Path(__file__).parent / "prompts", Path(__file__).parent.parent / "prompts")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that the language model is shown, with where it stands and how well it bears on the question."""

    document: Document
    chunk_id: int
    sentence: Sentence
    relevance: float

    @property
    def place(self) -> tuple[str, int]:
        """The article's id and where in it the sentence starts, which tell it from all others."""
        return self.document.id, self.sentence.start

    def stands_before(self, other: "Evidence") -> bool:
        """Tell whether this sentence is the one before another in the same article."""
        if self.document.id != other.document.id or self.sentence.end > other.sentence.start:
            return False
        return not self.document.text[self.sentence.end : other.sentence.start].strip()


@dataclass(frozen=True, slots=True)
class Passage:
    """Some sentences of one document as a template renders them; left-out ones between them are marked by '…'."""

    title: str
    date: str | None
    text: str


def rank_sentences(hits: Sequence[Hit]) -> list[Evidence]:
    """Return every sentence of the Hits, the one that bears best on the question first."""
    pool = [
        (relevance + CHUNK_SHARE * hit.score, Evidence(hit.document, hit.chunk.id, sentence, relevance))
        for hit in hits
        for sentence, relevance in zip(hit.chunk.sentences, hit.relevance, strict=True)
    ]
    return [evidence for _, evidence in sorted(pool, key=lambda pair: -pair[0])]


def worth_showing(hits: Sequence[Hit]) -> list[Hit]:
    """Return the Hits that bear on the question not much less than the one that bears best on it.

    A small model mixes what the others say into its answer.
    """
    least = LEAST_SHARE * max((max(hit.relevance) for hit in hits), default=0.0)
    return [hit for hit in hits if max(hit.relevance) >= least]


def nearly_best(evidence: Sequence[Evidence]) -> float:
    """Return the relevance from which on a sentence bears on the question nearly as well as the best of these."""
    return NEARLY * max((item.relevance for item in evidence), default=0.0)


def select_evidence(
    hits: Sequence[Hit], count_tokens: Callable[[Sequence[str]], list[int]], max_tokens: int
) -> list[Evidence]:
    """Choose the chunks of the sentences that bear best on the question until the budget is spent.

    What bears on it much less than the best is left out. A small model mistakes sentences that are torn out of their
    place (benchmarks/answering.md), so a chunk is shown whole. Where it does not fit, those of its sentences stand
    alone that bear nearly as well as the best.

    Titles are not counted against ``max_tokens``, which is of the language model's tokens.
    """
    ranked = rank_sentences(worth_showing(hits))
    tokens = count_tokens([evidence.sentence.text for evidence in ranked])
    costs = {evidence.place: cost for evidence, cost in zip(ranked, tokens, strict=True)}
    short = [evidence for evidence in ranked if costs[evidence.place] <= max_tokens]
    nearly = nearly_best(short)
    chosen: dict[tuple[str, int], Evidence] = {}
    left = max_tokens
    for evidence in ranked:
        whole = [other for other in ranked if other.chunk_id == evidence.chunk_id and other.place not in chosen]
        alone = [evidence] if evidence in whole and evidence.relevance >= nearly else []
        for taken in (whole, alone):
            cost = sum(costs[each.place] for each in taken)
            if cost <= left:
                chosen |= {each.place: each for each in taken}
                left -= cost
                break
    return list(chosen.values())


def lay_out(evidence: Sequence[Evidence]) -> list[Passage]:
    """Group evidence by document, the best document first, its sentences in the order in which they stand in it."""
    grouped: dict[str, list[Evidence]] = {}
    for item in evidence:
        grouped.setdefault(item.document.id, []).append(item)
    passages = []
    for group in grouped.values():
        group.sort(key=lambda item: item.sentence.start)
        document = group[0].document
        text = group[0].sentence.text
        for before, item in pairwise(group):
            between = document.text[before.sentence.end : item.sentence.start]
            text += (" " if not between.strip() else " … ") + item.sentence.text
        passages.append(Passage(document.title, document.date, text))
    return passages


def render_prompt(name: str, folder: Path | None = None, **values: object) -> list[Message]:
    """Fill the template ``name``, from the user's folder if it is there, else the built-in one.

    A template has a block ``user``, and before it a block ``system`` unless it goes on with a conversation. The latter
    must not depend on the values: the model's state after it is reused from question to question. Raises SettingsError
    where a template is missing or cannot be filled.
    """
    try:
        template = _environment(folder).get_template(f"{name}.jinja")
        if "user" not in template.blocks:
            raise SettingsError(f"The prompt template {name}.jinja has no block 'user'.")
        return [
            Message(role, "".join(template.blocks[role](template.new_context(values))).strip())
            for role in ROLES
            if role in template.blocks
        ]
    except jinja2.TemplateNotFound as error:
        raise SettingsError(f"There is no prompt template {error.name}.") from error
    except jinja2.TemplateError as error:
        raise SettingsError(f"The prompt template {name}.jinja cannot be used: {error}.") from error


@cache
def _environment(folder: Path | None) -> jinja2.Environment:
    if folder is not None and not folder.is_dir():
        raise SettingsError(f"There is no folder of prompt templates {folder}.")
    folders = [folder, *BUILT_IN] if folder else BUILT_IN
    # Prompts are plain text: escaping for HTML would show the model '&amp;'.
    return jinja2.Environment(loader=jinja2.FileSystemLoader(folders), undefined=jinja2.StrictUndefined)  # noqa: S701
