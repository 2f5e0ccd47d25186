import json
import math
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from rag.assistant import Assistant
from rag.errors import DataError
from rag.evaluate.answer import measure_answer
from rag.evaluate.cases import Case, CaseSet, Evidence, Pair
from rag.evaluate.gold import Gold
from rag.evaluate.report.answers import judge_result, show_answer
from rag.evaluate.report.curves import RefusalPoint, RocPoint, count_in_bins, refusal_curve, roc_curve
from rag.evaluate.report.page import format_cell, render_report
from rag.evaluate.report.plots import plot_estimates
from rag.evaluate.report.searches import first_rank
from rag.evaluate.report.spans import WHOLE, Mark, Part, cut_at_markers, cut_at_marks, shorten
from rag.evaluate.retrieve import measure_retrieval
from rag.evaluate.run import Run, Setup
from rag.evaluate.scorers import rescore_run
from rag.evaluate.statistics import Estimate
from rag.evaluate.verify import measure_claim
from rag.retrieve import Retriever
from rag.testing import ScriptedGenerator, tiny_library
from tests.conftest import Command

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
SLEEP = "Bats sleep in caves for twenty hours a day."
HUNT = f"At night bats hunt moths near the river {HOSTILE}."
CASES = (
    Case("sleep", "Where do bats sleep?", True, ("caves",), (Evidence("bats.md", SLEEP),), "easy"),
    Case("hunt", f"What do bats hunt at night? {HOSTILE}", True, (f"moths {HOSTILE}",), kind=f"$x^2$ {HOSTILE}"),
    Case("king", "Which king do bats sleep beside?", False, kind="trap"),
    Case("queen", "Which queen do bats hunt at night near the river?", False, kind="trap"),
    Case("blank", "  ", True, ("caves",), kind="easy"),
)
REPLIES = {
    "Where do bats sleep": f"{SLEEP} They wake in 1999 for the 40 owls.",
    "hunt at night": HUNT,
    "Which king": "The articles do not say.",
    "Which queen": SLEEP,
}
PAIRS = (
    Pair("right", "Bats sleep in caves.", (SLEEP,), "supported"),
    Pair("wrong", f"Bats sleep in 40 trees {HOSTILE}.", (SLEEP,), "not_supported", ("entity_swap",)),
    Pair("other", "Bats sleep in caves for two hours.", (f"{SLEEP} {HOSTILE}",), "not_supported", ("number_swap",)),
)


def ignore(done: int, total: int) -> None:
    """Be a CaseProgress."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A run of each kind, scored, whose every text is hostile."""
    folder = tmp_path_factory.mktemp("runs")
    title = f"---\ntitle: Bats {HOSTILE}\n---\n"
    library = tiny_library(folder, {"bats.md": f"{title}{SLEEP}\n\n{HUNT}", "bread.md": "Yeast makes dough rise."})
    gold = Gold(library, CaseSet("cases", CASES))
    assistant = Assistant(library, generator=ScriptedGenerator(REPLIES))
    asked = {"encoder": "hashing", "llm": "scripted"}
    answered = Run.start(folder / "answer", Setup("answer", f"cases {HOSTILE}", asked, {}), len(CASES))
    answered.complete(CASES, partial(measure_answer, assistant=assistant, gold=gold), ignore)
    searched = Run.start(folder / "retrieve", Setup("retrieve", "cases", {"cutoffs": [1, 2]}, {}), len(CASES) - 1)
    retriever = Retriever(library, 10)
    searched.complete(CASES[:-1], partial(measure_retrieval, retriever=retriever, gold=gold, shown=5), ignore)
    verified = Run.start(folder / "verify", Setup("verify", "pairs", {}, {}), len(PAIRS))
    verified.complete(PAIRS, measure_claim, ignore)
    for run in (answered, searched, verified):
        rescore_run(run)
    return {run.kind: run for run in (answered, searched, verified)}


@pytest.fixture(scope="module")
def pages(runs: dict[str, Run]) -> dict[str, Path]:
    """The report of each run."""
    written = {kind: run.folder / "report.html" for kind, run in runs.items()}
    for kind, path in written.items():
        path.write_text(render_report(runs[kind]), encoding="utf-8")
    return written


def test_a_refusal_curve_by_hand() -> None:
    points = refusal_curve([0.9, 0.5, 0.5, 0.2], [True, True, False, False])
    assert points == [
        RefusalPoint(0.2, 0.0, 0.0, 0.5, 1.0),
        RefusalPoint(0.5, 0.0, 0.5, 2 / 3, 1.0),
        RefusalPoint(0.9, 0.5, 1.0, 1.0, 0.5),
    ]


def test_a_refusal_curve_abstains_where_a_sort_of_question_is_missing() -> None:
    assert refusal_curve([0.3], [True]) == [RefusalPoint(0.3, 0.0, None, 1.0, 1.0)]


def test_a_roc_curve_by_hand() -> None:
    assert roc_curve([0.8, 0.6, 0.6, 0.1], [True, True, False, False]) == [
        RocPoint(math.inf, 0.0, 0.0),
        RocPoint(0.8, 0.0, 0.5),
        RocPoint(0.6, 0.5, 1.0),
        RocPoint(0.1, 1.0, 1.0),
    ]
    assert roc_curve([0.8, 0.6], [True, True]) == []


@pytest.mark.parametrize(
    ("values", "edges", "counts"),
    [([1, 2, 4, 5], (1, 3, 5), (2, 2)), ([7, 7, 7], (6.5, 7.5), (3,)), ([3], (2.5, 3.5), (1,))],
)
def test_values_are_counted_in_bins(values: list[float], edges: tuple[float, ...], counts: tuple[int, ...]) -> None:
    histogram = count_in_bins(values)
    assert (histogram.edges, histogram.counts) == (edges, counts)


def test_a_text_is_cut_where_marks_begin_and_end() -> None:
    # "cdef" is cited as 1, "ef" as 2 as well, and "fg" bears the answer; the text begins at 10 in its document.
    parts = cut_at_marks("abcdefgh", 10, [Mark(12, 16, 1), Mark(14, 16, 2), Mark(15, 17), Mark(99, 101, 3)])
    assert parts == [
        Part("ab"),
        Part("cd", (1,), begins=(1,)),
        Part("e", (1, 2), begins=(2,)),
        Part("f", (1, 2), gold=True),
        Part("g", gold=True),
        Part("h"),
    ]


def test_a_long_text_is_shortened_around_its_marks_only() -> None:
    cited = "the very words " * 40
    parts = [Part("before " * 200), Part(cited, (1,)), Part("between " * 200), Part("gold", gold=True), Part(" end")]
    short = [part.text for part in shorten(parts)]
    assert short[0].startswith(" … before")
    assert short[1] == cited
    assert re.fullmatch(r"(between )+ ?… (between )+", short[2].replace(" …", " …"))
    assert short[3:] == ["gold", " end"]
    assert sum(map(len, short)) < len(cited) + WHOLE
    assert shorten(parts[3:]) == parts[3:]


def test_only_the_markers_that_an_answer_was_given_are_links() -> None:
    assert cut_at_markers("As [7] says [1][2].", (1, 2)) == [("As [7] says ", 1), ("", 2), (".", None)]


def test_the_rank_of_the_first_relevant_name_counts_from_one() -> None:
    assert first_rank(["a", "b", "c"], {"c", "b"}) == 2
    assert first_rank(["a"], {"c"}) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.9126, "0.913"),
        (0.00123, "0.0012"),
        (1234.56, "1,234.6"),
        (7, "7"),
        (math.inf, "∞"),
        (0.0, "0.000"),
    ],
)
def test_cells_are_short(value: object, shown: str) -> None:
    assert format_cell(value) == shown


@pytest.mark.parametrize(
    ("answerable", "refused", "contains", "result"),
    [
        (True, False, 1.0, "right"),
        (True, False, 0.0, "wrong"),
        (True, False, None, "not scored"),
        (True, True, None, "wrong"),
        (False, True, None, "right"),
        (False, False, None, "wrong"),
    ],
)
def test_a_case_is_right_or_wrong(answerable: bool, refused: bool, contains: float | None, result: str) -> None:
    record = {"answerable": answerable, "answer": {"refused": refused}}
    assert judge_result(record, {"contains_gold": contains, "exact_match": 0.0}) == result


def test_the_cited_words_and_the_gold_ones_are_marked(runs: dict[str, Run]) -> None:
    shown = show_answer(runs["answer"].records()[0])
    (source,) = shown.sources
    assert Part(SLEEP, (1,), gold=True, begins=(1,)) in source.parts
    assert shown.statuses == ["quoted", "unsupported"]
    assert [sentence.said for sentence in shown.sentences] == [True, False]


def test_a_plot_takes_its_colours_and_font_from_the_page_and_repeats_no_id() -> None:
    estimates = {
        "f1": Estimate(0.5, 0.4, 0.6, 9),
        "日本 <b>": Estimate(1.0, None, None, 1),
        "none": Estimate(None, None, None, 0),
        "long " * 30: Estimate(0.0, 0.0, 0.0, 4),
    }
    first, second = (plot_estimates(name, f"Title {name} & more", estimates, {"f1"}) for name in ("a", "b"))
    assert first
    assert second
    assert "currentColor" in first.svg
    assert not re.search(r"#0a0b0\d", first.svg)
    assert ">f1 ↓</text>" in first.svg
    assert ">日本 &lt;b&gt;</text>" in first.svg
    assert '<title id="a-t">Title a &amp; more</title>' in first.svg
    ids = re.findall(r'\bid="([^"]*)"', first.svg + second.svg)
    assert len(ids) == len(set(ids))
    assert first.rows[:2] == [("f1", 0.5, 0.4, 0.6, 9), ("日本 <b>", 1.0, None, None, 1)]


def test_no_plot_is_drawn_of_nothing() -> None:
    assert plot_estimates("a", "A", {"f1": Estimate(None, None, None, 0)}) is None


@pytest.mark.parametrize("kind", ["answer", "retrieve", "verify"])
def test_no_text_of_a_run_becomes_markup(pages: dict[str, Path], kind: str) -> None:
    page = pages[kind].read_text(encoding="utf-8")
    assert "<img" not in page
    assert page.count("<script>") == 1
    assert "&lt;script&gt;" in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)


def test_the_command_writes_the_page_and_names_it(command: Command, runs: dict[str, Run], tmp_path: Path) -> None:
    ran = command("eval", "report", runs["verify"].folder, "--out", tmp_path / "page.html")
    assert (ran.status, ran.stdout) == (0, f"{tmp_path / 'page.html'}\n")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_one_line(command: Command, runs: dict[str, Run], tmp_path: Path) -> None:
    ran = command("eval", "report", runs["verify"].folder, "--out", tmp_path / "no" / "page.html")
    assert ran.status == 2
    assert "name another file with --out" in ran.stderr


def test_a_run_that_was_stopped_has_no_report_yet(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not complete; give its command again"):
        render_report(Run.start(tmp_path / "run", Setup("verify", "pairs", {}, {}), 2))


def test_a_run_without_its_records_shows_its_figures(runs: dict[str, Run], tmp_path: Path) -> None:
    for kind, run in runs.items():
        page = render_report(Run(tmp_path / kind, json.loads((run.folder / "run.json").read_text())))
        assert "there is no answers.jsonl" in page
        assert "<svg" in page


def test_a_missing_matplotlib_is_told_with_its_install(runs: dict[str, Run]) -> None:
    script = (
        "import sys; from rag.cli import main; assert 'matplotlib' not in sys.modules\n"
        "sys.modules['matplotlib'] = None; main()"
    )
    command = [sys.executable, "-c", script, "eval", "report", str(runs["verify"].folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "rag: A report needs matplotlib; run: pip install 'footnoted[report]'\n",
    )


def open_page(browser: Browser, path: Path, **options: Any) -> tuple[Page, list[str]]:
    """Open a page; what it logs, and what it asks for besides itself, is noted in the list."""
    page, noted = browser.new_page(**options), list[str]()
    page.on("console", lambda message: noted.append(message.text))
    page.on("pageerror", lambda error: noted.append(str(error)))
    page.on("request", lambda request: noted.append(request.url))
    page.goto(path.as_uri())
    noted.remove(path.as_uri())
    return page, [note for note in noted if note != "data:,"]


@pytest.mark.parametrize("kind", ["answer", "retrieve", "verify"])
def test_the_page_opens_without_errors_and_without_the_network(
    browser: Browser, pages: dict[str, Path], kind: str
) -> None:
    page, noted = open_page(browser, pages[kind])
    assert noted == []
    assert "taken" not in page.title().replace(HOSTILE, "")
    assert page.locator("figure svg").count() >= 2
    assert page.locator("h1").is_visible()
    page.close()


def test_the_filters_show_what_matches(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = open_page(browser, pages["answer"])
    form, rows, said = page.locator("#filters"), page.locator("table.cases > tbody:visible"), page.locator("output")
    assert (rows.count(), said.inner_text()) == (5, "5 of 5 shown")
    form.get_by_label("Kind").select_option("trap")
    assert (rows.count(), said.inner_text()) == (2, "2 of 5 shown")
    form.get_by_label("Refused").select_option("yes")
    assert rows.locator("th").all_inner_texts() == ["Which king do bats sleep beside?"]
    form.get_by_role("button", name="Show all").click()
    form.get_by_label("Words").fill("CAVES where")
    form.get_by_label("Status").select_option("unsupported")
    assert rows.locator("th").all_inner_texts() == ["Where do bats sleep?"]
    form.get_by_role("button", name="Show all").click()
    form.get_by_label("Kind").select_option(CASES[1].kind)
    assert rows.count() == 1
    page.close()


def test_a_marker_leads_to_the_marked_words(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = open_page(browser, pages["answer"])
    case = page.locator("#case-1")
    assert not case.locator("mark").is_visible()
    case.locator("summary").click()
    assert case.locator("mark").inner_text() == SLEEP
    assert case.locator("mark").is_visible()
    assert case.locator(".tag", has_text="quoted").last.is_visible()
    case.get_by_role("link", name="[1]").click()
    assert page.locator("sup:target").inner_text() == "[1]"
    page.close()


def test_without_javascript_all_is_there_but_the_filters(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = open_page(browser, pages["answer"], java_script_enabled=False)
    assert page.locator(".cards .figure").first.is_visible()
    page.locator(".setup summary").click()
    assert page.locator("dd", has_text="scripted").is_visible()
    assert page.locator("figure svg").first.is_visible()
    assert page.locator("table.cases > tbody").first.is_visible()
    assert not page.locator("#filters").is_visible()
    page.close()


CONTRASTS = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const channel = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
  };
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const found = {};
  for (const node of document.querySelectorAll("body *")) {
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    if (!node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const pair = [node instanceof SVGElement ? style.fill : style.color].map(rgb).concat([behind(node)]).map(light);
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) found[`${node.tagName}.${node.getAttribute("class") || ""}`] = ratio;
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["answer", "retrieve", "verify"])
def test_all_text_stands_out_in_both_schemes(browser: Browser, pages: dict[str, Path], kind: str, scheme: Any) -> None:
    page, _ = open_page(browser, pages[kind], color_scheme=scheme)
    assert page.evaluate(CONTRASTS) == {}  # the ratio that WCAG 2.2 asks for at level AA
    page.close()


def test_the_page_fits_a_telephone(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = open_page(browser, pages["answer"], viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()
