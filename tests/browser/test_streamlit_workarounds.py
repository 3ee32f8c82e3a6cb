"""Faults of Streamlit in the browser, without our workarounds: a test fails when its workaround can go."""

from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from benchmarks.browser import served, settle

APP = "tests/support/plain_app.py"


@pytest.fixture
def plain(browser):
    """(page, server process) of an app without workarounds."""
    with served(APP) as (url, process):
        page = browser.new_page()
        page.goto(url)
        settle(page)
        yield page, process
        page.close()


@contextmanager
def restarted(page, process):
    """Kill the server and start it again; the page is connected to the new one."""
    process.kill()
    process.wait()
    connection = page.get_by_test_id("stApp")
    expect(connection).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    with served(APP, port=urlsplit(page.url).port):
        expect(connection).to_have_attribute("data-test-connection-state", "CONNECTED")
        yield


def test_a_written_parameter_is_a_history_entry(plain):
    page, _ = plain
    before = page.evaluate("history.length")
    page.get_by_role("button", name="Write").click()
    page.wait_for_url("**/?n=1")
    assert page.evaluate("history.length") == before + 1, "replace_query can go"


def test_all_garbage_is_collected_after_every_run(plain):
    page, _ = plain
    expect(page.get_by_text("Collections ")).to_have_text("Collections 0")
    page.get_by_role("button", name="Write").click()
    expect(page.get_by_text("Collections "), "limit_gc can go").not_to_have_text("Collections 0")


def test_a_restarted_server_runs_no_page_anew(plain):
    page, _ = plain
    number = page.get_by_text("Number ").inner_text()
    with restarted(*plain):
        page.wait_for_timeout(3000)
        assert page.get_by_text("Number ").inner_text() == number, "rerun_after_reconnect can go"


def test_the_text_of_a_primary_button_is_white_in_the_dark_theme(plain):
    page, _ = plain
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(20, 22, 27)")
    colour = page.get_by_role("button", name="Write").evaluate("button => getComputedStyle(button).color")
    assert colour == "rgb(255, 255, 255)", "darken_text_on_primary_buttons can go"
