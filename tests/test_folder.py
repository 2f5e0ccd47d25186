"""Which files of a folder are read, which are left out, and which are named because they cannot be read."""

import os
import socket
from pathlib import Path

import pytest

from rag.errors import LoadError
from rag.load.folder import find_articles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ["b.md", "a.txt", "deep/er/C.MARKDOWN", "image.png", ".hidden.md", ".git/notes.md", "old.md~"]:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("Text.")
    return tmp_path


def names(folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in find_articles(folder).files]


def unread(folder: Path) -> dict[str, str]:
    return {path.name: reason for path, reason in find_articles(folder).unread.items()}


def test_a_folder_gives_the_supported_files_below_it_sorted_without_hidden_ones(folder: Path) -> None:
    assert names(folder) == ["a.txt", "b.md", "deep/er/C.MARKDOWN"]
    assert unread(folder) == {}


def test_a_file_gives_itself_whatever_its_suffix(folder: Path) -> None:
    assert find_articles(folder / "image.png").files == [folder / "image.png"]


def test_linked_folders_are_not_entered_but_linked_files_are_found(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "far.md").write_text("Text.")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "link.md").symlink_to(elsewhere / "far.md")
    assert names(folder) == ["a.txt", "b.md", "deep/er/C.MARKDOWN", "link.md"]
    assert unread(folder) == {}


def test_links_that_lead_nowhere_or_round_in_circles_are_named(folder: Path) -> None:
    (folder / "deep" / "loop").symlink_to(folder)
    (folder / "self.md").symlink_to(folder / "self.md")
    (folder / "dangling.md").symlink_to(folder / "gone.md")
    assert names(folder) == ["a.txt", "b.md", "deep/er/C.MARKDOWN"]
    assert unread(folder) == {
        "loop": "a link that leads round in circles; leave it out",
        "self.md": "a link that leads round in circles; leave it out",
        "dangling.md": "a link to nothing; leave it out",
    }


def test_a_folder_with_nothing_to_read_gives_nothing(tmp_path: Path) -> None:
    assert names(tmp_path) == []


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"^No such file or folder: .*gone\.$"):
        find_articles(tmp_path / "gone")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_pipes_and_sockets_are_named_without_being_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket may not be long
    os.mkfifo("pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.txt")
    assert unread(tmp_path) == dict.fromkeys(
        ["pipe.md", "socket.txt"], "a pipe, a socket or a device, no file; leave it out"
    )
    with pytest.raises(LoadError, match=r"^Neither a file nor a folder"):
        find_articles(tmp_path / "pipe.md")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_permission_is_named_and_the_others_are_read(folder: Path) -> None:
    (folder / "deep").chmod(0)
    try:
        assert names(folder) == ["a.txt", "b.md"]
        assert unread(folder)["deep"].startswith("a folder that cannot be read (Permission denied)")
        with pytest.raises(LoadError, match=r"^Cannot read .*deep.*permissions\.$"):
            find_articles(folder / "deep")
    finally:
        (folder / "deep").chmod(0o755)


class TestIgnoring:
    """``.ragignore`` says what is left out, by git's rules."""

    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path) -> None:
        for name in ["a.md", "b.txt", "drafts/a.md", "drafts/final/c.md", "news/drafts/d.md", "news/b.txt"]:
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("Text.")

    @pytest.mark.parametrize(
        ("patterns", "kept"),
        [
            ("", ["a.md", "b.txt", "drafts/a.md", "drafts/final/c.md", "news/b.txt", "news/drafts/d.md"]),
            ("*.txt\n# a comment", ["a.md", "drafts/a.md", "drafts/final/c.md", "news/drafts/d.md"]),
            ("drafts/", ["a.md", "b.txt", "news/b.txt"]),
            ("/drafts", ["a.md", "b.txt", "news/b.txt", "news/drafts/d.md"]),
            ("*\n!*/\n!a.md", ["a.md", "drafts/a.md"]),
            ("**/drafts/*.md", ["a.md", "b.txt", "drafts/final/c.md", "news/b.txt"]),
            # What lies in a folder that is left out cannot be taken in again.
            ("drafts\n!drafts/final/c.md", ["a.md", "b.txt", "news/b.txt"]),
        ],
    )
    def test_patterns_are_gits(self, tmp_path: Path, patterns: str, kept: list[str]) -> None:
        (tmp_path / ".ragignore").write_text(patterns)
        assert names(tmp_path) == kept

    def test_a_folder_below_has_the_last_word_on_what_it_holds(self, tmp_path: Path) -> None:
        (tmp_path / ".ragignore").write_text("*.txt\n")
        (tmp_path / "news" / ".ragignore").write_text("!b.txt\n/drafts\n")
        assert names(tmp_path) == ["a.md", "drafts/a.md", "drafts/final/c.md", "news/b.txt"]

    def test_gits_own_file_does_not_count(self, tmp_path: Path) -> None:
        (tmp_path / ".gitignore").write_text("*")
        assert len(names(tmp_path)) == 6

    @pytest.mark.parametrize("patterns", [b"*.txt\n!\n", b"\xff\xfe", b"ok\n[z-a]\n"])
    def test_one_that_cannot_be_followed_is_refused(self, tmp_path: Path, patterns: bytes) -> None:
        (tmp_path / ".ragignore").write_bytes(patterns)
        with pytest.raises(LoadError, match=r"\.ragignore") as caught:
            find_articles(tmp_path)
        assert "\n" not in str(caught.value)
