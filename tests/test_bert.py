"""Questions encoded in NumPy have torch's vectors, and whatever might not have them is left to torch."""

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from threadpoolctl import threadpool_info
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from embeddings import load_encoder
from embeddings.bert import BertConfig
from embeddings.bert_encoder import BertEncoder
from embeddings.sentence_transformer import SentenceTransformerEncoder
from rag.models import locate_encoder

SEEDS = Path(__file__).parent.parent / "seeds"
STRANGE = [
    "",
    " \n\t",
    "?",
    "🚀 !!! 12.5 %",
    "平壌は合意を非難した。",
    "Größer, naïve, Ångström, İstanbul",
    "[MASK] [SEP] [nothing]",
    "\udcff\0",
    "w" * 150,
    "What did North Korea object to? " * 60,
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CONFIG = {
    "architectures": ["BertModel"],
    "hidden_act": "gelu",
    "hidden_size": 24,
    "intermediate_size": 40,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 32,
    "model_type": "bert",
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "pad_token_id": 0,
    "type_vocab_size": 2,
    "vocab_size": 5 + 2 * len(LETTERS),
}
FILES: Mapping[str, Any] = {
    "config.json": CONFIG,
    "modules.json": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ],
    "1_Pooling/config.json": {"word_embedding_dimension": 24, "pooling_mode_mean_tokens": True},
    "sentence_bert_config.json": {"max_seq_length": 20, "do_lower_case": False},
    "config_sentence_transformers.json": {"prompts": {}},
    "tokenizer_config.json": {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "model_max_length": 28,
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "mask_token": "[MASK]",
    },
}
ALIKE: Mapping[str, Mapping[str, Any]] = {
    "the mean of the tokens": {},
    "the first token": {"1_Pooling/config.json": {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}},
    "a prompt before questions": {"config_sentence_transformers.json": {"prompts": {"query": "find: "}}},
    "a limit of the tokenizer": {"sentence_bert_config.json": {"max_seq_length": None}},
}
UNLIKE: Mapping[str, Mapping[str, Any]] = {
    "another network": {"config.json": {"model_type": "roberta"}},
    "another activation": {"config.json": {"hidden_act": "relu"}},
    "relative positions": {"config.json": {"position_embedding_type": "relative_key"}},
    "half precision": {"config.json": {"torch_dtype": "float16"}},
    "weights of another size": {"config.json": {"intermediate_size": 41}},
    "more layers than weights": {"config.json": {"num_hidden_layers": 3}},
    "text in lower case first": {"sentence_bert_config.json": {"do_lower_case": True}},
    "a setting not known": {"sentence_bert_config.json": {"query_length": 12}},
    "the largest of the tokens": {
        "1_Pooling/config.json": {"pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}
    },
    "two kinds of pooling": {"1_Pooling/config.json": {"pooling_mode_cls_token": True}},
    "pooling without the prompt": {"1_Pooling/config.json": {"include_prompt": False}},
    "another tokenizer": {"tokenizer_config.json": {"tokenizer_class": "RobertaTokenizer"}},
    "a tokenizer that contradicts itself": {"tokenizer_config.json": {"do_lower_case": False}},
    "an added token": {"tokenizer_config.json": {"added_tokens_decoder": {"57": {"content": "[NEW]"}}}},
    "an adapter": {"adapter_config.json": {"peft_type": "LORA"}},
}


def write_model(folder: Path, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Path:
    """Write a small BERT of random weights, its settings changed, as sentence-transformers reads one."""
    changes = changes or {}
    for name in FILES.keys() | changes.keys():
        content = FILES.get(name, {})
        if isinstance(content, dict):
            content = {key: value for key, value in {**content, **changes.get(name, {})}.items() if value is not None}
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    tokenizer = Tokenizer(models.WordPiece({word: key for key, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.add_special_tokens(words[:5])
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(folder / "tokenizer.json"))
    random = np.random.default_rng(7)
    shapes = BertConfig.model_validate(CONFIG).shapes()
    weights = {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("changes", UNLIKE.values(), ids=UNLIKE)
def test_a_model_of_another_kind_is_left_to_torch(changes: Mapping[str, Any], tmp_path: Path) -> None:
    assert type(load_encoder("tiny", write_model(tmp_path / "plain"))) is BertEncoder
    assert type(load_encoder("tiny", write_model(tmp_path / "other", changes))) is SentenceTransformerEncoder


def test_weights_in_half_precision_or_cut_short_or_missing_are_left_to_torch(tmp_path: Path) -> None:
    file = write_model(tmp_path) / "model.safetensors"
    whole = file.read_bytes()
    save_file({name: tensor.astype(np.float16) for name, tensor in load_file(file).items()}, file)
    assert type(load_encoder("tiny", tmp_path)) is SentenceTransformerEncoder
    for length in (0, 5, 1000, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert type(load_encoder("tiny", tmp_path)) is SentenceTransformerEncoder
    file.unlink()
    assert type(load_encoder("tiny", tmp_path)) is SentenceTransformerEncoder


@pytest.mark.parametrize("name", [*FILES, "tokenizer.json"])
def test_a_file_that_is_missing_or_malformed_is_left_to_torch(name: str, tmp_path: Path) -> None:
    file = write_model(tmp_path) / name
    for content in ("", "[]", "{}", "null", '[{"type": 1}]'):
        file.write_text(content)
        kind = type(load_encoder("tiny", tmp_path))
        # Without a setting, sentence-transformers' default holds.
        harmless = content == "{}" and name in {"sentence_bert_config.json", "config_sentence_transformers.json"}
        assert kind is (BertEncoder if harmless else SentenceTransformerEncoder)


def test_a_question_is_encoded_without_importing_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from embeddings import load_encoder\n"
        "encoder = load_encoder('tiny', Path(sys.argv[1]))\n"
        "vectors = encoder.encode_queries(['abc'])\n"
        "print(vectors.shape, encoder.dimension, encoder.max_tokens, len(encoder.fingerprint))\n"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers', 'scipy') if name in sys.modules])\n"
    )
    folder = write_model(tmp_path)
    command = [sys.executable, "-c", program, str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=SEEDS.parent)
    assert run.stdout.splitlines() == ["(1, 24) 24 20 64", "[]"]


def test_questions_may_be_encoded_at_once_and_leave_the_threads_of_blas_as_they_were(tmp_path: Path) -> None:
    encoder = load_encoder("tiny", write_model(tmp_path))
    texts = [LETTERS[start:] for start in range(20)]
    before = [library["num_threads"] for library in threadpool_info()]
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: encoder.encode_queries([text])[0], texts))
    np.testing.assert_array_equal(rows, encoder.encode_queries(texts))
    assert [library["num_threads"] for library in threadpool_info()] == before


@pytest.mark.models
@pytest.mark.parametrize("changes", ALIKE.values(), ids=ALIKE)
def test_a_small_model_has_the_vectors_of_torch(changes: Mapping[str, Any], tmp_path: Path) -> None:
    ours = load_encoder("tiny", write_model(tmp_path, changes))
    torchs = SentenceTransformerEncoder(tmp_path, "tiny")
    assert type(ours) is BertEncoder
    assert (ours.dimension, ours.max_tokens) == (torchs.dimension, torchs.max_tokens)
    np.testing.assert_allclose(ours.encode_queries(STRANGE), torchs.encode_queries(STRANGE), atol=1e-5)
    # Weights as large as these tell the texts apart, or being equal would prove little.
    assert np.ptp(ours.encode_queries(["fox", "hen"]), axis=0).max() > 0.01


@pytest.mark.models
def test_the_default_encoder_has_the_vectors_of_torch() -> None:
    folder = locate_encoder("all-MiniLM-L6-v2").path
    assert folder is not None
    lines = [line for file in sorted(SEEDS.glob("*.md")) for line in file.read_text(encoding="utf-8").splitlines()]
    texts = STRANGE + [line for line in lines if len(line) > 40][:40]
    assert len(texts) == 50
    ours, torchs = load_encoder("all-MiniLM-L6-v2", folder), SentenceTransformerEncoder(folder, "all-MiniLM-L6-v2")
    assert type(ours) is BertEncoder
    assert ours.fingerprint == torchs.fingerprint
    assert (ours.dimension, ours.max_tokens) == (torchs.dimension, torchs.max_tokens) == (384, 256)
    vectors, expected = ours.encode_queries(texts), torchs.encode_queries(texts)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert (vectors * expected).sum(axis=1).min() >= 0.9999


@pytest.mark.models
def test_a_model_with_a_dense_layer_is_encoded_by_torch(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Dense

    plain = SentenceTransformer(str(write_model(tmp_path / "plain")), device="cpu")
    SentenceTransformer(modules=[*plain, Dense(24, 7)], device="cpu").save(str(tmp_path / "dense"))
    encoder = load_encoder("dense", tmp_path / "dense")
    assert type(encoder) is SentenceTransformerEncoder
    assert encoder.encode_queries(["fox", "hen"]).shape == (2, 7)
