"""What is slow to import is imported by the command that needs it, not by all."""

import subprocess
import sys

import pytest

HEAVY = {
    "faiss",
    "huggingface_hub",
    "llama_cpp",
    "scipy",
    "sentence_transformers",
    "torch",
    "transformers",
}


def imported_by(code: str) -> set[str]:
    """Return which heavy packages are loaded after some code has run in a Python of its own."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return HEAVY & set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import rag",
        "import rag.cli.commands",
        "from rag import Assistant, Library; Assistant('nowhere')",
        "import rag.testing",
        "from embeddings import load_encoder; load_encoder('hashing', None)",
    ],
)
def test_imports_are_light(code: str) -> None:
    assert imported_by(code) == set()


def test_the_root_alone_imports_none_of_its_modules() -> None:
    script = (
        "import rag, sys; print(*(name for name in sys.modules if name.startswith(('rag.', 'embeddings', 'numpy'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_search_with_the_light_encoder_needs_no_torch() -> None:
    code = (
        "from pathlib import Path; from rag.testing import tiny_library; from rag import Assistant\n"
        "Assistant(tiny_library(Path('.'), {'a.md': 'Some words.'})).search('words')"
    )
    assert imported_by(code) == {"faiss"}
