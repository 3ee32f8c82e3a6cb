"""One server and one Chromium for all tests in this folder."""

import os
from urllib.parse import urlencode

import pytest

from benchmarks.browser import NO_CHROMIUM, chromium_path, launched, served, settle

TIMEOUT_MS = 60_000  # a busy machine is slow


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import expect, sync_playwright

    if not chromium_path():
        (pytest.fail if os.environ.get("BROWSER_TESTS") == "required" else pytest.skip)(NO_CHROMIUM)
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(browser):
    """The URL of one app that all browser tests share."""
    with served() as (url, _):
        yield url


@pytest.fixture
def fresh_server(browser):
    """(URL, process) of an app that has had no user yet."""
    with served() as started:
        yield started


def assert_healthy(page):
    """No exception box, no error alert in the browser's console, no traceback in the text."""
    assert page.locator('[data-testid="stException"]').count() == 0, page.locator(
        '[data-testid="stException"]'
    ).inner_text()
    assert "Traceback (most recent call last)" not in page.inner_text("body")
    assert page.script_errors == []


@pytest.fixture(scope="session")
def context(browser):
    """One context for all tests: with its cache, pages open in two thirds of the time."""
    context = browser.new_context(accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def open_page(server, context):
    """`open_page("convolution", width=400, color_scheme="dark", query={...})` opens a page and waits for it.

    At the end of the test the page must have no exception box and no script error.
    """
    opened = []

    def opener(name, *, width=1280, height=900, color_scheme="light", query=None, at=server):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme)
        page.set_default_timeout(TIMEOUT_MS)
        page.script_errors = []
        page.on("pageerror", lambda error: page.script_errors.append(str(error)))
        path = "" if name == "home" else name
        page.goto(f"{at}/{path}" + (f"?{urlencode(query)}" if query else ""))
        settle(page)
        page.settle = lambda: settle(page)
        opened.append(page)
        return page

    yield opener
    for page in opened:
        assert_healthy(page)
        page.close()
