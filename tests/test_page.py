"""The web page in a real browser, against a server process with the real encoder and a scripted language model.

Each page that is opened fails its test when something is logged as an error, a dialog of the browser's opens, the
Content-Security-Policy is offended, or anything is asked of another server. Where FOOTNOTED_SCREENSHOTS names a
folder, pictures of the page are left in it.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, ViewportSize, expect

from rag.library import Library
from rag.settings import Settings
from rag.testing import tiny_library
from tests.serving import Server, serving

PAGE = Path(__file__).parent.parent / "rag" / "server" / "page"
QUESTION = "What did North Korea object to?"
SENTENCE = "North Korea on Sunday objected to the agreement between the U.S. and Japan"
PHONE: ViewportSize = {"width": 360, "height": 740}
SCRIPT = "<script>alert('taken')</script>"
HOSTILE = f"{SCRIPT}<img src=x onerror=alert(1)><svg onload=alert(2)>[here](javascript:alert(3))"
FERRY = f"🛥️🛥️ The ferry calls {HOSTILE} at noon. The ferry to Marrow Island sails at 9 a.m. on weekdays {SCRIPT}."

Visit: TypeAlias = Callable[..., Page]

pytestmark = pytest.mark.models

expect.set_options(timeout=30_000)  # of a machine that has other work to do


@pytest.fixture(scope="module")
def site(seeds_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the sample articles and a hostile one, whose name is hostile too."""
    folder = tmp_path_factory.mktemp("page") / "articles"
    shutil.copytree(seeds_library.parent, folder)
    hostile = folder / "<img src=x onerror=alert(4)>.md"
    hostile.write_text(f"---\ntitle: 'Ferry {HOSTILE.replace(chr(39), '')}'\nauthor: {SCRIPT}\n---\n{FERRY}\n")
    Library.open(settings=Settings.read(library=folder / ".rag")).index(hostile)
    with serving(folder / ".rag") as server:
        yield server


@pytest.fixture
def visit(browser: Browser, site: Server) -> Iterator[Visit]:
    """Open the page, and when the test is over, hold it to what every page is held to."""
    opened, noted = [], list[str]()

    def note_console(message: ConsoleMessage) -> None:
        # An answer with an error's status is logged by the browser itself; the page tells it to its reader.
        if message.type == "error" and "Failed to load resource" not in message.text:
            noted.append(message.text)

    def note_dialog(dialog: Any) -> None:
        noted.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_page(server: Server = site, path: str = "/", **options: Any) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        context.set_default_timeout(10_000)
        opened.append(context)
        page = context.new_page()
        page.on("console", note_console)
        page.on("pageerror", lambda error: noted.append(str(error)))
        page.on("dialog", note_dialog)
        context.on("request", lambda request: noted.append(request.url) if is_foreign(request.url, server) else None)
        page.goto(server.url + path)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert noted == []


def is_foreign(address: str, server: Server) -> bool:
    return not address.startswith((f"{server.url}/", "blob:", "data:"))


def ask(page: Page, question: str = QUESTION) -> Locator:
    """Ask, wait until the answer is complete, and return the turn."""
    turns = page.locator(".turn")
    before = turns.count()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(turns).to_have_count(before + 1)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    return turns.last


def open_articles(page: Page) -> Locator:
    page.get_by_role("banner").get_by_role("button", name="Articles").click()
    panel = page.get_by_role("dialog", name="Articles")
    expect(panel.locator("#list li").first).to_be_visible()
    return panel


def take_picture(page: Page, name: str) -> None:
    if folder := os.environ.get("FOOTNOTED_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


def find_violations(page: Page) -> str:
    """Return what axe-core finds wrong with the page as it stands, contrast among it."""
    found: str = Axe().run(page).generate_snapshot()
    return found


def test_the_page_is_small_and_has_no_way_to_turn_text_into_markup() -> None:
    files = [path for path in PAGE.iterdir() if path.name != "__pycache__"]
    assert sum(path.stat().st_size for path in files) < 150_000
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\.innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), path.name
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), path.name
    assert not re.search(r"\s(?:style|on[a-z]+)=|<script>", (PAGE / "index.html").read_text(encoding="utf-8"))


def test_every_file_of_the_page_is_served_fresh_and_under_the_policy(site: Server) -> None:
    for path in ("", *(f"page/{file.name}" for file in PAGE.iterdir())):
        answer = site.client.get(f"/{path}")
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")


def test_a_draft_streams_and_verified_sentences_take_its_place(visit: Visit) -> None:
    page = visit()
    page.get_by_label("Your question").fill(f"{QUESTION} SLOWLY")
    page.get_by_role("button", name="Ask").click()
    draft = page.locator(".draft")
    expect(draft).to_contain_text("North Korea on Sunday")
    expect(draft).to_have_attribute("aria-hidden", "true")
    take_picture(page, "draft")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".turn")).to_contain_text("Stopped.")
    expect(draft).to_have_count(0)
    turn = ask(page)
    expect(turn.locator(".verified")).to_have_attribute("aria-live", "polite")
    expect(turn.locator(".sentence")).to_contain_text(SENTENCE)
    expect(turn.locator(".draft")).to_have_count(0)
    expect(page.locator("#status")).to_have_text("The answer is complete, with 1 footnote.")


def test_a_footnote_shows_its_quote_and_opens_the_source_at_it(visit: Visit) -> None:
    page = visit()
    turn = ask(page)
    marker = turn.get_by_role("button", name="Footnote 1")
    marker.hover()
    tooltip = page.get_by_role("tooltip")
    expect(tooltip).to_contain_text(SENTENCE)
    expect(tooltip).to_contain_text("Quoted. These words stand in the article")
    tooltip.hover()
    page.wait_for_timeout(400)  # longer than it stays once the pointer has left
    take_picture(page, "footnote")
    expect(tooltip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tooltip).to_be_hidden()
    marker.click()
    source = page.get_by_role("dialog", name="North Korea condemns")
    expect(source.locator("mark")).to_be_in_viewport()
    assert source.locator("mark").inner_text() == turn.locator(".footnotes q").inner_text().strip("“”")
    take_picture(page, "source")
    with page.expect_popup() as popup:
        source.get_by_role("link", name="Open in a new tab").click()
    expect(popup.value.locator("mark#quote")).to_be_in_viewport()
    expect(popup.value.locator("mark")).to_contain_text(SENTENCE)
    assert find_violations(popup.value) == ""
    take_picture(popup.value, "article")


def test_every_sentence_has_a_status_in_shape_and_in_words(visit: Visit) -> None:
    turn = ask(visit(), f"{QUESTION} embroider")
    expect(turn.locator(".sentence.quoted")).to_contain_text("(quoted)")
    assert turn.locator(".sentence .shape svg use").get_attribute("href") == "#icon-quoted"
    assert turn.locator(".tally").all_inner_texts() == ["1 quoted", "2 left out"]
    turn.locator("summary").click()
    left_out = turn.locator(".checks > ul > .unsupported")
    expect(left_out.first).to_contain_text("a date is not one of the source's")
    expect(left_out.first).to_contain_text("the articles bear only a part of it")
    expect(left_out.last).to_contain_text("Elephants invented the wireless telegraph.")
    take_picture(turn.page, "checks")


def test_a_list_is_drawn_and_saved_as_one(visit: Visit, browser: Browser, tmp_path: Path) -> None:
    boats = "At noon these boats call at Marrow ⛵🛥️:\n\n- the Heron\n- the Tern\n"
    library = tiny_library(tmp_path / "articles", {"boats.md": boats})
    with serving(library.folder) as server:
        page = visit(server)
        turn = ask(page, "Which boats call at Marrow?")
        expect(turn.locator(".verified > .sentence")).to_contain_text("these boats call at Marrow")
        points = turn.locator(".verified > ul > li")
        expect(points).to_have_count(2)
        expect(points.nth(1)).to_contain_text("the Tern")
        take_picture(page, "list")
        with page.expect_download() as download:
            turn.get_by_role("button", name="Save as HTML").click()
        download.value.save_as(tmp_path / "saved.html")
    alone = browser.new_page()
    alone.goto((tmp_path / "saved.html").as_uri())
    expect(alone.locator("ul > li")).to_have_text(["the Heron [2] (quoted)", "the Tern [3] (quoted)"])
    alone.close()


def test_a_refusal_shows_the_nearest_passages(visit: Visit) -> None:
    page = visit()
    turn = ask(page, f"{QUESTION} REFUSE")
    expect(turn.locator(".verified")).to_have_text("The articles do not say.")
    expect(turn).to_contain_text("the answer was not found in them")
    passages = turn.get_by_role("listitem")
    assert passages.count() == 3
    take_picture(page, "refusal")
    passages.first.get_by_role("button").click()
    expect(page.get_by_role("dialog").locator("mark").first).to_be_in_viewport()


def test_a_follow_up_tells_how_it_was_understood_and_a_new_conversation_forgets(visit: Visit) -> None:
    page = visit()
    expect(ask(page).locator(".understood")).to_be_hidden()
    turn = ask(page, "And what did Tokyo say?")
    expect(turn.locator(".understood")).to_contain_text("Understood as: What did Tokyo say? (")
    expect(turn.locator(".understood")).to_contain_text("North Korea")
    take_picture(page, "follow-up")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(ask(page, "And what did Tokyo say?").locator(".understood")).to_be_hidden()


def test_a_question_waits_for_its_turn(visit: Visit) -> None:
    first, second = visit(), visit()
    first.get_by_label("Your question").fill(f"{QUESTION} SLOWLY")
    first.keyboard.press("Enter")
    expect(first.locator(".draft")).to_contain_text("North Korea")
    second.get_by_label("Your question").fill(QUESTION)
    second.keyboard.press("Enter")
    expect(second.locator(".progress")).to_have_text("Waiting; this question is next …")
    first.get_by_role("button", name="Stop").click()
    expect(second.locator(".sentence")).to_have_count(1)


def test_an_error_is_told_and_the_question_can_be_asked_again(visit: Visit) -> None:
    page = visit()
    turn = ask(page, f"{QUESTION} BREAK OFF")
    expect(turn.locator(".caution")).to_contain_text("Something went wrong")
    turn.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.locator(".turn")).to_have_count(1)


def test_articles_are_searched_opened_and_closed(visit: Visit) -> None:
    page = visit()
    panel = open_articles(page)
    assert panel.locator("#list li").count() == 17
    take_picture(page, "articles")
    panel.get_by_placeholder("Search").fill("reservoir")
    expect(panel.locator("#found")).to_have_text("2 articles for “reservoir”")
    panel.get_by_role("button", name="Water authority").first.click()
    source = page.get_by_role("dialog", name="Water authority says")
    expect(source.locator("#source-text")).to_have_attribute("lang", "en")
    expect(source.locator("#source-text")).to_contain_text("reservoir")
    assert source.locator("mark").count() == 0
    source.get_by_role("button", name="Articles").click()
    panel.get_by_placeholder("Search").fill("nothing of the kind")
    expect(panel.locator("#found")).to_have_text("No article matches “nothing of the kind”.")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Articles")).to_be_focused()


def test_a_long_list_is_shown_a_part_at_a_time(visit: Visit, tmp_path: Path) -> None:
    library = tiny_library(tmp_path, {f"{number:03}.md": f"Article {number}." for number in range(205)})
    with serving(library.folder) as server:
        page = visit(server)
        panel = open_articles(page)
        expect(page.locator("#article-count")).to_have_text("205")
        expect(panel.locator("#found")).to_have_text("205 articles; 200 are shown")
        assert find_violations(page) == ""
        panel.get_by_role("button", name="Show more").press("Enter")
        expect(panel.locator("#found")).to_have_text("205 articles")
        expect(panel.locator("#list li")).to_have_count(205)
        expect(panel.locator("#list .entry").nth(200)).to_be_focused()
        expect(panel.get_by_role("button", name="Show more")).to_be_hidden()
        panel.get_by_placeholder("Search").fill("204.md")
        expect(panel.locator("#list li")).to_have_count(1)
        panel.get_by_role("button", name="Remove").click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.locator("#article-count")).to_have_text("204")


def test_files_that_are_dropped_are_added_asked_about_and_removed(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    (tmp_path / "otters.exe").write_text("no article")
    drop_files(page, make_folder(tmp_path) / "otters.md", tmp_path / "otters.exe")
    panel = page.get_by_role("dialog", name="Articles")
    expect(panel.locator("#upload-done")).to_contain_text("1 article added, 1 not added.")
    expect(panel.locator("#upload-done")).to_contain_text("otters.exe")
    expect(page.locator("#article-count")).to_have_text("18")
    expect(page.get_by_text("Drop the files to add them")).to_be_hidden()
    expect(ask(page, "What did an otter at Pell Weir steal?").locator(".sentence")).to_contain_text("eleven trout")
    panel.get_by_role("button", name="Remove Otters").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#article-count")).to_have_text("18")
    panel.get_by_role("button", name="Remove Otters").click()
    take_picture(page, "remove")
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator("#article-count")).to_have_text("17")
    page.get_by_role("button", name="Footnote 1").click()
    source = page.get_by_role("dialog", name="Otters")
    expect(source).to_contain_text("no longer in the library")
    expect(source.locator("blockquote")).to_contain_text("eleven trout")


def test_a_file_can_be_chosen_and_its_progress_is_seen(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    panel = open_articles(page)
    told: list[str] = []
    page.expose_function("tell", lambda text: told.append(text))  # a built-in cannot be exposed
    page.evaluate(
        """() => new MutationObserver(() => tell(document.getElementById("upload-now").textContent)).observe(
          document.getElementById("upload-now"), { childList: true, characterData: true, subtree: true })"""
    )
    article = tmp_path / "heron.txt"
    article.write_text("The heron of Lake Ansel is 31 years old.")
    with page.expect_file_chooser() as choosing:
        panel.get_by_role("button", name="Add articles").click()
    choosing.value.set_files(article)
    expect(panel.locator("#upload-done")).to_contain_text("1 article added.")
    assert "Sending heron.txt (1 of 1) …" in told
    expect(panel.locator("#upload")).to_be_hidden()
    panel.get_by_role("button", name="Remove heron").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator("#article-count")).to_have_text("17")


def test_a_hostile_article_stays_text_wherever_it_shows(visit: Visit) -> None:
    page = visit()
    panel = open_articles(page)
    files = page.evaluate_handle(
        """(text) => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([text], "<svg onload=alert(5)>.md"));
          dropped.items.add(new File([text], "<svg onload=alert(6)>.exe"));
          return dropped;
        }""",
        f"# Barge {HOSTILE}\n\nThe barge {HOSTILE} sails.",
    )
    page.dispatch_event("body", "drop", {"dataTransfer": files})
    expect(panel.locator("#upload-done")).to_contain_text("1 article added, 1 not added.")
    expect(panel.locator("#list")).to_contain_text(f"Barge {SCRIPT}")
    panel.get_by_role("button", name=f"Remove Barge {SCRIPT}").click()
    expect(page.locator("#confirm-text")).to_contain_text(SCRIPT)
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator("#article-count")).to_have_text("17")
    turn = ask(page, f"When does the ferry to Marrow Island sail? {HOSTILE} embroider")
    expect(turn.locator(".question")).to_contain_text(SCRIPT)
    expect(turn.locator(".verified")).to_contain_text(SCRIPT)
    turn.get_by_role("button", name="Footnote").first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Ferry <script>")
    turn.locator("summary").click()
    turn.locator(".footnotes button").first.click()
    source = page.get_by_role("dialog", name="Ferry")
    # The offsets of the server count an emoji once, those of JavaScript twice or more.
    assert source.locator("mark").inner_text() == turn.locator(".footnotes q").first.inner_text().strip("“”")
    take_picture(page, "hostile")
    expect(source.locator("#source-about")).to_contain_text("<img src=x onerror=alert(4)>.md")
    for tag in ("script", "img", "svg[onload]", "a[href^=javascript]"):
        assert page.locator(f"main {tag}, dialog {tag}").count() == 0
    with page.expect_popup() as popup:
        source.get_by_role("link", name="Open in a new tab").click()
    expect(popup.value.locator("mark#quote")).to_be_visible()
    assert popup.value.locator("body script, img, svg").count() == 0
    expect(popup.value.locator("article")).to_contain_text(SCRIPT)


def test_the_keyboard_alone_asks_reads_a_footnote_and_opens_its_source(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Say it in full.")
    page.keyboard.press("Enter")
    marker = page.get_by_role("button", name="Footnote 1")
    expect(page.locator(".actions")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_focused()
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        if marker.evaluate("(one) => one === document.activeElement"):
            break
    expect(marker).to_be_focused()
    tooltip = page.get_by_role("tooltip")
    expect(tooltip).to_be_visible()
    expect(marker).to_have_accessible_description(re.compile(SENTENCE))
    page.keyboard.press("Escape")
    expect(tooltip).to_be_hidden()
    expect(marker).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#source-title")).to_be_focused()
    expect(page.locator("mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(marker).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_be_visible()
    page.get_by_label("Your question").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_be_focused()
    skip = page.get_by_role("link", name="Skip to the question")
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        if skip.evaluate("(one) => one === document.activeElement"):
            break
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your question")).to_be_focused()


def test_a_telephone_has_all_of_it_in_its_width(visit: Visit) -> None:
    page = visit(viewport=PHONE, has_touch=True)
    take_picture(page, "phone-welcome")

    def width() -> Any:
        return page.evaluate("document.documentElement.scrollWidth")

    assert width() == PHONE["width"]
    turn = ask(page, f"{QUESTION} embroider")
    turn.locator("summary").click()
    assert width() == PHONE["width"]
    take_picture(page, "phone-answer")
    turn.get_by_role("button", name="Footnote 1").tap()
    sheet = page.get_by_role("dialog", name="North Korea condemns")
    expect(sheet.locator("mark")).to_be_in_viewport()
    assert sheet.evaluate("(sheet) => sheet.matches(':modal')")
    take_picture(page, "phone-source")
    sheet.get_by_role("button", name="Close").tap()
    expect(sheet).to_be_hidden()
    open_articles(page)
    take_picture(page, "phone-articles")
    assert width() == PHONE["width"]
    assert page.locator("#panel").evaluate("(panel) => panel.scrollWidth <= panel.clientWidth")
    page.touchscreen.tap(180, 20)  # beside the sheet
    expect(page.get_by_role("dialog")).to_have_count(0)
    ask(page, f"{HOSTILE}{'long' * 60} the ferry to Marrow Island?")
    assert width() == PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme, reduced_motion="reduce")
    assert find_violations(page) == ""
    take_picture(page, f"{scheme}-welcome")
    turn = ask(page, f"{QUESTION} embroider")
    turn.locator("summary").click()
    turn.get_by_role("button", name="Footnote 1").hover()
    assert find_violations(page) == ""
    turn.get_by_role("button", name="Footnote 1").click()
    expect(page.locator("mark")).to_be_visible()
    assert find_violations(page) == ""
    take_picture(page, f"{scheme}-answer")
    panel = open_articles(page)
    assert find_violations(page) == ""
    panel.get_by_role("button", name="Remove").first.click()
    assert find_violations(page) == ""
    page.get_by_role("button", name="Keep it").click()
    ask(page, f"{QUESTION} REFUSE")
    assert find_violations(page) == ""
    page.set_viewport_size(PHONE)
    assert page.locator("#panel").evaluate("(panel) => panel.matches(':modal')")
    assert find_violations(page) == ""


def test_the_theme_is_chosen_and_kept(visit: Visit) -> None:
    page = visit(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    button = page.get_by_role("button", name="Dark theme")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark
    button.click()
    assert page.evaluate(ground) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == dark


def test_reduced_motion_moves_nothing(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    page.get_by_label("Your question").fill(f"{QUESTION} SLOWLY")
    page.keyboard.press("Enter")
    expect(page.locator(".draft")).to_contain_text("North Korea")
    assert page.evaluate("document.getAnimations().length") == 0
    page.get_by_role("button", name="Stop").click()


def test_an_answer_is_copied_and_saved_with_its_footnotes(
    visit: Visit, site: Server, browser: Browser, tmp_path: Path
) -> None:
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    turn = ask(page, f"When does the ferry to Marrow Island sail? {SCRIPT}")
    turn.get_by_role("button", name="Copy").click()
    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"When does the ferry to Marrow Island sail? {SCRIPT}\n\nThe ferry to Marrow Island sails")
    assert f"\n\n[1] Ferry {SCRIPT.replace(chr(39), '')}" in copied
    with page.expect_download() as download:
        turn.get_by_role("button", name="Save as HTML").click()
    saved = tmp_path / download.value.suggested_filename
    assert saved.name.startswith("when-does-the-ferry-to-marrow-island-sail")
    download.value.save_as(saved)
    alone, noted = browser.new_page(), list[str]()
    alone.on("request", lambda request: noted.append(request.url))
    alone.on("console", lambda message: noted.append(message.text))
    alone.goto(saved.as_uri())
    expect(alone.get_by_role("heading")).to_contain_text(SCRIPT)
    expect(alone.locator("blockquote")).to_contain_text("The ferry to Marrow Island sails")
    assert alone.locator("#note-1").count() == alone.locator("a[href='#note-1']").count() == 1
    assert alone.locator("script, img, svg, [onerror]").count() == 0
    assert noted == [saved.as_uri()]
    alone.close()


def test_an_empty_library_behind_a_key_is_filled_asked_and_lost(visit: Visit, tmp_path: Path) -> None:
    """The key is asked for and kept for the tab; one that may only read has no buttons to change the library."""
    keys = ("--api-key", "write", "--read-only-key", "read")
    with serving(tmp_path / ".rag", *keys, ready=503) as server:
        page = visit(server)
        dialog = page.get_by_role("dialog", name="This server asks for a key")
        dialog.get_by_label("Key").fill("wrong")
        dialog.get_by_role("button", name="Use this key").click()
        expect(dialog.get_by_label("Key")).to_have_value("")
        dialog.get_by_label("Key").fill("write")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Add the first ones").click()
        drop_files(page, make_folder(tmp_path))
        expect(page.locator("#upload-done")).to_contain_text("2 articles added.")
        expect(page.get_by_role("button", name="Add the first ones")).to_be_hidden()
        page.reload()
        ask(page, "What did an otter steal?").get_by_role("button", name="Footnote 1").click()
        expect(page.locator("mark")).to_contain_text("eleven trout")
        expect(page.get_by_role("link", name="Open in a new tab")).to_be_hidden()  # a link carries no key
        page.evaluate("sessionStorage.clear()")
        page.reload()
        dialog.get_by_label("Key").fill("read")
        page.keyboard.press("Enter")
        panel = open_articles(page)
        expect(panel.get_by_role("button", name="Add articles")).to_be_hidden()
        assert panel.get_by_role("button", name="Remove").count() == 0
        page.get_by_label("Your question").fill("What did an otter steal? SLOWLY")
        page.keyboard.press("Enter")
        expect(page.locator(".draft")).to_contain_text("eleven trout")
        server.process.kill()
        expect(page.locator(".turn .caution")).to_contain_text("The answer broke off")
        ask(page)
        expect(page.locator(".turn .caution").last).to_contain_text("The server cannot be reached")


def make_folder(parent: Path) -> Path:
    """Make a folder of two articles, one of them in a folder of its own, and a file that is hidden."""
    folder = parent / "animals"
    (folder / "birds").mkdir(parents=True)
    (folder / "otters.md").write_text("# Otters\n\nAn otter at Pell Weir stole eleven trout in one night.\n")
    (folder / "birds" / "heron.txt").write_text("The heron of Lake Ansel is 31 years old.\n")
    (folder / ".hidden.md").write_text("Nobody is to read this.\n")
    return folder


def drop_files(page: Page, *paths: Path) -> None:
    """Drop files and folders on the page, as the desktop does."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        if kind == "drop":
            expect(page.get_by_text("Drop the files to add them")).to_be_visible()
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})
