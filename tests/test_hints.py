"""What messages tell people to run: each command is one of ours, and does it where it is pasted as it stands."""

import ast
import re
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from rag.cli.commands import app
from rag.hints import command_line
from rag.library import Library
from rag.library_files import DATABASE_FILE
from rag.testing import tiny_library
from tests.conftest import ARTICLES, QUESTION, Command
from tests.serving import serving

FOLDER = "my news"
HINT = re.compile(r"`(RAG_OFFLINE=false )?rag ([^`]+)`")


class TestCommandLine:
    def test_what_the_command_finds_by_itself_is_left_out(self) -> None:
        assert command_line("rag list", library=Path(".rag"), models=None) == "`rag list`"

    def test_what_it_does_not_find_by_itself_is_named(self) -> None:
        line = command_line("rag index PATH", library=Path(FOLDER), encoder="hashing-64")
        assert line == "`rag index PATH --library 'my news' --encoder hashing-64`"

    def test_the_environment_and_the_settings_file_are_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("rag.toml").write_text('library = "news"')
        assert command_line("rag list", library=Path("news")) == "`rag list`"
        assert command_line("rag list", library=Path(".rag")) == "`rag list --library .rag`"
        monkeypatch.setenv("RAG_LIBRARY", ".rag")
        assert command_line("rag list", library=Path(".rag")) == "`rag list`"

    def test_what_needs_the_network_is_allowed_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert command_line("rag models pull", online=True) == "`rag models pull`"
        monkeypatch.setenv("RAG_OFFLINE", "1")
        assert command_line("rag models pull", online=True) == "`RAG_OFFLINE=false rag models pull`"
        assert command_line("rag list") == "`rag list`"


def keep(library: Library) -> None:
    """Leave the library as it is."""


def remove(library: Library) -> None:
    (library.folder / DATABASE_FILE).unlink()


def damage(library: Library) -> None:
    (library.folder / DATABASE_FILE).write_bytes(b"no database at all " * 999)


# What happens to a library, the command that tells of it, and whether that command works after what it says to do.
SITUATIONS: dict[str, tuple[Callable[[Library], None], Sequence[str], bool]] = {
    "no library": (remove, ["search", QUESTION], True),
    "damaged library": (damage, ["search", QUESTION], True),
    "another encoder": (keep, ["search", QUESTION, "--encoder", "hashing-64"], True),
    "an article that is not there": (keep, ["remove", "butter.md"], False),
    "a condition that nothing meets": (keep, ["search", QUESTION, "--where", "author=Nobody"], False),
}


@pytest.mark.parametrize("way", ["option", "environment"])
@pytest.mark.parametrize(("prepare", "arguments", "mended"), SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_hint_can_be_pasted_as_it_stands(
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    prepare: Callable[[Library], None],
    arguments: Sequence[str],
    mended: bool,
) -> None:
    tiny_library(tmp_path, ARTICLES).close()
    library = tiny_library(tmp_path / "articles", ARTICLES, library=Path(FOLDER))
    library.close()
    prepare(library)
    own = ["--library", FOLDER] if way == "option" else []
    if way == "environment":
        monkeypatch.setenv("RAG_LIBRARY", FOLDER)
    before = (tmp_path / ".rag" / DATABASE_FILE).read_bytes()
    told = HINT.search(command(*arguments, *own).stderr)
    assert told
    pasted = shlex.split(told[2].replace("PATH", "articles"))
    # Without an encoder that is named, a new library wants the one whose weights may not be here.
    with monkeypatch.context() as patch:
        if "--encoder" not in pasted:
            patch.setenv("RAG_ENCODER", "hashing")
        assert command(*pasted).status == 0
    assert (tmp_path / ".rag" / DATABASE_FILE).read_bytes() == before
    if mended:
        assert command(*arguments, *own).status == 0


def test_a_server_names_the_library_so_that_it_is_found_from_any_folder(tmp_path: Path) -> None:
    with serving(Path(".rag"), ready=503) as server:
        began = time.monotonic()
        while "being loaded" in (told := server.client.get("/readyz").json()["error"]["message"]):
            assert time.monotonic() - began < 120
            time.sleep(0.1)
    assert told.endswith(f"make one with `rag index PATH --library {tmp_path / '.rag'}`.")


def hints() -> Iterator[tuple[str, list[str]]]:
    """Yield the commands that the source tells people to run, with the options that are added to them."""
    for path in sorted((Path(__file__).parent.parent / "rag").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "command_line":
                added = [f"--{keyword.arg}" for keyword in node.keywords if keyword.arg != "online"]
                yield _text(node.args[0]).removeprefix("rag "), added
            elif isinstance(node, ast.Constant | ast.JoinedStr):
                for found in HINT.finditer(_text(node)):
                    yield found[2], []


def _text(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in parts)


def test_every_command_and_option_that_is_named_exists() -> None:
    named = {(line, tuple(added)) for line, added in hints()}
    assert len(named) > 10
    for line, added in named:
        words = shlex.split(line.replace("…", "X"))
        found = get_command(app)
        while isinstance(found, TyperGroup) and words:
            assert words[0] in found.commands, line
            found = found.commands[words.pop(0)]
        options = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} | set(added) <= options, line
