"""Any sentence-transformers model, from a folder."""

import hashlib
import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.encoder import EncoderError, Vectors, unit_length

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH_SIZE = 32


class SentenceTransformerEncoder:
    """A sentence-transformers model on the CPU.

    Args:
        folder: the model's folder, as sentence-transformers saves one.
        name: the name under which it was asked for.

    Raises:
        EncoderError: the folder does not hold such a model.
    """

    def __init__(self, folder: Path, name: str) -> None:
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise EncoderError(f"{folder} holds no sentence-transformers model (there is no modules.json in it).")
        self.folder = folder
        self.name = name

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the folder's weights, tokenizer and pooling, whatever the folder is called."""
        return fingerprint_folder(self.folder)

    @cached_property
    def model(self) -> "SentenceTransformer":
        """The loaded model."""
        # torch and transformers take seconds to import; whoever only lists articles should not wait for them.
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        # It warns of texts longer than the model reads while they are only counted.
        logging.getLogger("transformers.tokenization_utils_base").setLevel(logging.ERROR)
        try:
            return SentenceTransformer(str(self.folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise EncoderError(f"The encoder in {self.folder} cannot be loaded: {reason}") from error

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self.model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        """How many tokens of one text are read."""
        return int(self.model.max_seq_length or 512)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens, special tokens included."""
        if not texts:
            return []
        tokens: Any = self.model.tokenizer(encodable(texts), truncation=False, padding=False)
        return [len(ids) for ids in tokens["input_ids"]]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions, with the prompt that the model wants before them."""
        return self._rows(self.model.encode_query(encodable(texts), batch_size=BATCH_SIZE, show_progress_bar=False))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode pieces of documents, with the prompt that the model wants before them."""
        return self._rows(self.model.encode_document(encodable(texts), batch_size=BATCH_SIZE, show_progress_bar=False))

    def _rows(self, vectors: Any) -> Vectors:
        return unit_length(np.asarray(vectors, dtype=np.float32).reshape(-1, self.dimension))


def encodable(texts: Sequence[str]) -> list[str]:
    """Replace lone surrogates, as a question typed in another encoding has them: tokenizers refuse them."""
    return [text.encode(errors="replace").decode() for text in texts]


def fingerprint_folder(folder: Path) -> str:
    """Return a digest of what a model's folder holds: weights, tokenizer and settings."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".json", ".safetensors", ".bin", ".txt", ".model"}:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
