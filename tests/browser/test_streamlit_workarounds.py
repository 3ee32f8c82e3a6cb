"""Faults of Streamlit in the browser, without our workarounds: a test fails when its workaround can go."""

import pytest
from playwright.sync_api import expect

from benchmarks.browser import served, settle

APP = "tests/support/plain_app.py"
FILE = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}


@pytest.fixture
def plain(browser):
    """(page, server process) of an app without workarounds, with one uploaded file."""
    with served(APP) as (url, process):
        page = browser.new_page()
        page.goto(url)
        settle(page)
        page.set_input_files('input[type="file"]', FILE)
        expect(page.get_by_text("UploadedFile")).to_be_visible()
        yield page, process
        page.close()


def test_a_written_parameter_is_a_history_entry(plain):
    page, _ = plain
    before = page.evaluate("history.length")
    page.get_by_role("button", name="Write").click()
    page.wait_for_url("**/?n=1")
    assert page.evaluate("history.length") == before + 1, "replace_query can go"


def test_a_restarted_server_runs_no_page_anew_and_knows_no_upload(plain):
    page, process = plain
    run = page.get_by_text("Number ").inner_text()
    process.kill()
    process.wait()
    connection = page.get_by_test_id("stApp")
    expect(connection).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    with served(APP, port=int(page.url.split(":")[2].split("/")[0])):
        expect(connection).to_have_attribute("data-test-connection-state", "CONNECTED")
        page.wait_for_timeout(3000)
        assert page.get_by_text("Number ").inner_text() == run, "rerun_after_reconnect can go"
        page.set_input_files('input[type="file"]', FILE)
        expect(page.get_by_text("Files "), "present_files can go").to_contain_text("DeletedFile")
