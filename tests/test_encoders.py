"""What every encoder keeps to, whatever stands behind it."""

from pathlib import Path

import numpy as np
import pytest

from embeddings import Encoder, EncoderError, load_encoder
from embeddings.hashing import HashingEncoder
from embeddings.vector_index import FaissIndex
from rag.models import locate_encoder

TEXTS = [
    "North Korea condemned the agreement to build missiles together.",
    "Yeast makes the dough rise.",
    "The oldest shell in the museum is 4,000 years old.",
    "Ein Satz in einer anderen Sprache, mit Umlauten: größer, schöner.",
    "平壌は合意を非難した。",
    "🚀 !!! 12.5 %",
]


@pytest.fixture(
    scope="module",
    params=["hashing", "hashing-64", pytest.param("all-MiniLM-L6-v2", marks=pytest.mark.models)],
)
def encoder(request: pytest.FixtureRequest) -> Encoder:
    name: str = request.param
    return load_encoder(name, locate_encoder(name).path)


def test_vectors_are_float32_of_unit_length(encoder: Encoder) -> None:
    for vectors in (encoder.encode_passages(TEXTS), encoder.encode_queries(TEXTS)):
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), encoder.dimension)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)
    assert encoder.count_tokens([]) == []


def test_a_reading_has_the_texts_own_vector_and_its_tokens_where_they_stand(encoder: Encoder) -> None:
    texts = ["Zoë met the ambassador.", "Unfathomable missiles, and more of them. " * 100, "", "\udcff"]
    readings = encoder.read_passages(texts)
    np.testing.assert_allclose([reading.vector for reading in readings], encoder.encode_passages(texts), atol=1e-5)
    query = encoder.read_query(texts[0])
    np.testing.assert_allclose(query.vector, encoder.encode_queries(texts[:1])[0], atol=1e-5)
    for reading, text in zip([query, *readings], [texts[0], *texts], strict=True):
        assert reading.tokens.shape == (len(reading.spans), encoder.dimension)
        np.testing.assert_allclose(np.linalg.norm(reading.tokens, axis=1), 1, atol=1e-5)
        assert list(reading.spans) == sorted(reading.spans)
        assert all(0 <= start < end <= len(text) for start, end in reading.spans)
    joined = "".join(texts[0][start:end] for start, end in query.spans)
    assert joined in {texts[0].replace(" ", ""), texts[0].replace(" ", "").replace(".", "")}
    assert encoder.read_passages([]) == []


def test_a_text_without_words_has_a_finite_vector(encoder: Encoder) -> None:
    vectors = encoder.encode_queries(["", "\0", "🚀", "\udcff"])
    assert vectors.shape == (4, encoder.dimension)
    assert np.isfinite(vectors).all()


def test_a_text_has_the_same_vector_each_time_and_in_any_company(encoder: Encoder) -> None:
    together = encoder.encode_passages(TEXTS)
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS), together)
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_another_encoder_of_the_same_name_has_the_same_fingerprint(encoder: Encoder) -> None:
    again = load_encoder(encoder.name, locate_encoder(encoder.name).path)
    assert again.fingerprint == encoder.fingerprint
    assert encoder.fingerprint != HashingEncoder(17).fingerprint


def test_each_text_finds_itself_first_with_score_1(encoder: Encoder) -> None:
    vectors = encoder.encode_passages(TEXTS)
    index = FaissIndex(range(10, 10 + len(TEXTS)), vectors)
    for key, vector in enumerate(vectors, start=10):
        (best, score), *_ = index.search(vector, 3)
        assert best == key
        assert score == pytest.approx(1, abs=1e-5)


def test_tokens_are_counted_beyond_what_is_read(encoder: Encoder) -> None:
    sentence = "Missiles were built in the north of the country. "
    empty, once, often = encoder.count_tokens(["", sentence, sentence * 200])
    assert often > encoder.max_tokens
    assert often - empty == 200 * (once - empty)


def test_hashing_scores_shared_words() -> None:
    fox, turned, hen = HashingEncoder().encode_passages(["red fox", "fox red", "red hen"])
    np.testing.assert_array_equal(fox, turned)
    assert float(fox @ hen) == pytest.approx(0.5)


def test_a_folder_without_a_model_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"holds no sentence-transformers model"):
        load_encoder("mine", tmp_path)


def test_an_encoder_that_needs_weights_is_not_made_without() -> None:
    with pytest.raises(EncoderError, match="needs the folder"):
        load_encoder("mine", None)


@pytest.mark.models
def test_a_damaged_model_is_refused_in_one_line(tmp_path: Path) -> None:
    located = locate_encoder("all-MiniLM-L6-v2").path
    assert located is not None
    for file in located.rglob("*.json"):
        copy = tmp_path / file.relative_to(located)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes((located / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(EncoderError, match="cannot be loaded") as caught:
        _ = load_encoder("mine", tmp_path).dimension
    assert "\n" not in str(caught.value)
