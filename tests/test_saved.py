"""Answers kept in a file: what drifted since, what is answered now and why, and the page to send."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from rag.assistant import Assistant
from rag.conditions import Condition
from rag.errors import DataError, RagError
from rag.library import Library
from rag.saved.drift import Drift, check_quotes
from rag.saved.page import render_answer, write_page
from rag.saved.record import SavedAnswer, read_answer, save_answer
from rag.saved.replay import replay_answer
from rag.testing import ScriptedGenerator, tiny_library
from tests.conftest import QUESTION, Command

CHROMIUM = Path("/usr/bin/chromium")
VISIT = "Pete Hegseth visited Tokyo on 30 March 2025."
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


def ask(library: Library, reply: str = VISIT, name: str = "scripted") -> tuple[SavedAnswer, Assistant]:
    assistant = Assistant(library, generator=ScriptedGenerator([reply] * 3, name))
    return save_answer(assistant.ask(QUESTION), assistant), assistant


def rewrite(library: Library, change: Callable[[str], str]) -> None:
    path = library.folder.parent / "missiles.md"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    library.index(library.folder.parent)


def test_what_is_written_is_read_again(library: Library, tmp_path: Path) -> None:
    saved, _ = ask(library)
    saved.write(tmp_path / "answer.json")
    assert read_answer(tmp_path / "answer.json") == read_back(saved)
    assert saved.circumstances.model == "scripted"
    assert "missiles.md" in saved.circumstances.articles


def read_back(saved: SavedAnswer) -> SavedAnswer:
    """What JSON makes of it: tuples become lists."""
    return SavedAnswer(json.loads(json.dumps(saved.answer)), saved.where, saved.circumstances)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"format": "footnoted answer 1"}', '{"format": "footnoted answer 1", "answer": []}', "\xff"],
)
def test_another_file_is_refused_in_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(content, encoding="latin-1")
    with pytest.raises(DataError, match=r"^other\.json is not an answer that `rag ask --save FILE` wrote\.$"):
        read_answer(Path("other.json"))


def test_an_answer_of_another_version_is_refused(library: Library, tmp_path: Path) -> None:
    saved, _ = ask(library)
    saved.write(tmp_path / "answer.json")
    plain = json.loads((tmp_path / "answer.json").read_text())
    (tmp_path / "answer.json").write_text(json.dumps(plain | {"format": "footnoted answer 0"}))
    with pytest.raises(DataError, match="another version"):
        read_answer(tmp_path / "answer.json")


@pytest.mark.parametrize("write", [lambda saved, path: saved.write(path), lambda s, path: write_page(s.answer, path)])
def test_a_place_that_cannot_be_written_is_named(
    write: Callable[[SavedAnswer, Path], None], library: Library, tmp_path: Path
) -> None:
    saved, _ = ask(library)
    with pytest.raises(RagError, match="No such file or directory"):
        write(saved, tmp_path / "missing" / "file")


@pytest.mark.parametrize(
    ("change", "drift", "now"),
    [
        (lambda text: text, Drift.INTACT, VISIT),
        (lambda text: text.replace("\nNorth", "\nIn a statement of Sunday, North"), Drift.MOVED, VISIT),
        (lambda text: text.replace("on 30 March", "on 29 March"), Drift.CHANGED, VISIT.replace("30", "29")),
        (lambda text: text.replace(VISIT, "Rain fell."), Drift.CHANGED, None),
    ],
)
def test_a_quote_is_followed_into_the_article_as_it_is_now(
    change: Callable[[str], str], drift: Drift, now: str | None, library: Library
) -> None:
    saved, _ = ask(library)
    rewrite(library, change)
    [check] = check_quotes(saved, library)
    assert (check.drift, check.now, check.quote) == (drift, now, VISIT)
    assert check.holds == (drift in {Drift.INTACT, Drift.MOVED})


def test_the_quote_of_an_article_that_was_removed_is_gone(library: Library) -> None:
    saved, _ = ask(library)
    library.remove("missiles.md")
    [check] = check_quotes(saved, library)
    assert (check.drift, check.now, check.holds) == (Drift.GONE, None, False)


def test_the_same_answer_is_told_as_the_same(library: Library) -> None:
    saved, assistant = ask(library)
    replay = replay_answer(saved, assistant)
    assert replay.same
    assert replay.causes == ()


def test_a_replay_names_what_has_changed(library: Library, tmp_path: Path) -> None:
    saved, _ = ask(library)
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "answer.jinja").write_text("{% block user %}{{ question }} Be brief.{% endblock %}")
    rewrite(library, lambda text: text.replace("30 March", "29 March"))
    (tmp_path / "visit.md").write_text("Pete Hegseth and a visit to Tokyo: what he ate.")
    library.index(tmp_path)
    library.settings = library.settings.model_copy(update={"prompts": prompts, "hits": 4})
    assistant = Assistant(library, generator=ScriptedGenerator([VISIT.replace("30", "29")], "another"))
    replay = replay_answer(saved, assistant)
    assert not replay.same
    assert replay.causes == (
        "the language model is another, was scripted",
        "the setting hits is 4, was 5",
        "the prompt answer.jinja has changed",
        "missiles.md has changed",
        "visit.md is among the passages found, and was not",
    )


def test_a_replay_names_articles_that_are_gone_or_elsewhere(library: Library, tmp_path: Path) -> None:
    saved, assistant = ask(library)
    library.remove("bread.md")
    assert "bread.md is no longer in the library" in replay_answer(saved, assistant).causes
    library = tiny_library(tmp_path / "other", {f"{n}.md": f"Pete Hegseth visited Tokyo {n}." for n in range(6)})
    saved, assistant = ask(library)
    left_out = ({str(n) + ".md" for n in range(6)} - saved.circumstances.articles.keys()).pop()
    (tmp_path / "other" / left_out).write_text("A shell.")
    library.index(tmp_path / "other")
    assert replay_answer(saved, assistant).causes == ("other articles have changed",)


def test_a_replay_keeps_to_the_conditions(library: Library) -> None:
    assistant = Assistant(library, generator=ScriptedGenerator([VISIT] * 2))
    where = [Condition.parse("date<2024")]
    saved = save_answer(assistant.ask(QUESTION, where=where), assistant, where)
    assert saved.answer["refused"]
    assert replay_answer(saved, assistant).now.answer["refused"]


def test_the_page_marks_every_cited_span_and_runs_nothing(library: Library, tmp_path: Path) -> None:
    rewrite(library, lambda text: text.replace("title: Pyongyang", f"title: {HOSTILE} Pyongyang") + f"\n{HOSTILE}\n")
    saved, _ = ask(library, f"{VISIT} The agreement covers 1,200 missiles. Elephants <b>paint</b> watercolours.")
    write_page(saved.answer, tmp_path / "answer.html")
    with sync_playwright() as driver:
        if not CHROMIUM.is_file():
            pytest.skip("Chromium is not installed")
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 800})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "answer.html").as_uri())
        assert page.title() == QUESTION
        assert page.locator("mark").all_inner_texts() == [VISIT, "The agreement covers 1,200 missiles."]
        page.get_by_role("link", name="Footnote 2").click()
        assert page.url.endswith("#source-2")
        assert page.locator("s").inner_text() == "Elephants <b>paint</b> watercolours."
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert asked == [(tmp_path / "answer.html").as_uri()]
        browser.close()


def test_the_page_of_a_refusal_shows_the_nearest_passages(library: Library) -> None:
    saved, _ = ask(library, "The articles do not say.")
    page = render_answer(saved.answer)
    assert "The nearest passages" in page
    assert "How bread rises" in page


def test_a_citation_outside_of_every_hit_is_shown_by_its_quote(library: Library) -> None:
    saved, _ = ask(library)
    answer: dict[str, Any] = saved.answer | {"hits": []}
    assert f"<mark>{VISIT}</mark>" in render_answer(answer)


@pytest.mark.usefixtures("scripted")
def test_the_commands_save_verify_and_replay(library: Library, tmp_path: Path, command: Command) -> None:
    library.close()
    asked = command("ask", QUESTION, "--save", "answer.json", "--html", "answer.html")
    assert asked.status == 0
    assert VISIT in (tmp_path / "answer.html").read_text()
    same = command("verify", "answer.json")
    assert (same.status, same.stdout) == (0, "✓ [1] intact: Pyongyang objects · missiles.md\n")
    again = command("replay", "answer.json")
    assert (again.status, again.stdout) == (0, "The same answer, resting on the same words.\n")

    path = tmp_path / "missiles.md"
    path.write_text(path.read_text().replace("Tokyo on 30 March", "Tokyo and Seoul on 30 March"))
    command("index", "missiles.md")
    drifted = command("verify", "answer.json")
    assert drifted.status == 1
    assert drifted.stdout == (
        "≠ [1] changed: Pyongyang objects · missiles.md\n"
        f"    was “{VISIT}”\n"
        "    now “Pete Hegseth visited Tokyo and Seoul on 30 March 2025.”\n"
    )
    plain = json.loads(command("verify", "answer.json", "--json").stdout)
    assert [check["drift"] for check in plain["citations"]] == ["changed"]
    other = command("replay", "answer.json")
    assert other.status == 1
    assert "The same answer, resting on other words." in other.stdout
    assert "missiles.md has changed" in other.stdout
    assert json.loads(command("replay", "answer.json", "--json").stdout)["causes"] == ["missiles.md has changed"]


@pytest.mark.usefixtures("scripted")
def test_many_questions_are_not_kept_in_one_file(library: Library, command: Command) -> None:
    library.close()
    ran = command("ask", "-", "--save", "answer.json", stdin=QUESTION)
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr == "rag: --save and --html keep one answer; give its question instead of -.\n"
