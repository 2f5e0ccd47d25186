"""Any sentence-transformers ``CrossEncoder`` as a reranker: question and chunk are read together, one score a pair."""

import json
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from sentence_transformers import CrossEncoder
from torch.nn import Sigmoid
from transformers.utils.logging import disable_progress_bar

from embeddings.sentence_transformer import encodable, fingerprint_folder
from rag.datatypes import Hit
from rag.errors import ModelDamaged
from rag.rerank import HIGHEST_SCORE
from rag.split import passage_text

BATCH_SIZE = 16  # pairs; on a CPU more at once costs memory and gains nothing


class CrossEncoderReranker:
    """A cross-encoder on the CPU.

    A pair that is longer than the model reads loses the end of its longer part, which is the chunk's.

    Args:
        folder: the model's folder, as sentence-transformers or transformers saves one.
        name: the name under which it was asked for.

    Raises:
        ModelDamaged: the folder does not hold a model that gives one score for a pair of texts.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self._check_head()
        disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
            raise self._damaged(str(error).strip().partition("\n")[0]) from error
        if self._model.num_labels != 1:
            raise self._damaged(f"it gives {self._model.num_labels} scores for a pair, not one")

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the folder's weights, tokenizer and settings, whatever the folder is called."""
        return fingerprint_folder(self.folder)

    def score(self, question: str, hits: Sequence[Hit]) -> list[float]:
        """Score each Hit's chunk below its title, as a probability times ``HIGHEST_SCORE``."""
        pairs = [tuple(encodable([question, passage_text(hit.document.title, hit.chunk.text)])) for hit in hits]
        # Some models' own scores are logits, some probabilities; asked like this, all give the latter.
        scores = self._model.predict(pairs, batch_size=BATCH_SIZE, show_progress_bar=False, activation_fn=Sigmoid())
        if not all(map(math.isfinite, scores)):
            raise self._damaged("its scores are no numbers")
        return [HIGHEST_SCORE * float(score) for score in scores]

    def _check_head(self) -> None:
        """Refuse a model without a head for scores: transformers would make one up at random."""
        config = self._read("config.json")
        architectures = config.get("architectures") or ["nothing that is named"]
        said_to_be = self._read("config_sentence_transformers.json").get("model_type")
        if said_to_be != "CrossEncoder" and not str(architectures[0]).endswith("ForSequenceClassification"):
            raise self._damaged(f"it is no cross-encoder ({architectures[0]})")

    def _read(self, file: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.folder / file).read_text(encoding="utf-8")))
        except FileNotFoundError:
            if file == "config.json":
                raise self._damaged("there is no config.json in it") from None
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise self._damaged(f"its {file} cannot be read: {error}") from error

    def _damaged(self, reason: str) -> ModelDamaged:
        return ModelDamaged(f"The reranker in {self.folder} cannot be used: {reason}.")
