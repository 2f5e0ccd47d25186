"""Each of the examples runs against a server process: the real encoder, a model that does as it is told."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect, sync_playwright

from tests.serving import ROOT, Server, serving

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]

EXAMPLES = ROOT / "examples"
CHROMIUM = Path("/usr/bin/chromium")
KEY = "change-me"
QUESTION = "What did North Korea object to?"
OBJECTED = "North Korea on Sunday objected to the agreement"
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
# The example's own code, without the browser: what it replies to a follow-up, and that its page is served.
GRADIO = f"""
import gradio_chat, gradio_client
history = [{{"role": "user", "content": {QUESTION!r}}}, {{"role": "assistant", "content": "To missiles."}}]
print(list(gradio_chat.reply("And what did it call that a sign of?", history))[-1])
_, url, _ = gradio_chat.demo.launch(prevent_thread_lock=True, quiet=True)
print(gradio_client.Client(url, verbose=False).predict({QUESTION!r}, api_name="/reply"))
"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Another website, at an origin of its own: its address, and its folder."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLES / "website", folder, dirs_exist_ok=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", folder
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def server(seeds_library: Path, site: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as the examples say it is started."""
    folder = tmp_path_factory.mktemp("served") / "articles"
    shutil.copytree(seeds_library.parent, folder)
    options = ["--cors", site[0], "--allow-host", "host.docker.internal"]
    with serving(folder / ".rag", *options, RAG_API_KEY=KEY) as started:
        yield started


def run(server: Server, *command: str, python: str = sys.executable) -> str:
    environment = os.environ | {"FOOTNOTED_URL": server.url, "FOOTNOTED_KEY": KEY, "PYTHONPATH": str(EXAMPLES)}
    done = subprocess.run([python, *command], env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_openai_client_prints_the_answer_and_where_its_citations_open(server: Server) -> None:
    printed = run(server, str(EXAMPLES / "openai_client.py"), QUESTION)
    assert printed.startswith(OBJECTED)
    *_, last = printed.splitlines()
    assert last.startswith("North Korea condemns U.S.-Japan plan")
    assert f"{server.url}/documents/" in last


def test_the_gradio_chat_replies_within_the_conversation(server: Server) -> None:
    # Gradio wants an older Pillow than this project is pinned to, so it lives in an environment of its own.
    python = os.environ.get("GRADIO_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import gradio, openai"], capture_output=True, check=False).returncode:
        pytest.skip("gradio is not installed; name a Python that has gradio and openai in GRADIO_PYTHON")
    assert run(server, "-c", GRADIO, python=python).count(OBJECTED) >= 2


def test_open_webui_finds_the_server_under_the_settings_given_to_it(server: Server) -> None:
    folder = EXAMPLES / "open-webui"
    service = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))["services"]["open-webui"]
    lines = (folder / service["env_file"]).read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", maxsplit=1) for line in lines if line and not line.startswith("#"))
    base = settings.pop("OPENAI_API_BASE_URL")
    headers = {"Authorization": f"Bearer {settings.pop('OPENAI_API_KEY')}", "Host": "host.docker.internal:8000"}
    assert service["extra_hosts"] == ["host.docker.internal:host-gateway"]
    assert base == f"http://{headers['Host']}/v1"
    answer = server.client.get("/v1/models", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]
    assert set(settings.values()) == {"false"}
    assert all(name.startswith("ENABLE_") for name in settings)


@pytest.fixture
def page(server: Server, site: tuple[str, Path]) -> Iterator[Page]:
    """The example's page in a browser, with the address and key of the server in it."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}; install it with: apt-get install chromium")
    url, folder = site
    text = (EXAMPLES / "website" / "index.html").read_text(encoding="utf-8")
    told = f'data-server="{server.url}" data-key="{KEY}"'
    assert 'data-server="http://127.0.0.1:8000"' in text
    (folder / "index.html").write_text(text.replace('data-server="http://127.0.0.1:8000"', told), encoding="utf-8")
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        opened = browser.new_page()
        opened.goto(url)
        yield opened
        browser.close()


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask").click()


def test_the_box_on_another_website_answers_with_footnotes_and_understands_follow_ups(page: Page) -> None:
    ask(page, QUESTION)
    expect(page.locator(".footnoted-answers p")).to_contain_text(f"{OBJECTED}")
    expect(page.locator(".footnoted-answers li q")).to_contain_text(OBJECTED)
    expect(page.locator(".footnoted-answers cite")).to_contain_text("North Korea condemns U.S.-Japan plan")
    with page.expect_request("**/api/ask") as asked:
        ask(page, f"And what did it call that a sign of? {HOSTILE}")
    sent = asked.value.post_data_json
    assert sent
    assert [turn["question"] for turn in sent["history"]] == [QUESTION]
    expect(page.locator(".footnoted-answers li q").nth(1)).to_be_visible()
    expect(page.locator(".footnoted-answers h3").last).to_contain_text("<img src=x")
    assert page.title() == "My articles"


def test_the_box_tells_what_goes_wrong(page: Page) -> None:
    ask(page, f"{QUESTION} BREAK OFF")
    expect(page.locator(".footnoted-answers p")).to_contain_text("Something went wrong in the server")
    ask(page, f"{QUESTION} REFUSE")
    expect(page.locator(".footnoted-answers p").last).to_have_text("The articles do not say.")
