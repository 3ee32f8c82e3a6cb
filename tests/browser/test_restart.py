"""The server is killed and started again: an open page recovers by itself and has the state of its URL."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from benchmarks.browser import served, settle
from core.data import sample_photos


@pytest.fixture
def restarted(fresh_server):
    """A function that kills the server, starts it on the same port and waits until the page is connected."""
    url, process = fresh_server
    again = served(port=int(url.rsplit(":", 1)[1]))

    def restart(page):
        process.kill()  # SIGKILL
        process.wait()
        connection = page.get_by_test_id("stApp")
        expect(connection).not_to_have_attribute("data-test-connection-state", "CONNECTED")
        again.__enter__()
        expect(connection).to_have_attribute("data-test-connection-state", "CONNECTED")
        settle(page)

    yield restart
    again.__exit__(None, None, None)


def test_the_convolution_page_recovers_with_its_settings(open_page, fresh_server, restarted):
    page = open_page("convolution", at=fresh_server[0], query={"kernel_w": 5, "stride_h": 2})
    board = page.locator(".st-key-grid canvas")
    expect(board.nth(1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 5"))
    restarted(page)
    formula = page.locator(".st-key-calculation")
    for _ in range(20):  # a click before the new server has drawn the page is lost
        page.get_by_role("button", name="Next").click()
        page.wait_for_timeout(1000)
        if "y[0, 0]" not in formula.inner_text():
            break
    expect(formula).to_contain_text(re.compile(r"y\[0, [1-4]\] = "))
    expect(board.nth(1)).to_have_attribute("aria-label", re.compile("Kernel 3 × 5"))
    expect(board.nth(2)).to_have_attribute("aria-label", re.compile("Output 3 × 5"))


def test_a_page_recovers_with_its_point_after_a_killed_training(open_page, fresh_server, restarted):
    page = open_page("latent_space", at=fresh_server[0], query={"z1": 1.5, "z2": -0.5})
    page.get_by_role("tab", name="Train", exact=True).click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_test_id("stButton").get_by_role("button", name="Stop", exact=True)).to_be_visible()
    restarted(page)
    expect(page.locator(".st-key-answer")).to_contain_text("z1 = 1.50, z2 = −0.50")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    page.reload()
    expect(page.get_by_role("tab", name="Train", exact=True)).to_have_attribute("aria-selected", "true")
    mark = page.locator("circle.marked").evaluate("mark => [mark.dataset.z1, mark.dataset.z2].map(Number)")
    assert mark == [1.5, -0.5]


def test_a_photo_that_was_being_processed_has_expired_and_can_be_uploaded_again(open_page, fresh_server, restarted):
    page = open_page("segmentation", at=fresh_server[0], query={"threshold": 0.7, "photo_view": "Mask"})
    expect(page.get_by_role("img", name="Mask of the sample photo astronaut")).to_be_visible()
    file = io.BytesIO()
    Image.new("RGB", (8000, 6000)).save(file, "PNG")  # slow to decode
    page.set_input_files('input[type="file"]', {"name": "a.png", "mimeType": "image/png", "buffer": file.getvalue()})
    page.wait_for_selector('[data-test-script-state="running"]')
    restarted(page)
    expect(page.get_by_test_id("stAlert")).to_contain_text("expired")
    expect(page.get_by_role("img", name="Mask of the sample photo astronaut")).to_be_visible()
    photo = {"name": "photo.png", "mimeType": "image/png", "buffer": sample_photos.sample("Coffee")}
    page.set_input_files('input[type="file"]', photo)
    expect(page.get_by_role("img", name="Mask of your photo 1")).to_be_visible()
    page.get_by_role("radio", name="Cat").or_(page.get_by_role("button", name="Cat")).first.click()
    expect(page.get_by_role("img", name="Mask of the sample photo cat")).to_be_visible()
    page.get_by_text("Before / after").click()
    page.get_by_role("tab", name="How sure it is").click()
    expect(page.locator(".st-key-reliability")).to_be_visible()
    page.reload()
    expect(page.get_by_role("slider", name="How much of the picture shows the photo")).to_be_visible()
    expect(page.get_by_role("img", name="Mask of the sample photo cat")).to_be_visible()
    expect(page.locator(".st-key-reliability")).to_be_visible()
    assert re.search(r"threshold=0.7", page.url)
    assert re.search(r"photo=Cat", page.url)
