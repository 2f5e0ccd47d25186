"""What the language model replies to one question, if what was found for it is likely to answer it."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from rag.answerable import REPLIES, least_likely, likely_answerable
from rag.datatypes import Fault, Hit, Usage
from rag.draft import Draft
from rag.events import Discarded, Written
from rag.generate import Generator as LanguageModel
from rag.generate import Message
from rag.load.language import detect_language, language_name
from rag.prompt import Evidence, lay_out, render_prompt, select_evidence
from rag.questions import question_kind, with_question_mark
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Reply:
    """What the language model was shown for one question, and wrote in reply; no text where it is not to answer.

    ``borne`` has of each sentence what the model's state says of whether it is borne, as ``Piece`` has it.
    """

    evidence: list[Evidence]
    text: str = ""
    fault: Fault | None = None
    usage: Usage = field(default_factory=Usage)
    borne: Mapping[str, float] = field(default_factory=dict)


def write_reply(
    question: str, hits: Sequence[Hit], model: LanguageModel, settings: Settings
) -> Generator[Written | Discarded, None, Reply]:
    """Have the language model answer one question from its Hits, and yield the text as it comes.

    Raises:
        QuestionError: the question is too long for the model.
        SettingsError: a prompt template cannot be used.
    """
    evidence = select_evidence(hits, model.count_tokens, settings.evidence_tokens)
    passages = lay_out(evidence)
    asked = with_question_mark(question)
    messages = render_prompt("answerable", settings.prompts, passages=passages, question=asked)
    weighed = model.weigh(messages, REPLIES, asked)
    if likely_answerable(question, hits, weighed) < least_likely(question, settings.when_unsure):
        return Reply(evidence, usage=weighed.usage)
    # The model goes on from what it has read and from its own word: nothing is read, or counted, twice.
    wanted = {"kind": question_kind(question).value, "language": answer_language(question, evidence)}
    messages += [Message("assistant", "Yes"), *render_prompt("answer", settings.prompts, question=question, **wanted)]
    draft = Draft(model, messages, settings.answer_tokens, question, passages)
    yield from map(Written, draft.write())
    if draft.wants_retry:
        yield Discarded()
        yield from map(Written, draft.write(retry=True))
    return Reply(evidence, draft.text, draft.fault, draft.usage, draft.borne)


def answer_language(question: str, evidence: Sequence[Evidence]) -> str | None:
    """Return the name of the language to answer in; None for English, in which models answer unless told otherwise."""
    language = evidence[0].document.language if evidence else None
    # What is asked in another language than English is found in articles of that language.
    if language is None or language == "en":
        return None
    return language_name(detect_language(question) or language)
