"""Nearest neighbours: the protocol, and FAISS."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from embeddings.encoder import Vectors

MAGIC = b"footnoted-faiss-1\n"


class VectorIndexDamaged(Exception):  # noqa: N818 - reads as what happened
    """The file is not one that ``FaissIndex.write`` wrote."""


class VectorIndex(Protocol):
    """Finds the vectors most similar to a query's."""

    def search(self, query: Vectors, count: int, among: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """Return the ids of the ``count`` nearest vectors with their cosines, best first; higher is better.

        ``among`` names the ids that may be found; None for all.
        """
        ...


class FaissIndex:
    """An exact FAISS index over unit vectors: the score is the inner product, which for them is the cosine.

    A file of it holds the generation of the rows it was made from and a checksum, so that a stale or damaged one is
    told apart from a good one before FAISS, which trusts what it reads, is given it.

    Args:
        ids: the id of each vector.
        vectors: shape (len(ids), dimension), unit length.
    """

    def __init__(self, ids: Sequence[int], vectors: Vectors) -> None:
        import faiss

        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        if len(ids):
            self._index.add_with_ids(vectors, np.asarray(ids, dtype=np.int64))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, count: int, among: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """Return the ids of the ``count`` nearest vectors with their cosines, best first."""
        import faiss

        if not len(self) or count < 1:
            return []
        params = None
        if among is not None:
            selector = faiss.IDSelectorBatch(np.asarray(among, dtype=np.int64))
            params = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # its stub knows no fields
        # One question leaves a second thread nothing but its ids to look up; it would spin for long after that.
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # of this thread alone
        try:
            scores, ids = self._index.search(query.reshape(1, -1), min(count, len(self)), params=params)
        finally:
            faiss.omp_set_num_threads(threads)
        # Where fewer may be found than were asked for, FAISS fills up with the id -1.
        return [(int(key), float(score)) for key, score in zip(ids[0], scores[0], strict=True) if key >= 0]

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """Return the stored vectors of these ids, shape (len(ids), dimension)."""
        found: Vectors = self._index.reconstruct_batch(np.asarray(ids, dtype=np.int64))
        return found

    def write(self, path: Path, generation: int) -> None:
        """Write the index beside ``path`` and swap it in, so that a reader sees the old file or the new one."""
        import faiss

        payload: bytes = faiss.serialize_index(self._index).tobytes()
        header = {"generation": generation, "sha256": hashlib.sha256(payload).hexdigest()}
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with partial.open("wb") as file:
            file.write(MAGIC + json.dumps(header).encode() + b"\n" + payload)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    @classmethod
    def read(cls, path: Path, generation: int) -> "FaissIndex | None":
        """Read an index of that generation; None where the file holds another one.

        Raises:
            VectorIndexDamaged: the file is cut short or altered.
            FileNotFoundError: there is none.
        """
        import faiss

        content = path.read_bytes()
        head, _, payload = content.removeprefix(MAGIC).partition(b"\n")
        try:
            header = json.loads(head)
            intact = content.startswith(MAGIC) and header["sha256"] == hashlib.sha256(payload).hexdigest()
        except (ValueError, KeyError, TypeError) as error:
            raise VectorIndexDamaged(f"{path} is not a vector index.") from error
        if not intact:
            raise VectorIndexDamaged(f"{path} is not what was written.")
        if header.get("generation") != generation:
            return None
        index = cls.__new__(cls)
        index._index = faiss.deserialize_index(np.frombuffer(payload, dtype=np.uint8))
        return index
