"""The built wheel alone, in an empty environment away from the checkout, is a working ``rag``."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_two_packages_whole_and_every_prompt(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"rag", "embeddings"}
    for package in ("rag", "embeddings"):
        files = [path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert {path.relative_to(ROOT).as_posix() for path in files} <= set(names)
    prompts = {path.name for path in (ROOT / "prompts").iterdir()}
    assert {Path(name).name for name in names if name.startswith("rag/prompts/")} == prompts


@pytest.mark.models
@pytest.mark.timeout(1200)
def test_the_wheel_alone_answers_with_a_footnote(wheel: Path, tmp_path: Path) -> None:
    environment, folder = tmp_path / "environment", tmp_path / "elsewhere"
    folder.mkdir()
    run(sys.executable, "-m", "venv", environment, cwd=folder)
    python, rag = environment / "bin" / "python", environment / "bin" / "rag"
    install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt"]
    run(*install, "torch", cwd=folder)
    run(*install, wheel, cwd=folder)
    (folder / "news.md").write_text("# Ferry\n\nThe ferry to Marrow Island leaves at 9 a.m. on weekdays.\n")
    run(rag, "index", "news.md", cwd=folder)
    assert "leaves at 9 a.m." in run(rag, "ask", "When does the ferry to Marrow Island leave?", cwd=folder)
