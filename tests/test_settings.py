"""Where a value comes from, and what is said of one that cannot be used."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from rag.errors import SettingsError
from rag.settings import Settings


def test_flags_come_before_the_environment_before_the_file_before_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = Settings.read()
    (tmp_path / "rag.toml").write_text('llm = "from the file"\nhits = 3\ncandidates = 7\n')
    monkeypatch.setenv("RAG_LLM", "from the environment")
    monkeypatch.setenv("RAG_HITS", "4")
    settings = Settings.read(llm="from a flag", threads=None)
    assert (settings.llm, settings.hits, settings.candidates) == ("from a flag", 4, 7)
    assert settings.threads == defaults.threads
    assert settings.answer_tokens == defaults.answer_tokens


def test_values_are_of_their_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LIBRARY", "some/where")
    monkeypatch.setenv("RAG_OFFLINE", "true")
    settings = Settings.read()
    assert settings.library == Path("some/where")
    assert settings.offline is True


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings.read().hits = 3


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('libary = "x"', r"^Unknown setting 'libary'; the settings are library, encoder, .*\.$"),
        ("[nested]\nhits = 1", r"^Unknown setting 'nested'"),
        ("hits = 0", r"^Setting 'hits': .*greater than or equal to 1, not 0\.$"),
        ('hits = "many"', r"^Setting 'hits': .*integer.*, not 'many'\.$"),
        ("hits =", r"^rag\.toml is not valid TOML: "),
    ],
    ids=["unknown key", "unknown table", "too small", "wrong type", "no TOML"],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, written: str, message: str) -> None:
    (tmp_path / "rag.toml").write_text(written)
    with pytest.raises(SettingsError, match=message) as caught:
        Settings.read()
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf_8_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_bytes('llm = "Müller"'.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"rag\.toml"):
        Settings.read()


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(SettingsError, match="Unknown setting 'colour'"):
        Settings.read(colour="red")
