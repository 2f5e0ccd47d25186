"""A cross-encoder for entailment joins the verification; the tests build small ones, not having a published one."""

import json
from pathlib import Path

import pytest
import torch

from rag.assistant import Assistant
from rag.attribute import attribute_sentence
from rag.cross_encoder import CrossEncoderFolder
from rag.datatypes import Document, Sentence, Status
from rag.entailment import EntailmentVerifier
from rag.errors import ModelDamaged, UnknownModel
from rag.prompt import Evidence
from rag.settings import Settings
from rag.testing import ScriptedGenerator, tiny_library
from rag.verifiers import load_verifier
from tests.conftest import Command
from tests.test_rerank import fond_of_yeast, save_tokenizer

RISE = "Yeast makes the dough rise."
DRY = "The museum keeps shells."
ARTICLE = f"{RISE} {DRY}"
OFFLINE = Settings.read(offline=True)
NLI = ("contradiction", "entailment", "neutral")


def make_verifier(folder: Path, labels: tuple[str, ...]) -> Path:
    """Save a model that finds entailment where it reads the word yeast, and what is no entailment where it does not."""
    model = fond_of_yeast()
    head = model.classifier.weight.data
    likely = 200 * head[:1] / 10
    if len(labels) > 1:
        number = labels.index("entailment") if "entailment" in labels else 0
        rows = torch.zeros(len(labels), head.shape[1])
        rows[number] = likely
        model.classifier = torch.nn.Linear(head.shape[1], len(labels))
        model.classifier.weight.data = rows
        model.classifier.bias.data = torch.tensor([-1.0 if each == number else 0.0 for each in range(len(labels))])
        model.num_labels = model.config.num_labels = len(labels)
    else:
        model.classifier.weight.data = likely
        model.classifier.bias.data.fill_(-1)
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: number for number, label in enumerate(labels)}
    model.save_pretrained(folder)
    save_tokenizer(folder)
    return folder


@pytest.mark.parametrize("labels", [NLI, ("ENTAILMENT", "not_entailment"), ("LABEL_0",)], ids=["three", "two", "one"])
def test_the_label_of_entailment_is_found_by_its_name(tmp_path: Path, labels: tuple[str, ...]) -> None:
    verifier = EntailmentVerifier(CrossEncoderFolder(make_verifier(tmp_path / "model", labels), "verifier"))
    assert verifier.likely_entailed(RISE, "The dough rises.") > 0.5 > verifier.likely_entailed(DRY, "It keeps shells.")


def test_what_is_likely_is_the_models_own_probability(tmp_path: Path) -> None:
    encoder = CrossEncoderFolder(make_verifier(tmp_path / "model", NLI), "verifier")
    likely = EntailmentVerifier(encoder).likely_entailed(RISE, "The dough rises.")
    three = encoder.model.predict([(RISE, "The dough rises.")], apply_softmax=True, show_progress_bar=False)[0]
    assert likely == pytest.approx(float(three[1]), abs=1e-5)


def test_a_model_without_a_label_for_entailment_is_refused(tmp_path: Path) -> None:
    folder = make_verifier(tmp_path / "model", ("toxic", "not_entailment"))
    with pytest.raises(ModelDamaged, match=r"The verifier in .* none of its labels is entailment \(toxic, not_ent"):
        load_verifier(str(folder), OFFLINE)
    with pytest.raises(UnknownModel, match="unheard-of"):
        load_verifier("unheard-of", Settings.read(models=tmp_path, offline=True))


def test_the_sources_below_their_title_are_the_premise(tmp_path: Path) -> None:
    verifier = load_verifier(str(make_verifier(tmp_path / "model", NLI)), OFFLINE)
    document = Document(id="d", text=DRY, title="Yeast", source="d.md")
    evidence = [Evidence(document, 0, Sentence(DRY, 0, len(DRY)), 1.0)]
    attribution = attribute_sentence("The museum keeps shells safely.", evidence)
    assert verifier.check_entailment(attribution) is True
    assert verifier.check_entailment(attribute_sentence("Elephants paint.", evidence)) is None


def test_it_joins_the_checks_of_an_answer(tmp_path: Path) -> None:
    model = make_verifier(tmp_path / "model", NLI)
    library = tiny_library(tmp_path / "articles", {"museum.md": f"# Museum\n\n{ARTICLE}"}, verifier=str(model))
    generator = ScriptedGenerator(lambda _: "Shells are what the museum keeps.")
    answer = Assistant(library, generator=generator).ask("What does the museum keep?")
    assert answer.sentences[0].checks["entailment"] is False
    assert answer.sentences[0].status is Status.PARTIAL
    settings = library.settings.model_copy(update={"verifier": None})
    plain = Assistant(library, settings=settings, generator=generator).ask("What does the museum keep?")
    assert "entailment" not in plain.sentences[0].checks


def test_what_it_brings_is_measured(tmp_path: Path, command: Command) -> None:
    model = make_verifier(tmp_path / "model", NLI)
    pair = {"id": "1", "claim": "The museum keeps the shells.", "source": [DRY], "label": "not_supported"}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(pair | {"edit_types": []}) + "\n")
    ran = command("eval", "verify", tmp_path / "pairs.jsonl", "--verifier", model, "--out", tmp_path / "run")
    assert ran.status == 0, ran.stderr
    assert '"entailment": false' in "".join(path.read_text() for path in (tmp_path / "run").glob("*.jsonl"))
    assert "verifier" in (tmp_path / "run" / "run.json").read_text()
    refused = command("eval", "verify", tmp_path / "pairs.jsonl", "--verifier", "unheard-of", "--offline")
    assert (refused.status, refused.stderr.count("\n")) == (2, 1)
