"""The most usual kind of sentence-transformers model, a BERT with its tokens' vectors pooled, asked without torch."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict
from safetensors import SafetensorError
from tokenizers import Tokenizer

from embeddings.bert import Bert, BertConfig, holds_network
from embeddings.encoder import Reading, Vectors, unit_length
from embeddings.sentence_transformer import SentenceTransformerEncoder, encodable, reading

WEIGHTS_FILE = "model.safetensors"
# Vectors are scaled to length 1 in any case.
PIPELINES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
SPECIAL_TOKENS = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}


class UnlikeBert(Exception):  # noqa: N818 - reads as what was found
    """The folder's model may do more than ``BertEncoder`` does; sentence-transformers can tell."""


class _TransformerSettings(BaseModel):
    """``sentence_bert_config.json``, in which nothing may stand that is not known here."""

    model_config = ConfigDict(extra="forbid")
    max_seq_length: int | None = None
    do_lower_case: Literal[False] = False
    transformer_task: Literal["feature-extraction"] = "feature-extraction"
    modality_config: dict[Literal["text"], dict[str, Literal["forward", "last_hidden_state"]]] = {}
    module_output_name: Literal["token_embeddings"] = "token_embeddings"


class _TokenizerSettings(BaseModel):
    """``tokenizer_config.json``."""

    tokenizer_class: Literal["BertTokenizer", "BertTokenizerFast"]
    do_lower_case: bool = True
    strip_accents: bool | None = None
    tokenize_chinese_chars: bool = True
    truncation_side: Literal["right"] = "right"
    unk_token: Literal["[UNK]"]
    cls_token: Literal["[CLS]"]
    sep_token: Literal["[SEP]"]
    added_tokens_decoder: dict[int, dict[str, Any]] = {}
    model_max_length: int = 512


class _Prompts(BaseModel):
    """``config_sentence_transformers.json``."""

    prompts: dict[str, str | None] = {}


class BertEncoder(SentenceTransformerEncoder):
    """A sentence-transformers model whose questions are encoded in NumPy; its passages are left to torch.

    It takes BERTs in float32 with a WordPiece tokenizer, whose vectors are the mean of the tokens' or the first one's.

    Args:
        folder: the model's folder, as sentence-transformers saves one.
        name: the name under which it was asked for.

    Raises:
        UnlikeBert: the model is of another kind, or cannot be read.
        EncoderError: the folder does not hold a model.
    """

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder, name)
        try:
            self._config = BertConfig.model_validate_json((folder / "config.json").read_bytes())
            self._tokenizer, tokens = _read_tokenizer(folder)
            settings = (folder / "sentence_bert_config.json").read_bytes()
            asked_tokens = _TransformerSettings.model_validate_json(settings).max_seq_length
            prompts = (folder / "config_sentence_transformers.json").read_bytes()
            self._prompt = _Prompts.model_validate_json(prompts).prompts.get("query") or ""
            self._first_token_only = _read_pooling(folder) == "cls"
            known = holds_network(folder / WEIGHTS_FILE, self._config)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, SafetensorError) as error:
            raise UnlikeBert(str(folder)) from error
        if not known or (folder / "adapter_config.json").exists():
            raise UnlikeBert(str(folder))
        self._max_tokens = min(asked_tokens or tokens, self._config.max_position_embeddings)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self._max_tokens)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._config.hidden_size

    @property
    def max_tokens(self) -> int:
        """How many tokens of one text are read."""
        return self._max_tokens

    @cached_property
    def _bert(self) -> Bert:
        return Bert(self.folder / WEIGHTS_FILE, self._config)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions, with the prompt that the model wants before them."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row[:] = self.read_query(text).vector
        return vectors

    def read_query(self, text: str) -> Reading:
        """Encode a question, with the prompt that the model wants before it, and show its tokens' vectors."""
        tokens = self._tokenizer.encode(self._prompt + encodable([text])[0])
        states = self._bert.last_hidden_state(tokens.ids)
        pooled = states[0] if self._first_token_only else states.mean(axis=0)
        return reading(unit_length(pooled[None])[0], states, tokens.offsets, len(self._prompt))


def _read_tokenizer(folder: Path) -> tuple[Tokenizer, int]:
    """Return the tokenizer, and how many tokens it allows.

    transformers makes a BERT's tokenizer from ``tokenizer_config.json`` and takes only the words from
    ``tokenizer.json``, so the two must say the same.
    """
    settings = _TokenizerSettings.model_validate_json((folder / "tokenizer_config.json").read_bytes())
    text = (folder / "tokenizer.json").read_text(encoding="utf-8")
    stored = json.loads(text)
    normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": settings.tokenize_chinese_chars,
        "strip_accents": settings.strip_accents,
        "lowercase": settings.do_lower_case,
    }
    model = {
        "type": "WordPiece",
        "unk_token": settings.unk_token,
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
    }
    added = {token["content"] for token in [*stored["added_tokens"], *settings.added_tokens_decoder.values()]}
    tokenizer = Tokenizer.from_str(text)
    if (
        stored["normalizer"] != normalizer
        or stored["pre_tokenizer"] != {"type": "BertPreTokenizer"}
        or {key: value for key, value in stored["model"].items() if key != "vocab"} != model
        or not added <= SPECIAL_TOKENS
        or tokenizer.encode("").tokens[:2] != [settings.cls_token, settings.sep_token]
    ):
        raise UnlikeBert(str(folder))
    return tokenizer, settings.model_max_length


def _read_pooling(folder: Path) -> Literal["mean", "cls"]:
    """Return how the tokens' vectors become one."""
    modules = json.loads((folder / "modules.json").read_bytes())
    types = [module["type"].split(".") for module in modules]
    settings = json.loads((folder / modules[1]["path"] / "config.json").read_bytes())
    modes = settings.get("pooling_mode") or [name for name, on in settings.items() if on and "pooling_mode_" in name]
    if (
        {path[0] for path in types} == {"sentence_transformers"}
        and [path[-1] for path in types] in PIPELINES
        and modules[0]["path"] == ""
        and settings.get("include_prompt", True)
    ):
        if modes in ("mean", ["pooling_mode_mean_tokens"]):
            return "mean"
        if modes in ("cls", ["pooling_mode_cls_token"]):
            return "cls"
    raise UnlikeBert(str(folder))
