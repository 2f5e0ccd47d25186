"""Any sentence-transformers model, from a folder."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.encoder import EncoderError, Reading, Vectors, unit_length

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH_SIZE = 32
# By which of its prompts a model reads a question or a passage, as sentence-transformers chooses.
PROMPTS = {"query": ("query",), "document": ("document", "passage", "corpus")}


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

    def read_query(self, text: str) -> Reading:
        """Encode a question, and show its tokens' vectors."""
        return self._read([text], "query", self.model.encode_query)[0]

    def read_passages(self, texts: Sequence[str]) -> list[Reading]:
        """Encode pieces of documents, and show their tokens' vectors."""
        return self._read(texts, "document", self.model.encode_document)

    def _read(self, texts: Sequence[str], kind: str, encode: Callable[..., Any]) -> list[Reading]:
        texts = encodable(texts)
        if not texts:
            return []
        names = (*PROMPTS[kind], self.model.default_prompt_name)
        prompt = next((self.model.prompts[name] for name in names if name in self.model.prompts), "") or ""
        read = encode(texts, prompt=prompt, batch_size=BATCH_SIZE, output_value=None, show_progress_bar=False)
        vectors = self._rows(np.stack([row["sentence_embedding"].numpy() for row in read]))
        if "token_embeddings" not in read[0] or not self.model.tokenizer.is_fast:
            return [Reading(vector, np.empty((0, self.dimension), dtype=np.float32), []) for vector in vectors]
        tokens = self.model.tokenizer(
            [prompt + text for text in texts],
            truncation=True,
            max_length=self.max_tokens,
            return_offsets_mapping=True,
        )
        return [
            reading(vector, row["token_embeddings"].numpy(), offsets, len(prompt))
            for vector, row, offsets in zip(vectors, read, tokens["offset_mapping"], strict=True)
        ]

    def _rows(self, vectors: Any) -> Vectors:
        return unit_length(np.asarray(vectors, dtype=np.float32).reshape(-1, self.dimension))


def reading(vector: Vectors, states: Vectors, offsets: Sequence[tuple[int, int]], prompt_length: int) -> Reading:
    """Keep of the tokens' vectors those of the text itself: neither special tokens nor the prompt, nor padding."""
    kept = [row for row, (start, end) in enumerate(offsets) if end > start >= prompt_length]
    spans = [(offsets[row][0] - prompt_length, offsets[row][1] - prompt_length) for row in kept]
    return Reading(vector, unit_length(states[kept]), spans)


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
