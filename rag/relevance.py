"""How well sentences bear on a question: as a whole, by the words that they share, and word by closest word."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from embeddings import Reading, Vectors
from embeddings.threads import single_threaded
from rag.datatypes import Chunk, Document
from rag.late_interaction import closest_words, word_vectors
from rag.parts import Part
from rag.stored import SentenceVectors
from rag.terms import content_spans, content_words

# benchmarks/retrieval.md compares these weights with others.
SHARED_WORDS, LEFT_TO_OTHERS = 0.5, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A question as sentences are compared with it.

    Attributes:
        vector: of the whole, shape (dimension,).
        terms: its content words, each once.
        term_vectors: of these words as the encoder reads them in the question, shape (number of terms, dimension).
        shares: how much each of them counts; the shares add up to 1.
    """

    vector: Vectors
    terms: Sequence[str]
    term_vectors: Vectors
    shares: Vectors


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well a chunk bears on a question; higher is better.

    Attributes:
        sentences: for each of its sentences, from 0 to 1.5.
        late_interaction: how close its words come to the question's, from 0 to 1.
    """

    sentences: tuple[float, ...]
    late_interaction: float


def weigh_question(text: str, reading: Reading, weights: Mapping[str, float]) -> Question:
    """Put together what sentences are compared with; ``weights`` tell how much each content word counts."""
    spans = {term: (start, end) for term, start, end in reversed([*content_spans(text)])}
    terms = [term for term in spans if term in weights]
    counts = np.array([weights[term] for term in terms], dtype=np.float32)
    vectors = word_vectors(reading, [spans[term] for term in terms])
    return Question(reading.vector, terms, vectors, counts / (counts.sum() or 1))


def chunk_relevances(
    found: Mapping[int, tuple[Chunk, Document]],
    kept: Mapping[int, SentenceVectors],
    question: Question,
    without: Set[Part] = frozenset(),
) -> dict[int, Relevance]:
    """Score the sentences of chunks, and their words, for a question.

    A sentence's score is the cosine of the two vectors plus half the share of the question's content words that it has:
    the one knows what is meant, the other names and numbers. A word that it leaves to a sentence beside it, or to the
    title, counts half.

    Args:
        found: the chunks with their documents, by chunk id.
        kept: what the library keeps of their sentences; a chunk of which it keeps nothing is left out.
        question: the question.
        without: the parts that are left out.
    """
    of_cosine = 0.0 if Part.COSINE in without else 1.0
    of_shared = 0.0 if Part.SHARED_WORDS in without else SHARED_WORDS
    left_to_others = 0.0 if Part.WORDS_BESIDE in without else LEFT_TO_OTHERS
    shares = dict(zip(question.terms, question.shares.tolist(), strict=True))
    here = [key for key in found if key in kept]
    relevances = {}
    with single_threaded():
        closest = closest_words([kept[key].words for key in here], question.term_vectors)
        for key, close in zip(here, closest, strict=True):
            chunk, document = found[key]
            cosines = np.maximum(kept[key].vectors @ question.vector, 0).tolist()
            shared = _shared_words(chunk, document.title, shares, left_to_others)
            scores = (of_cosine * cosine + of_shared * share for cosine, share in zip(cosines, shared, strict=True))
            relevances[key] = Relevance(tuple(scores), float(close @ question.shares))
    return relevances


def _shared_words(chunk: Chunk, title: str, shares: Mapping[str, float], left_to_others: float) -> Iterator[float]:
    """Yield for each sentence of a chunk the share of the question's words that it has, or leaves to others."""
    asked = frozenset(shares)
    said = [asked.intersection(content_words(sentence.text)) for sentence in chunk.sentences]
    titled = asked.intersection(content_words(title))
    for number, own in enumerate(said):
        around = titled.union(*said[max(number - 1, 0) : number + 2])
        yield sum(share * (1 if term in own else left_to_others) for term, share in shares.items() if term in around)
