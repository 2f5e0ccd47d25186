"""Rerankers: each orders the same candidates in its own way, and what cannot be one is refused in one line.

No cross-encoder's published weights are used here: the tests build a small BERT, with weights set by hand so that its
score grows with the share of the word "yeast" in what it reads.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    PreTrainedTokenizerFast,
)

from rag.assistant import Assistant
from rag.datatypes import Hit
from rag.errors import ModelDamaged, ModelUnavailable, RagError, UnknownModel
from rag.library import Library
from rag.rerank import HIGHEST_SCORE, Reranker, load_reranker
from rag.retrieve import Mode, Retriever
from rag.split import passage_text
from tests.conftest import Command

QUESTION = "Which missiles did North Korea condemn?"
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] yeast dough missiles the".split()
READ = 32  # tokens of a pair
SIZE = 4


def save_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(models.WordPiece({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)  # type: ignore[no-untyped-call]
    wrapped.save_pretrained(folder)


def config(labels: int = 1) -> BertConfig:
    return BertConfig(
        vocab_size=len(WORDS),
        max_position_embeddings=READ,
        hidden_size=SIZE,
        intermediate_size=SIZE,
        num_attention_heads=1,
        num_hidden_layers=1,
        id2label={label: str(label) for label in range(labels)},
    )


def fond_of_yeast() -> BertForSequenceClassification:
    """All attend to all alike, so that the first token's first number is the share of "yeast" in the pair."""
    model = BertForSequenceClassification(config())
    weights = {
        name: torch.ones_like(weight) if name.endswith("LayerNorm.weight") else torch.zeros_like(weight)
        for name, weight in model.state_dict().items()
    }
    layer = "bert.encoder.layer.0.attention"
    for name in (f"{layer}.self.value", f"{layer}.output.dense", "bert.pooler.dense"):
        weights[f"{name}.weight"] = torch.eye(SIZE)
    words = weights["bert.embeddings.word_embeddings.weight"]
    words[WORDS.index("yeast")] = torch.tensor([1.0, -1, 0, 0])
    words[WORDS.index("[CLS]")] = torch.tensor([0.0, 0, 1, -1])
    weights["classifier.weight"][0, 0] = 10
    model.load_state_dict(weights)
    return model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a cross-encoder."""
    place = tmp_path / "models" / "fond-of-yeast"
    fond_of_yeast().save_pretrained(place)
    save_tokenizer(place)
    return place


def found_with(library: Library, reranker: Reranker) -> list[Hit]:
    return Retriever(library, 40, reranker=reranker).search(QUESTION, 3)


def test_each_reranker_has_an_order_of_its_own(library: Library, folder: Path) -> None:
    built_in = found_with(library, load_reranker("built-in"))
    assert [hit.score for hit in built_in] == [hit.score for hit in Retriever(library, 40).search(QUESTION, 3)]
    assert built_in[0].document.source == "missiles.md"

    as_fused = found_with(library, load_reranker("none"))
    assert [hit.ranks["fused"] for hit in as_fused] == [hit.ranks["reranked"] for hit in as_fused] == [1, 2, 3]

    crossed = found_with(library, load_reranker(str(folder)))
    assert crossed[0].document.source == "bread.md"
    assert crossed[0].ranks["reranked"] == 1
    assert HIGHEST_SCORE >= crossed[0].score > crossed[1].score == crossed[2].score == HIGHEST_SCORE / 2


@pytest.mark.parametrize("name", ["none", "cross-encoder"])
def test_sentences_are_judged_whatever_the_reranker(library: Library, folder: Path, name: str) -> None:
    relevance = {hit.chunk.id: hit.relevance for hit in found_with(library, load_reranker("built-in"))}
    reranker = load_reranker(str(folder) if name == "cross-encoder" else name)
    assert {hit.chunk.id: hit.relevance for hit in found_with(library, reranker)} == relevance


def test_a_mode_of_one_search_keeps_its_order_unless_a_reranker_is_given(library: Library, folder: Path) -> None:
    plain = Retriever(library, 40, Mode.DENSE).search(QUESTION, 3)
    assert [hit.ranks["fused"] for hit in plain] == [1, 2, 3]
    given = Retriever(library, 40, Mode.DENSE, load_reranker(str(folder))).search(QUESTION, 3)
    assert given[0].document.source == "bread.md"


def test_the_scores_are_those_of_the_model(library: Library, folder: Path) -> None:
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    for hit in found_with(library, load_reranker(str(folder))):
        passage = passage_text(hit.document.title, hit.chunk.text)
        tokens = tokenizer(QUESTION, passage, truncation="longest_first", max_length=READ, return_tensors="pt")
        assert hit.score == pytest.approx(HIGHEST_SCORE * torch.sigmoid(model(**tokens).logits).item(), abs=1e-6)


def test_the_end_of_what_is_too_long_is_not_read(library: Library, folder: Path) -> None:
    reranker = load_reranker(str(folder))
    hit = found_with(library, reranker)[0]

    def score(question: str, text: str) -> float:
        return reranker.score(question, [replace(hit, chunk=replace(hit.chunk, text=text))])[0]

    long = "yeast " + "the " * 500
    assert score("the", long) == score("the", long + "yeast") > HIGHEST_SCORE / 2
    assert score("the " * 10_000, "yeast") > HIGHEST_SCORE / 2
    assert score("", "") == score("\udcff", "…") == HIGHEST_SCORE / 2


def test_many_hits_are_scored_as_each_alone(library: Library, folder: Path) -> None:
    reranker = load_reranker(str(folder))
    hit = found_with(library, reranker)[0]
    texts = ["yeast " * (number % 7) + "the " * (number % 5) for number in range(50)]
    hits = [replace(hit, chunk=replace(hit.chunk, text=text)) for text in texts]
    alone = [reranker.score(QUESTION, [hit])[0] for hit in hits]
    assert reranker.score(QUESTION, hits) == pytest.approx(alone)
    assert reranker.score(QUESTION, []) == []


def test_its_name_and_fingerprint(folder: Path, tmp_path: Path) -> None:
    reranker, moved = load_reranker(str(folder)), folder.rename(tmp_path / "moved")
    assert reranker.name == str(folder)
    first = load_reranker(str(moved)).fingerprint
    state = json.loads((moved / "config.json").read_text())
    (moved / "config.json").write_text(json.dumps(state | {"layer_norm_eps": 1e-6}))
    assert load_reranker(str(moved)).fingerprint != first
    assert load_reranker("none").fingerprint == "none"


def without_a_head(folder: Path) -> None:
    BertModel(config()).save_pretrained(folder)


def with_three_labels(folder: Path) -> None:
    BertForSequenceClassification(config(labels=3)).save_pretrained(folder)


def cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def gone_mad(folder: Path) -> None:
    model = fond_of_yeast()
    model.classifier.bias.data.fill_(float("nan"))
    model.save_pretrained(folder)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no head": (without_a_head, r"it is no cross-encoder \(BertModel\)"),
    "three labels": (with_three_labels, "it gives 3 scores for a pair, not one"),
    "weights cut short": (cut_short, "cannot be used"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "cannot be used"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "there is no config.json in it"),
    "no JSON": (lambda folder: (folder / "config.json").write_text("{"), "its config.json cannot be read"),
    "a list": (lambda folder: (folder / "config.json").write_text("[1]"), "its config.json cannot be read"),
    "another network": (
        lambda folder: (folder / "config.json").write_text(
            '{"model_type": "unheard-of", "architectures": ["XForSequenceClassification"]}'
        ),
        "cannot be used",
    ),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_folder_that_is_no_cross_encoder_is_refused(
    folder: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(folder)
    with pytest.raises(ModelDamaged, match=message) as refused:
        load_reranker(str(folder))
    assert "\n" not in str(refused.value)


def test_scores_that_are_no_numbers_are_refused(library: Library, folder: Path) -> None:
    gone_mad(folder)
    with pytest.raises(ModelDamaged, match="its scores are no numbers"):
        found_with(library, load_reranker(str(folder)))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("built-inn", UnknownModel),
        ("nobody/nothing", ModelUnavailable),
        ("hf:nobody/nothing", ModelUnavailable),
        ("all-MiniLM-L6-v2", UnknownModel),
        ("a file.txt", UnknownModel),
        ("not/a/name", UnknownModel),
        ("", UnknownModel),
    ],
)
def test_a_name_that_leads_nowhere_is_said_so(tmp_path: Path, name: str, error: type[RagError]) -> None:
    Path("a file.txt").write_text("")
    with pytest.raises(error) as refused:
        load_reranker(name, models=tmp_path, offline=True)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_commands_take_a_reranker(library: Library, folder: Path, command: Command) -> None:
    plain = json.loads(command("search", QUESTION, "--json", "--offline", "--reranker", folder).stdout)
    assert plain["hits"][0]["source"] == "bread.md"
    explained = json.loads(command("why", QUESTION, "--json", "--offline", "--reranker", folder).stdout)
    assert explained["candidates"][0]["source"] == "bread.md"
    assert command("why-not", "missiles.md", QUESTION, "--offline", "--reranker", folder).status == 0
    refused = command("search", QUESTION, "--offline", "--reranker", "unheard-of")
    assert (refused.status, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)


def test_the_setting_names_the_reranker(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_RERANKER", str(folder))
    assert Assistant(".rag").search(QUESTION)[0].document.source == "bread.md"
