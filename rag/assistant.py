"""The one place that joins the steps: a question in, an Answer out."""

import collections.abc
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

from rag.answerable import LEAST_RELEVANCE, best_relevance
from rag.checks import Check
from rag.compose import Composed, compose_answer, join_replies
from rag.conditions import Condition
from rag.conversation import rewrite_with_model, standalone_question
from rag.datatypes import Answer, Fault, Hit, NearMiss, Turn, Usage
from rag.errors import LibraryError, ModelUnavailable, QuestionError
from rag.events import Answered, Event, Retrieved, Verified, Written
from rag.explain import Explainer
from rag.explanation import Absence, Explanation
from rag.generate import Generator
from rag.library import Library
from rag.llama import load_generator
from rag.models import locate_language_model
from rag.near_miss import judge_search
from rag.own_reading import STATE, check_state
from rag.prompt import Evidence, rank_sentences
from rag.questions import QuestionKind, question_kind
from rag.reply import Reply, write_reply
from rag.rerank import load_reranker
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.shown import part_evidence
from rag.subquestions import interleave, split_question
from rag.verifiers import load_verifier
from rag.verify import ENTAILMENT, verify_attribution
from rag.yes_no import answer_yes_no


class Assistant:
    """Answers questions from a library, each sentence with the words that it rests on.

    Args:
        library: a Library, or the folder of one; what the settings name if None.
        settings: plain values; read from the environment and ``rag.toml`` if None.
        generator: what writes the answers; the model that the settings name if None.
    """

    def __init__(
        self,
        library: Library | str | Path | None = None,
        *,
        settings: Settings | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.settings = settings or (library.settings if isinstance(library, Library) else Settings.read())
        self.library = library if isinstance(library, Library) else Library.open(library, self.settings)
        if generator is not None:
            self.__dict__["generator"] = generator

    @cached_property
    def retriever(self) -> Retriever:
        """What finds the passages."""
        settings = self.settings
        reranker = load_reranker(settings.reranker, models=settings.models, offline=settings.offline)
        return Retriever(self.library, settings.candidates, reranker=reranker)

    @cached_property
    def generator(self) -> Generator:
        """What writes the answers."""
        return load_generator(self.settings.llm, self.settings)

    @cached_property
    def further_checks(self) -> Mapping[str, Check]:
        """What checks a sentence beside the usual checks, by name."""
        settings = self.settings
        if settings.verifier is None:
            return {}
        return {ENTAILMENT: load_verifier(settings.verifier, settings).check_entailment}

    def search(
        self,
        question: str,
        count: int | None = None,
        *,
        where: Sequence[Condition] = (),
        history: Sequence[Turn] = (),
    ) -> list[Hit]:
        """Return the Hits for a question, best first, from the documents that fulfil every condition.

        A question that depends on its history is searched for with the topic of what came before.

        Raises:
            QuestionError: the question is empty.
            LibraryNotFound: nothing has been indexed yet.
        """
        understood = standalone_question(_asked(question), history)
        return self.retriever.search(understood, count or self.settings.hits, where)

    def judge(self, question: str, hits: Sequence[Hit]) -> NearMiss:
        """Judge whether anything that a search has found bears on its question, and which of its words are nowhere."""
        return judge_search(_asked(question), hits, self.library)

    def ask(self, question: str, *, where: Sequence[Condition] = (), history: Sequence[Turn] = ()) -> Answer:
        """Answer a question from the library, or from those of its documents that fulfil every condition.

        ``history`` are the turns of the conversation so far, the first one first.

        Raises:
            QuestionError: the question is empty, or too long for the model.
            LibraryNotFound: nothing has been indexed yet.
        """
        *_, last = self.stream(question, where=where, history=history)
        assert isinstance(last, Answered)
        return last.answer

    def stream(
        self, question: str, *, where: Sequence[Condition] = (), history: Sequence[Turn] = ()
    ) -> collections.abc.Generator[Event, None, None]:
        """Answer a question step by step: what was found, text as it is written, verified sentences, the answer.

        Closing the iterator stops the language model where it is.
        """
        clock = _Clock()
        question = _asked(question)
        understood = standalone_question(question, history)
        found_for = self._find(understood, where)
        hits = interleave(found_for.values())
        clock.lap("retrieve")
        usage = Usage()
        if understood != question and best_relevance(hits) < LEAST_RELEVANCE:
            understood, usage = self._rewrite(question, history)
            clock.lap("generate")
            found_for = self._find(understood, where)
            hits = interleave(found_for.values())
            clock.lap("retrieve")
        yield Retrieved(hits, understood, understood != question)

        replies = [] if _is_claim(understood) else (yield from self._write_replies(found_for))
        clock.lap("generate")

        usage = sum((reply.usage for reply in replies), usage)
        read = {item.place: item for reply in replies for item in reply.evidence}
        evidence = list(read.values())
        fault = next((reply.fault for reply in replies if reply.fault), None)
        shown, not_shown = part_evidence(hits if evidence else (), evidence)
        composed = self._compose(understood, hits, replies, evidence, fault)
        clock.lap("verify")
        end = 0
        for sentence in composed.sentences:
            if sentence.start is not None and sentence.end is not None:
                cited = tuple(composed.citations[marker - 1] for marker in sentence.citations)
                yield Verified(sentence, cited, composed.text[end : sentence.start])
                end = sentence.end
        yield Answered(
            Answer(
                question=question,
                standalone_question=understood,
                text=composed.text,
                refused=composed.refusal is not None,
                refusal_reason=composed.refusal,
                fault=fault,
                sentences=composed.sentences,
                citations=composed.citations,
                hits=hits,
                shown=shown,
                not_shown=not_shown,
                near_miss=self.judge(understood, hits),
                timings=clock.timings(),
                usage=usage,
                model=self.generator.name if evidence else self.settings.llm,
                library=self.library.fingerprint,
                disagreements=composed.disagreements,
            )
        )

    def why(self, question: str, *, where: Sequence[Condition] = ()) -> Explanation:
        """Explain what a search for the question finds: each candidate's rank and score at every stage.

        No weights are fetched for it: what the language model would be shown is told where they are on this machine.

        Raises:
            QuestionError: the question is empty.
            LibraryNotFound: nothing has been indexed yet.
        """
        question = _asked(question)
        return self._explainer(question).why(question, where)

    def why_not(self, file: str, question: str, *, where: Sequence[Condition] = ()) -> Absence:
        """Explain where a file of the library is lost in a search for the question, and what would bring it in.

        Raises:
            QuestionError: the question is empty.
            LibraryError: there is no such file in the library, or several.
        """
        question = _asked(question)
        source, *others = self.library.sources(file)
        if others:
            raise LibraryError(
                f"'{file}' names {1 + len(others)} files, among them {source} and {others[0]}; name one."
            )
        return self._explainer(question).why_not(source, question, where)

    def _find(self, question: str, where: Sequence[Condition]) -> dict[str, list[Hit]]:
        """Return the Hits for each of the questions that a question joins."""
        return {part: self.retriever.search(part, self.settings.hits, where) for part in split_question(question)}

    def _write_replies(
        self, found_for: Mapping[str, Sequence[Hit]]
    ) -> collections.abc.Generator[Event, None, list[Reply]]:
        replies: list[Reply] = []
        for question, hits in found_for.items():
            if best_relevance(hits) < LEAST_RELEVANCE:
                continue
            if replies and replies[-1].text:
                yield Written(" ")
            replies.append((yield from write_reply(question, hits, self.generator, self.settings)))
        return replies

    def _compose(
        self,
        question: str,
        hits: Sequence[Hit],
        replies: Sequence[Reply],
        evidence: Sequence[Evidence],
        fault: Fault | None,
    ) -> Composed:
        ranked = rank_sentences(hits)
        if _is_claim(question):
            return answer_yes_no(question, ranked if best_relevance(hits) >= LEAST_RELEVANCE else [])
        written = join_replies([reply.text for reply in replies])
        borne = {sentence: log_odds for reply in replies for sentence, log_odds in reply.borne.items()}
        checks: dict[str, Check] = {STATE: partial(check_state, borne=borne), **self.further_checks}
        verify = partial(verify_attribution, further=checks)
        policy = self.settings.policy
        return compose_answer(written, evidence, policy, fault, question=question, found=ranked, verify=verify)

    def _rewrite(self, question: str, history: Sequence[Turn]) -> tuple[str, Usage]:
        settings = self.settings
        # Half of the context is left for what is not history.
        most = min(settings.history_tokens, settings.context_tokens // 2)
        return rewrite_with_model(question, history, self.generator, most, settings.prompts)

    def _explainer(self, question: str) -> Explainer:
        settings = self.settings
        return Explainer(self.retriever, settings.hits, settings.evidence_tokens, self._token_counter(question))

    def _token_counter(self, question: str) -> Callable[[Sequence[str]], list[int]] | None:
        if _is_claim(question):  # no model is shown anything
            return None
        if "generator" not in self.__dict__:
            try:
                locate_language_model(self.settings.llm, folder=self.settings.models, offline=True)
            except ModelUnavailable:
                return None
        return self.generator.count_tokens


def _asked(question: str) -> str:
    if not question.strip():
        raise QuestionError("The question is empty; ask something, such as 'What did North Korea object to?'.")
    return question.strip()


def _is_claim(question: str) -> bool:
    """Tell a yes/no question: the articles bear it or not, and a language model would say "yes" to either."""
    return question_kind(question) is QuestionKind.YES_NO


class _Clock:
    """Seconds by step, each from the end of the one before; a step that comes again adds up."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._laps[step] = self._laps.get(step, 0.0) + now - self._last
        self._last = now

    def timings(self) -> dict[str, float]:
        return self._laps | {"total": self._last - self._began}
