"""Any sentence-transformers ``CrossEncoder``, which reads two texts together; as a reranker, question and chunk."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder
from torch.nn import Module, Sigmoid
from transformers.utils.logging import disable_progress_bar

from embeddings.sentence_transformer import encodable, fingerprint_folder
from rag.datatypes import Hit
from rag.errors import ModelDamaged
from rag.rerank import HIGHEST_SCORE
from rag.split import passage_text

BATCH_SIZE = 16  # pairs; on a CPU more at once costs memory and gains nothing


class CrossEncoderFolder:
    """A cross-encoder on the CPU, for whatever it was trained.

    Args:
        folder: the model's folder, as sentence-transformers or transformers saves one.
        role: what it is used as, for messages.

    Raises:
        ModelDamaged: the folder holds no cross-encoder.
    """

    def __init__(self, folder: Path, role: str) -> None:
        self.folder = folder
        self.role = role
        self._check_head()
        disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self.model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
            raise self.damaged(str(error).strip().partition("\n")[0]) from error

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the folder's weights, tokenizer and settings, whatever the folder is called."""
        return fingerprint_folder(self.folder)

    def score(self, pairs: Sequence[tuple[str, str]], activation: Module) -> Any:
        """Return what the model gives for each pair of texts, all of it finite: one number, or one for each label."""
        plain = [tuple(encodable(list(pair))) for pair in pairs]
        scores = self.model.predict(plain, batch_size=BATCH_SIZE, show_progress_bar=False, activation_fn=activation)
        if not np.isfinite(scores).all():
            raise self.damaged("its scores are no numbers")
        return scores

    def damaged(self, reason: str) -> ModelDamaged:
        """Return an error that says why the model cannot be used."""
        return ModelDamaged(f"The {self.role} in {self.folder} cannot be used: {reason}.")

    def _check_head(self) -> None:
        """Refuse a model without a head for scores: transformers would make one up at random."""
        config = self._read("config.json")
        architectures = config.get("architectures") or ["nothing that is named"]
        said_to_be = self._read("config_sentence_transformers.json").get("model_type")
        if said_to_be != "CrossEncoder" and not str(architectures[0]).endswith("ForSequenceClassification"):
            raise self.damaged(f"it is no cross-encoder ({architectures[0]})")

    def _read(self, file: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.folder / file).read_text(encoding="utf-8")))
        except FileNotFoundError:
            if file == "config.json":
                raise self.damaged("there is no config.json in it") from None
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise self.damaged(f"its {file} cannot be read: {error}") from error


class CrossEncoderReranker:
    """A cross-encoder that gives one score for a question and a chunk.

    A pair that is longer than the model reads loses the end of its longer part, which is the chunk's.

    Args:
        folder: the model's folder, as sentence-transformers or transformers saves one.
        name: the name under which it was asked for.

    Raises:
        ModelDamaged: the folder does not hold a model that gives one score for a pair of texts.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._encoder = CrossEncoderFolder(folder, "reranker")
        labels = self._encoder.model.num_labels
        if labels != 1:
            raise self._encoder.damaged(f"it gives {labels} scores for a pair, not one")

    @property
    def fingerprint(self) -> str:
        """A digest of the folder's weights, tokenizer and settings, whatever the folder is called."""
        return self._encoder.fingerprint

    def score(self, question: str, hits: Sequence[Hit]) -> list[float]:
        """Score each Hit's chunk below its title, as a probability times ``HIGHEST_SCORE``."""
        pairs = [(question, passage_text(hit.document.title, hit.chunk.text)) for hit in hits]
        # Some models' own scores are logits, some probabilities; asked like this, all give the latter.
        return [HIGHEST_SCORE * float(score) for score in self._encoder.score(pairs, Sigmoid())]
