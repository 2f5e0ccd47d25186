"""Assertions about answers; a failure shows the answer, the sentence at fault and the nearest source text.

They are offered in ``rag.testing``.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from rag.datatypes import Answer, AnswerSentence, Citation, Hit, Status
from rag.evaluate.compare import Change, changed_cases, find_regressions
from rag.evaluate.metrics.answer import contains_gold
from rag.evaluate.metrics.citation import Span, locate_quote
from rag.evaluate.run import Run
from rag.evaluate.scorers import scorer_of
from rag.terms import content_words

MARKERS = re.compile(r"\s*\[\d+\]")
SUPPORTED = {Status.QUOTED, Status.SUPPORTED}
WORST = 3  # cases that the message about a regression shows


def assert_answers(answer: Answer, *expected: str) -> None:
    """Check that an answer is given and says one of the expected texts; without one, any answer will do.

    Case, punctuation, white space and the articles *a*, *an* and *the* make no difference.
    """
    __tracebackhide__ = True
    if answer.refused:
        _fail("No answer is given.", answer, near=" ".join([answer.question, *expected]))
    if contains_gold(MARKERS.sub("", answer.text), expected) == 0:
        _fail(f"The answer says none of: {_quoted(*expected)}.", answer, near=" ".join(expected))


def assert_cites(answer: Answer, *, document: str | None = None, quote: str | None = None) -> None:
    """Check that a citation is of the document, and shares words with the quote at the place where it stands there.

    Args:
        answer: the answer.
        document: the file, by its name or the end of its path; any if None.
        quote: words of the article; any if None.
    """
    __tracebackhide__ = True
    cited = [citation for citation in answer.citations if document is None or _is_named(citation.source, document)]
    place = document or "the library"
    if not cited:
        what = f"Nothing of {place} is cited." if answer.citations else "Nothing is cited."
        _fail(what, answer, near=quote or answer.text)
    if quote is not None and not any(_overlaps(citation, quote, answer) for citation in cited):
        _fail(f"These words of {place} are not cited: {_quoted(quote)}.", answer, near=quote)


def assert_supported(answer: Answer) -> None:
    """Check that an answer is given and that the articles bear every sentence of it, word for word or in full."""
    __tracebackhide__ = True
    if answer.refused:
        _fail("No answer is given, so there is nothing to support.", answer, near=answer.question)
    for sentence in answer.sentences:
        if sentence.start is not None and sentence.status not in SUPPORTED:
            failed = ", ".join(check for check, passed in sentence.checks.items() if not passed)
            what = f"A sentence is not fully borne by the articles ({sentence.status}; fails on {failed or 'sources'})."
            _fail(what, answer, sentence, near=sentence.text)


def assert_refuses(answer: Answer) -> None:
    """Check that no answer is given."""
    __tracebackhide__ = True
    if not answer.refused:
        said = next((sentence for sentence in answer.sentences if sentence.start is not None), None)
        _fail("An answer is given where the articles hold none.", answer, said, near=answer.text)


def assert_no_regression(run: str | Path, baseline: str | Path, **tolerances: float) -> None:
    """Check that no metric of a run got worse than in the baseline by more than chance explains.

    Args:
        run: the folder of a run of ``rag eval``.
        baseline: the folder of another run over the same cases.
        tolerances: how much worse each metric may be, as ``token_f1=0.02``; the chief metrics of that kind of run, by
            0, if none is named.

    Raises:
        DataError: a folder holds no run, or the runs cannot be compared.
    """
    __tracebackhide__ = True
    before, after = Run.read(Path(baseline)), Run.read(Path(run))
    regressions = find_regressions(before, after, tolerances)
    if regressions:
        raise AssertionError("\n".join(line for change in regressions for line in _describe(change, before, after)))


def _describe(change: Change, before: Run, after: Run) -> Iterator[str]:
    interval = change.comparison.difference
    yield (
        f"{change.metric} went from {change.before:.3f} to {change.after:.3f} over {interval.n} cases "
        f"(95 % interval of the difference: {interval.low:+.3f} to {interval.high:+.3f})."
    )
    if change.metric not in scorer_of(after).of_set:
        for record, difference in changed_cases(before, after, change.metric)[:WORST]:
            yield f"  {difference:+.3f} {record['id']}: {record['question']}"


def _fail(what: str, answer: Answer, sentence: AnswerSentence | None = None, *, near: str) -> NoReturn:
    __tracebackhide__ = True
    raise AssertionError("\n".join([what, *_explain(answer, sentence, near)]))


def _explain(answer: Answer, sentence: AnswerSentence | None, near: str) -> Iterator[str]:
    yield f"  question: {answer.question}"
    yield f"  answer: {answer.text}" + (f" ({answer.refusal_reason})" if answer.refused else "")
    for left_out in answer.sentences if answer.refused else ():
        yield f"  not said, because nothing bears it: {left_out.text}"
    if sentence:
        yield f"  sentence at fault: {sentence.text}"
    for citation in answer.citations:
        yield f"  [{citation.marker}] {citation.source}: {_quoted(citation.quote)}"
    nearest = _nearest_source(near, answer.hits)
    yield f"  nearest source text, {nearest[0]}: {_quoted(nearest[1])}" if nearest else "  nothing was found"


def _nearest_source(text: str, hits: tuple[Hit, ...]) -> tuple[str, str] | None:
    """Return the found sentence that shares the most content words with a text, after its source."""
    wanted = set(content_words(text))
    found = [(hit.document.source, sentence.text) for hit in hits for sentence in hit.chunk.sentences]
    return max(found, key=lambda pair: len(wanted & set(content_words(pair[1]))), default=None)


def _overlaps(citation: Citation, quote: str, answer: Answer) -> bool:
    """Tell whether a citation shares a character with the quote, where that stands in the cited document."""
    text = next(hit.document.text for hit in answer.hits if hit.document.id == citation.document_id)
    wanted = locate_quote(citation.document_id, text, quote)
    return wanted is not None and wanted.overlaps(Span(citation.document_id, citation.start, citation.end))


def _is_named(source: str, name: str) -> bool:
    return f"/{source}".endswith(f"/{name}")


def _quoted(*texts: str) -> str:
    return ", ".join(f"“{' '.join(text.split())}”" for text in texts)
