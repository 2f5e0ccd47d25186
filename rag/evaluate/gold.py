"""Where the evidence that a case names stands in a library."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath

from rag.datatypes import Chunk, Document, Sentence
from rag.errors import BadRecord, DataError
from rag.evaluate.cases import Case, CaseSet
from rag.evaluate.corpus import article_name
from rag.evaluate.metrics.citation import Span, locate_quote
from rag.library import Library


class Gold:
    """Finds in a library what should be found and cited for a case; a Span names its document by id.

    Args:
        library: the library that is measured.
        cases: the set, for the grades that it may give to whole documents.
    """

    def __init__(self, library: Library, cases: CaseSet) -> None:
        self._cases = cases
        self._library = library
        self._by_id = {document.id: document for document in library.documents()}
        self._by_name: dict[str, list[Document]] = {}
        for document in self._by_id.values():
            self._by_name.setdefault(PurePath(document.source).name, []).append(document)
        self._chunks_of = lru_cache(maxsize=256)(self._read_chunks)

    def spans(self, case: Case) -> tuple[Span, ...]:
        """Return the spans of the case's evidence.

        Raises BadRecord where the library lacks the document, or the document the quote.
        """
        return tuple(self._locate(case, evidence.document, evidence.quote) for evidence in case.evidence)

    def document(self, document_id: str) -> Document:
        """Return a document of the library."""
        return self._by_id[document_id]

    def documents(self, case: Case) -> dict[str, int]:
        """Return the grade of each relevant document, by source; a graded one that the library lacks counts too."""
        graded = self._cases.qrels.get(case.id)
        if graded is None:
            return {document.source: 1 for evidence in case.evidence for document in self._named(evidence.document)}
        found = {}
        for name, grade in graded.items():
            sources = [document.source for document in self._named(article_name(name)) or self._named(name)]
            found.update(dict.fromkeys(sources or [name], grade))
        return found

    def chunks(self, spans: Sequence[Span]) -> list[tuple[Chunk, Document]]:
        """Return the library's chunks that share a character with one of the spans."""
        documents = dict.fromkeys(span.document for span in spans)
        held = [pair for document in documents for pair in self._chunks_of(document)]
        return [pair for pair in held if overlaps(pair[0], pair[1], spans)]

    def _read_chunks(self, document_id: str) -> list[tuple[Chunk, Document]]:
        return list(self._library.chunks(self._library.database.chunk_ids(document_id)).values())

    def _named(self, name: str) -> list[Document]:
        """Return the documents whose source is the name, or ends in it after a slash."""
        same_file = self._by_name.get(PurePath(name).name, [])
        return [document for document in same_file if f"/{document.source}".endswith(f"/{name}")]

    def _locate(self, case: Case, name: str, quote: str) -> Span:
        documents = self._named(name)
        if not documents:
            raise BadRecord(f"Case '{case.id}': the library holds no article {name}.")
        for document in documents:
            span = locate_quote(document.id, document.text, quote)
            if span:
                return span
        raise BadRecord(f"Case '{case.id}': {name} does not hold the quote “{quote[:60]}”.")


def overlaps(part: Chunk | Sentence, document: Document, spans: Sequence[Span]) -> bool:
    """Tell whether a part of a document shares a character with one of the spans."""
    own = Span(document.id, part.start, part.end)
    return any(own.overlaps(span) for span in spans)


def check_gold(gold: Gold, cases: CaseSet, skip_bad: bool) -> CaseSet:
    """Return the cases whose evidence the library holds; raises BadRecord at one it does not, unless to be skipped."""
    kept = []
    for case in cases.cases:
        try:
            gold.spans(case)
        except BadRecord:
            if not skip_bad:
                raise
            continue
        kept.append(case)
    if not kept:
        raise DataError(f"The library holds the evidence of no case of {cases.name}; is it the right one?")
    return CaseSet(cases.name, tuple(kept), cases.documents, cases.qrels, cases.skipped + len(cases.cases) - len(kept))
