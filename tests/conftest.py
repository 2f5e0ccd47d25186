import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

import rag.llama
from rag.cli import main
from rag.errors import QuestionError
from rag.generate import Message
from rag.library import Library
from rag.llama import LlamaCppGenerator
from rag.models import locate_language_model
from rag.settings import Settings
from rag.testing import ScriptedGenerator, tiny_library
from tests.serving import Server, serving

# How long an example takes says more of what else the machine does than of the code.
hypothesis.settings.register_profile("footnoted", deadline=None)
hypothesis.settings.load_profile("footnoted")

QUESTION = "When did Pete Hegseth visit Tokyo?"
SMALL = "smollm2-135m-instruct"
# Where the tests are run in the background, Ctrl-C is ignored, and by every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

ARTICLES: Mapping[str, str] = {
    "missiles.md": (
        "---\ntitle: Pyongyang objects\ndate: 2025-03-31\nauthor: A. Writer\nsource: Agency\n---\n"
        "North Korea condemned the joint production of missiles. Pete Hegseth visited Tokyo on 30 March 2025.\n\n"
        "The agreement covers 1,200 missiles. Nobody named a price.\n"
    ),
    "bread.md": "# How bread rises\n\nYeast makes the dough rise. A warm kitchen halves the time it needs.\n",
    "notes/shells.txt": "Shells are worn smooth by the sea. The oldest shell in the museum is 4,000 years old.\n",
}


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them; where the weights are, they may say."""
    for name in os.environ:
        if name.startswith("RAG_") and name != "RAG_MODELS":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A library of three small articles, which lie beside it in ``tmp_path``."""
    return tiny_library(tmp_path, ARTICLES)


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    stdout: str
    stderr: str


Command: TypeAlias = Callable[..., Ran]


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``rag`` with some arguments in this process, as its console script does."""

    def run(*arguments: str | Path, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["rag", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, written.out, written.err)

    return run


def reply(messages: Sequence[Message]) -> str:
    prompt = "\n".join(message.content for message in messages)
    if "too long" in prompt:
        raise QuestionError("The question is too long.")
    if QUESTION in prompt:
        return "Pete Hegseth visited Tokyo on 30 March 2025. Elephants paint watercolours."
    return "The articles do not say."


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands ask a scripted model instead of llama.cpp."""

    def load(path: Path, name: str, *rest: object) -> ScriptedGenerator:
        return ScriptedGenerator(reply, name)

    (tmp_path / "any.gguf").write_bytes(b"GGUF")
    monkeypatch.setenv("RAG_LLM", "any.gguf")
    monkeypatch.setattr(rag.llama, "LlamaCppGenerator", load)


@pytest.fixture(scope="session")
def weights() -> Path:
    """The GGUF file of the smallest language model of the catalogue."""
    path = locate_language_model(SMALL).path
    assert path is not None
    return path


@pytest.fixture(scope="module")
def generator(weights: Path) -> Iterator[LlamaCppGenerator]:
    """What writes by the smallest language model, which has no probe."""
    generator = LlamaCppGenerator(weights, SMALL, context_tokens=512)
    yield generator
    generator.close()


@pytest.fixture(scope="session")
def untemplated(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file whose chat template goes by another name, so that llama.cpp finds none."""
    path = tmp_path_factory.mktemp("untemplated") / "base.gguf"
    path.write_bytes(weights.read_bytes().replace(b"tokenizer.chat_template", b"tokenizer.some_template"))
    return path


@pytest.fixture(scope="session")
def seeds_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of the sample articles, with the real encoder; to be copied before it is changed."""
    folder = tmp_path_factory.mktemp("seeds")
    shutil.copytree(Path(__file__).parent.parent / "seeds", folder / "seeds")
    Library.open(settings=Settings.read(library=folder / ".rag")).index(folder / "seeds")
    return folder / ".rag"


@pytest.fixture(scope="module")
def server(seeds_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process for the sample articles: the real encoder, and a model that does as it is told."""
    folder = tmp_path_factory.mktemp("server") / "articles"
    shutil.copytree(seeds_library.parent, folder)
    with serving(folder / ".rag") as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it; for one module, since Playwright keeps an event loop as long as it is open."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("there is no chromium; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"]
        opened = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server_of_tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process for a library of three small articles, whose encoder needs no weights."""
    library = tiny_library(tmp_path_factory.mktemp("tiny") / "articles", ARTICLES)
    with serving(library.folder) as started:
        yield started
