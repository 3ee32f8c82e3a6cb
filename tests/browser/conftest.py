"""One real server and one real Chromium for all tests in this folder."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = (
    "no Chromium found: install one (Debian, Ubuntu: apt-get install chromium; Chrome will do) to run the browser tests"
)
TIMEOUT_MS = 30_000


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium_path():
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    found = found or (str(mac) if mac.exists() else None)
    if found:
        return found
    if os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail(NO_CHROMIUM)
    pytest.skip(NO_CHROMIUM)


@contextmanager
def running_app(log):
    """A server of its own, started as `make app` starts it: (address, process)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", f"--server.port={port}"]
    with log.open("w") as sink:
        process = subprocess.Popen(command, cwd=ROOT, stdout=sink, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the app did not start:\n{log.read_text()}")
                time.sleep(0.1)
        yield url, process
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def server(chromium_path, tmp_path_factory):
    """The address of one app that all browser tests share."""
    with running_app(tmp_path_factory.mktemp("server") / "log.txt") as (url, _):
        yield url


@pytest.fixture
def fresh_server(chromium_path, tmp_path):
    """(address, process) of an app that nobody has visited yet."""
    with running_app(tmp_path / "log.txt") as started:
        yield started


@pytest.fixture(scope="session")
def browser(chromium_path):
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


def settle(page):
    """Wait until the script has run to its end and nothing on the page is stale."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=TIMEOUT_MS)


def assert_healthy(page):
    """No exception box, no error alert in the browser's console, no traceback in the text."""
    assert page.locator('[data-testid="stException"]').count() == 0, page.locator(
        '[data-testid="stException"]'
    ).inner_text()
    assert "Traceback (most recent call last)" not in page.inner_text("body")
    assert page.script_errors == []


@pytest.fixture
def open_page(server, browser):
    """`open_page("convolution", width=400, color_scheme="dark", query={...})` gives a settled Playwright page.

    Every page opened this way is checked at the end of the test: no exception box, no script error.
    """
    opened = []

    def opener(name, *, width=1280, height=900, color_scheme="light", query=None, at=server):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=color_scheme, accept_downloads=True
        )
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.script_errors = []
        page.on("pageerror", lambda error: page.script_errors.append(str(error)))
        path = "" if name == "home" else name
        page.goto(f"{at}/{path}" + (f"?{urlencode(query)}" if query else ""))
        page.wait_for_selector('[data-testid="stMain"] [data-testid="stElementContainer"]')
        settle(page)
        page.settle = lambda: settle(page)
        opened.append(page)
        return page

    yield opener
    for page in opened:
        assert_healthy(page)
        page.context.close()
