"""The FAISS index: exact neighbours, and a file that is never taken for what it is not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from embeddings import Vectors
from embeddings.vector_index import FaissIndex, VectorIndexDamaged


def random_vectors(count: int, dimension: int = 8) -> Vectors:
    vectors = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of an index of three vectors, generation 5."""
    path = tmp_path / "vectors.faiss"
    FaissIndex([3, 9, 4], random_vectors(3)).write(path, 5)
    return path


def test_neighbours_are_those_of_plain_arithmetic() -> None:
    vectors = random_vectors(50)
    index = FaissIndex(range(50), vectors)
    for query in random_vectors(5):
        cosines = vectors @ query
        expected = np.argsort(-cosines)[:7]
        found = index.search(query, 7)
        assert [key for key, _ in found] == expected.tolist()
        np.testing.assert_allclose([score for _, score in found], cosines[expected], atol=1e-6)


def test_no_more_are_returned_than_there_are() -> None:
    index = FaissIndex([1, 2], random_vectors(2))
    assert len(index.search(random_vectors(1), 10)) == 2
    assert index.search(random_vectors(1), 0) == []


def test_an_empty_index_finds_nothing() -> None:
    index = FaissIndex([], np.zeros((0, 8), dtype=np.float32))
    assert len(index) == 0
    assert index.search(random_vectors(1), 3) == []


def test_a_file_gives_back_ids_and_vectors(path: Path) -> None:
    index = FaissIndex.read(path, 5)
    assert index is not None
    np.testing.assert_array_equal(index.vectors([4, 3, 9]), random_vectors(3)[[2, 0, 1]])


def test_a_file_of_another_generation_is_none(path: Path) -> None:
    assert FaissIndex.read(path, 6) is None


def test_a_missing_file_is_told_apart_from_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FaissIndex.read(tmp_path / "none", 1)


def flip_a_bit(content: bytes) -> bytes:
    middle = len(content) * 3 // 4
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut in the magic": lambda content: content[:5],
    "cut in the header": lambda content: content[:40],
    "cut in the vectors": lambda content: content[:-1],
    "longer": lambda content: content + b"\0",
    "one bit flipped": flip_a_bit,
    "another file": lambda content: b"SQLite format 3\0" + content,
    "header is no mapping": lambda content: content.split(b"\n")[0] + b"\n[1]\n" + content,
    "header is not UTF-8": lambda content: content.split(b"\n")[0] + b"\n\xff\xfe\n" + content,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_never_given_to_faiss(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(VectorIndexDamaged):
        FaissIndex.read(path, 5)


def test_a_new_file_is_swapped_in_whole_while_a_reader_has_the_old_one(path: Path) -> None:
    old = path.read_bytes()
    with path.open("rb") as reader:
        FaissIndex([1], random_vectors(1)).write(path, 6)
        assert reader.read() == old
    assert FaissIndex.read(path, 6) is not None
    assert list(path.parent.iterdir()) == [path]


def test_a_search_among_some_finds_the_nearest_of_those_alone() -> None:
    vectors = random_vectors(50)
    index = FaissIndex(range(100, 150), vectors)
    among = [103, 111, 140, 999]
    query = vectors[3]
    expected = sorted([3, 11, 40], key=lambda row: -float(vectors[row] @ query))
    assert [key - 100 for key, _ in index.search(query, 10, among)] == expected
    assert [key for key, _ in index.search(query, 1, among)] == [103]
    assert index.search(query, 10, []) == []


def test_a_search_keeps_to_the_thread_that_asks() -> None:
    index = FaissIndex([3, 5, 8], np.eye(3, dtype=np.float32))

    def threads_started() -> int:
        before = psutil.Process().num_threads()
        index.search(np.eye(3, dtype=np.float32)[1], 2)
        return psutil.Process().num_threads() - before

    # In a thread of its own, since OpenMP keeps those that it has started for one.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(threads_started).result() == 0
