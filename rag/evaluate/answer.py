"""Measures what is answered: right or wrong, refused or not, what is cited and what it bears, tokens and seconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rag.answerable import best_relevance
from rag.assistant import Assistant
from rag.datatypes import Answer, Status
from rag.errors import QuestionError
from rag.evaluate.cache import CachedGenerator
from rag.evaluate.cases import Case
from rag.evaluate.gold import Gold
from rag.evaluate.judge import Judge
from rag.evaluate.metrics import refusal
from rag.evaluate.metrics.answer import contains_borne_gold, contains_gold, exact_match, token_f1
from rag.evaluate.metrics.citation import (
    Span,
    citation_exactness,
    citation_hit_rate,
    citation_precision,
    citation_recall,
    widen_to_neighbours,
    widen_to_paragraphs,
)
from rag.evaluate.metrics.rouge import rouge_l
from rag.evaluate.run import Record
from rag.evaluate.scoring import SECONDS, Scorer, SetMetric
from rag.events import Answered, Discarded, Written
from rag.sentences import split_sentences

KIND = "answer"
# ROUGE-L says little about a name or a number: it speaks for cases whose every gold answer has this many words.
LONG_ANSWER = 10


def measure_answer(case: Case, assistant: Assistant, gold: Gold, judge: Judge | None = None) -> Record:
    """Ask a case's question and return the record of the answer.

    A question that cannot be asked has an ``error`` in place of an answer. ``seconds`` are those that the answer takes
    when it is not kept.
    """
    generator = assistant.generator
    cache = generator if isinstance(generator, CachedGenerator) else None
    asked, kept, seconds = (cache.asked, cache.kept, cache.seconds_saved) if cache else (0, 0, 0.0)
    try:
        written, answer = _ask(assistant, case.question)
    except QuestionError as error:
        return _describe(case) | {"answer": None, "error": str(error), "seconds": None}
    record = record_answer(case, answer, gold.spans(case), gold) | {"written": written}
    if cache:
        record["seconds"] += cache.seconds_saved - seconds
        record["from_cache"] = cache.kept > kept and cache.asked == asked
    if judge:
        record["judge"] = _judge(judge, case, record["answer"])
    return record


def record_answer(case: Case, answer: Answer, evidence: Sequence[Span], gold: Gold) -> Record:
    """Return the record of an answer, with all of its sources that scoring it takes.

    ``passages`` are the paragraphs that the answer cites or that hold the evidence.
    """
    plain = answer.to_dict()
    return _describe(case) | {
        "answer": plain,
        "relevance": best_relevance(answer.hits),
        "gold": [asdict(span) for span in evidence],
        "passages": _passages([*_cited(plain), *evidence], gold),
        "seconds": answer.timings["total"],
    }


def _describe(case: Case) -> Record:
    return {
        "question": case.question,
        "answerable": case.answerable,
        "kinds": [case.kind] if case.kind else [],
        "case": asdict(case),
    }


def plain_text(answer: Mapping[str, Any]) -> str:
    """Return what an answer says, without its markers; nothing where it is refused."""
    if answer["refused"]:
        return ""
    said = [sentence for sentence in answer["sentences"] if sentence["start"] is not None]
    return " ".join(_without_markers(sentence["text"], sentence["citations"]) for sentence in said)


def answer_metrics(record: Record) -> dict[str, float | None]:
    """Return the metrics of one answer; None for one that does not apply to it."""
    answer = record["answer"]
    if answer is None:
        return {"failed": 1.0}
    said, golds, answerable = plain_text(answer), record["case"]["answers"], record["answerable"]
    scored = bool(golds) or not answerable
    long = rouge_l(said, golds) if golds and min(len(gold.split()) for gold in golds) >= LONG_ANSWER else None
    metrics: dict[str, float | None] = {
        "exact_match": exact_match(said, golds) if scored else None,
        "token_f1": token_f1(said, golds) if scored else None,
        "contains_gold": contains_gold(said, golds),
        "rouge_l": long.f1 if long else None,
        "refusal_precision": refusal.refusal_precision(answer["refused"], answerable),
        "refusal_recall": refusal.refusal_recall(answer["refused"], answerable),
        "false_refusal": refusal.false_refusal(answer["refused"], answerable),
    }
    metrics |= _citation_metrics(record)
    quotes = [citation["quote"] for citation in answer["citations"]]
    cites_evidence = bool(metrics["citation_paragraph_recall"])
    metrics["contains_borne_gold"] = contains_borne_gold(said, golds, quotes, cites_evidence)
    statuses = [sentence["status"] for sentence in answer["sentences"]]
    metrics |= {status.value: statuses.count(status) / len(statuses) if statuses else None for status in Status}
    # Where nothing was found, the model was not asked.
    metrics |= {name: count if answer["usage"]["prompt_tokens"] else None for name, count in answer["usage"].items()}
    judged = record.get("judge")
    if judged:
        metrics |= {"judge_agrees": judged["agrees"], "judge_failed": float(judged["agrees"] is None)}
    return metrics | {"failed": 0.0}


def _refusal_row(record: Record) -> tuple[bool, bool] | None:
    return (record["answer"]["refused"], record["answerable"]) if record["answer"] else None


def _refusal_f1(rows: Iterable[tuple[bool, bool] | None]) -> float | None:
    return refusal.refusal_f1(row for row in rows if row)


def _verification_row(record: Record) -> tuple[float, float] | None:
    return (record["answer"]["timings"]["verify"], record["seconds"]) if record["answer"] else None


def _verification_share(rows: Iterable[tuple[float, float] | None]) -> float | None:
    """Return the share that verification has in the seconds of all answers."""
    told = [row for row in rows if row]
    seconds = sum(whole for _, whole in told)
    return sum(verifying for verifying, _ in told) / seconds if seconds else None


SCORER = Scorer(
    answer_metrics,
    {
        "refusal_f1": SetMetric(_refusal_row, _refusal_f1),
        "verification_share": SetMetric(_verification_row, _verification_share),
    }
    | SECONDS,
    headline=(
        "token_f1",
        "contains_gold",
        "refusal_f1",
        "citation_precision",
        "citation_recall",
        "citation_exactness",
    ),
    lower_is_better=frozenset(
        {
            "false_refusal",
            "partial",
            "unsupported",
            "prompt_tokens",
            "completion_tokens",
            "judge_failed",
            "failed",
            "verification_share",
            *SECONDS,
        }
    ),
)


def _ask(assistant: Assistant, question: str) -> tuple[str, Answer]:
    written, answer = "", None
    for event in assistant.stream(question):
        if isinstance(event, Written):
            written += event.text
        elif isinstance(event, Discarded):
            written = ""
        elif isinstance(event, Answered):
            answer = event.answer
    assert answer is not None  # a stream ends with its answer
    return written, answer


def _judge(judge: Judge, case: Case, answer: Mapping[str, Any]) -> dict[str, Any] | None:
    if not case.answers:
        return None
    if answer["refused"]:
        return {"agrees": False, "reply": None}
    return asdict(judge.judge_answer(case.question, case.answers, plain_text(answer)))


def _without_markers(sentence: str, markers: Sequence[int]) -> str:
    """Undo what ``rag.compose.mark_sentence`` did."""
    if not markers:
        return sentence
    before, _, after = sentence.rpartition(" " + "".join(f"[{marker}]" for marker in markers))
    return before + after


def _cited(answer: Mapping[str, Any]) -> list[Span]:
    return [Span(cited["document_id"], cited["start"], cited["end"]) for cited in answer["citations"]]


def _passages(spans: Iterable[Span], gold: Gold) -> list[dict[str, Any]]:
    documents = {span.document: gold.document(span.document) for span in spans}
    widened = dict.fromkeys(widen_to_paragraphs(span, documents[span.document].text) for span in spans)
    return [
        {
            "document_id": span.document,
            "source": documents[span.document].source,
            "title": documents[span.document].title,
            "start": span.start,
            "end": span.end,
            "text": documents[span.document].text[span.start : span.end],
        }
        for span in widened
    ]


def _citation_metrics(record: Record) -> dict[str, float | None]:
    cited = _cited(record["answer"])
    gold = [Span(**span) for span in record["gold"]]
    sentences = {_paragraph(passage): _sentences(passage) for passage in record["passages"]}
    paragraphs = list(sentences)
    wide_cited, wide_gold = ([_widened(span, paragraphs) for span in spans] for spans in (cited, gold))
    near_cited, near_gold = (
        [widen_to_neighbours(span, sentences.get(paragraph, [])) for span, paragraph in zip(spans, wide, strict=True)]
        for spans, wide in ((cited, wide_cited), (gold, wide_gold))
    )
    quotes = []
    for span, citation in zip(cited, record["answer"]["citations"], strict=True):
        start = _widened(span, paragraphs).start
        place = f"{span.document}:{start}"
        quotes.append((Span(place, span.start - start, span.end - start), citation["quote"]))
    texts = {f"{passage['document_id']}:{passage['start']}": passage["text"] for passage in record["passages"]}
    return {
        "citation_precision": citation_precision(cited, gold),
        "citation_recall": citation_recall(cited, gold),
        "citation_hit_rate": citation_hit_rate(cited, gold),
        "citation_neighbour_precision": citation_hit_rate(cited, near_gold),
        "citation_neighbour_recall": citation_recall(near_cited, gold),
        "citation_paragraph_precision": citation_precision(wide_cited, wide_gold),
        "citation_paragraph_recall": citation_recall(wide_cited, wide_gold),
        "citation_exactness": citation_exactness(quotes, texts),
    }


def _paragraph(passage: Mapping[str, Any]) -> Span:
    return Span(passage["document_id"], passage["start"], passage["end"])


def _sentences(passage: Mapping[str, Any]) -> list[Span]:
    start = passage["start"]
    found = split_sentences(passage["text"])
    return [Span(passage["document_id"], start + sentence.start, start + sentence.end) for sentence in found]


def _widened(span: Span, paragraphs: Sequence[Span]) -> Span:
    """Return the span grown to the paragraphs that were kept for it: the fewest that hold it."""
    holding = [
        whole
        for whole in paragraphs
        if whole.document == span.document and whole.start <= span.start and span.end <= whole.end
    ]
    return min(holding, key=lambda whole: whole.end - whole.start, default=span)
