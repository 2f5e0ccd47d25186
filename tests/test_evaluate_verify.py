import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.evaluate.cases import Pair
from rag.evaluate.verify import measure_claim
from tests.conftest import Command

SLEEP = "Bats sleep in caves for twenty hours a day."
HUNT = "At night bats hunt moths near the river."
SOURCE = [SLEEP, HUNT]
PAIRS = (
    {"id": "1", "claim": SLEEP, "source": SOURCE, "label": "supported"},
    {"id": "2", "claim": HUNT, "source": SOURCE, "label": "supported"},
    {
        "id": "3",
        "claim": "Bats sleep in caves for 30 hours a day.",
        "source": SOURCE,
        "label": "not_supported",
        "edit_types": ["number"],
    },
    {
        "id": "4",
        "claim": "Whales sing below the polar ice.",
        "source": SOURCE,
        "label": "not_supported",
        "edit_types": ["entity"],
    },
)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS))
    return path


def test_the_verifier_is_measured_by_kind_of_edit(command: Command, pairs: Path) -> None:
    ran = command("eval", "verify", pairs, "--out", "run", "--json")
    assert ran.status == 0, ran.stderr
    metrics = json.loads(ran.stdout)
    names = ("balanced_accuracy", "precision", "recall", "f1", "roc_auc", "accuracy")
    assert {name: metrics[name]["mean"] for name in names} == dict.fromkeys(names, 1.0)
    by_kind = json.loads(Path("run", "run.json").read_text())["by_kind"]
    assert {kind: figures["accuracy"]["n"] for kind, figures in by_kind.items()} == {
        "entity": 1,
        "number": 1,
        "supported": 2,
    }
    assert by_kind["number"]["balanced_accuracy"]["mean"] is None  # only one sort of label


def test_a_malformed_pair_is_named(command: Command, pairs: Path) -> None:
    with pairs.open("a") as file:
        file.write('{"id": "5", "claim": "", "source": [], "label": "supported"}\n')
    ran = command("eval", "verify", pairs, "--out", "run")
    assert (ran.status, ran.stderr.count("\n")) == (2, 1)
    assert "pairs.jsonl, line 5" in ran.stderr
    assert "1 malformed ones left out" in command("eval", "verify", pairs, "--out", "run", "--skip-bad").stderr


def test_a_claim_is_judged_by_its_worst_sentence() -> None:
    pair = Pair("1", f"{SLEEP} Whales sing below the polar ice.", (SLEEP, HUNT), "not_supported", ("insertion",))
    record = measure_claim(pair)
    assert [sentence["status"] for sentence in record["sentences"]] == ["quoted", "unsupported"]
    assert record["status"] == "unsupported"
    assert record["kinds"] == ["insertion"]
    alone = measure_claim(replace(pair, claim=SLEEP, label="supported", edit_types=()))
    assert alone["status"] == "quoted"
    assert alone["kinds"] == ["supported"]
    assert alone["score"] > 0.5 > record["score"]
