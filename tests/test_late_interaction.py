"""Words are compared by their vectors' signs alone."""

import numpy as np
import pytest

from embeddings import Reading, load_encoder
from rag.late_interaction import closest_words, pack_signs, word_vectors
from rag.models import locate_encoder
from rag.terms import content_spans


def test_a_words_vector_is_the_mean_of_its_tokens() -> None:
    tokens = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    reading = Reading(tokens[0], tokens, [(0, 3), (3, 6), (7, 9)])
    first, second, none = word_vectors(reading, [(0, 6), (7, 9), (10, 12)])
    assert first.tolist() == pytest.approx([0.5**0.5, 0.5**0.5])
    assert second.tolist() == [1, 0]
    assert none.tolist() == [0, 0]


def test_one_bit_a_dimension_is_kept_and_words_without_tokens_are_left_out() -> None:
    vectors = np.array([[1, -1] * 6, [0] * 12], dtype=np.float32)
    assert pack_signs(vectors) == bytes([0b10101010, 0b10100000])


def test_the_closest_word_counts_by_the_cosine_of_its_signs() -> None:
    signs = np.array([[1, 1, -1, -1, 1, 1, -1, -1], [1] * 8], dtype=np.float32)
    asked = np.array([[0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0], [-(0.125**0.5)] * 8], dtype=np.float32)
    # 4 x 0.5 / sqrt(8) with the second word; nothing is closer than at a right angle to the other.
    chunks = [pack_signs(signs), b""]
    np.testing.assert_allclose(closest_words(chunks, asked), [[0.5**0.5, 0], [0, 0]], rtol=1e-6)
    assert closest_words(chunks, asked[:0]).shape == (2, 0)
    assert closest_words([], asked).shape == (0, 2)


@pytest.mark.models
def test_a_word_is_closest_to_itself_in_the_same_sense_and_closer_to_a_synonym_than_to_another_word() -> None:
    encoder = load_encoder("all-MiniLM-L6-v2", locate_encoder("all-MiniLM-L6-v2").path)
    asked = word_vectors(encoder.read_query("Which bank lends money?"), [(6, 10)])

    def closest(text: str) -> float:
        (reading,) = encoder.read_passages([text])
        spans = [(start, end) for _, start, end in content_spans(text)]
        return float(closest_words([pack_signs(word_vectors(reading, spans))], asked)[0, 0])

    assert closest("The bank raised its rates.") > closest("They sat on the bank of the river.")
    assert closest("The lender raised its rates.") > closest("The gardener raised his roses.")
