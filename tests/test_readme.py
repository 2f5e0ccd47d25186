"""What the README tells people to type works as it is written there, on the real models."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rag.settings import DEFAULT_LLM
from tests.serving import serving

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
# What stands in the README word for word: headings of footnotes and refusals, not figures that differ from run to run.
WORD_FOR_WORD = re.compile(r"^(\[\d\] .*|The articles do not say\.)$", re.MULTILINE)

# Where the README has a server; the test's own is on a free port.
ADDRESS = "http://127.0.0.1:8000"

pytestmark = [pytest.mark.models, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a fresh checkout; the README's blocks are run in it one after another."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    shutil.copytree(ROOT / "tests" / "cases", folder / "tests" / "cases")
    return folder


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "text", [pytest.param(t, id=f"block {n}") for n, (kind, t) in enumerate(BLOCKS) if kind == "console"]
)
def test_commands(folder: Path, text: str) -> None:
    for typed, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        done = run(["bash", "-c", typed], folder)
        stated = re.search(r"# exit status (\d)", typed)
        assert done.returncode == (int(stated[1]) if stated else 0), f"{typed}\n{done.stdout}\n{done.stderr}"
        for line in WORD_FOR_WORD.findall(shown):
            assert line in done.stdout.splitlines()


@pytest.mark.parametrize(
    "text", [pytest.param(t, id=f"block {n}") for n, (kind, t) in enumerate(BLOCKS) if kind == "python"]
)
def test_programs(folder: Path, text: str) -> None:
    if "def test_" in text:
        (folder / "test_news.py").write_text(text, encoding="utf-8")
        done = run([sys.executable, "-m", "pytest", "-q", "test_news.py", "--rag-live"], folder)
    elif ADDRESS in text:
        with serving(folder / ".rag", "--llm", DEFAULT_LLM, command=("rag.cli", "serve")) as server:
            done = run([sys.executable, "-c", text.replace(ADDRESS, server.url)], folder)
    else:
        done = run([sys.executable, "-c", text], folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_make_offers_what_the_readme_says() -> None:
    targets = {
        line.split()[1] for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line[:5] == "make "
    }
    assert targets == {"demo", "test"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
