"""The segmentation page in Chromium: uploads, widgets that a user drags or clicks, history, narrow windows."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from core import photos
from core.data import sample_photos


@pytest.fixture(scope="module")
def portrait():
    """A phone's photo: (bytes of a JPEG stored as landscape with its orientation in EXIF, the upright photo).

    It is the astronaut's left two thirds, enlarged.
    """
    upright = Image.fromarray(photos.decode(sample_photos.sample("Astronaut"))[:, :384]).resize((1500, 2000))
    exif = Image.Exif()
    exif[274] = 6  # "turn me a quarter clockwise"
    file = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=92, exif=exif)
    assert Image.open(file).size == (2000, 1500)
    return file.getvalue(), np.asarray(upright)


def overlay(page):
    return page.get_by_role("img", name="under a mask")


def pixels(page, locator):
    """(height, width) of a picture as the browser decoded it."""
    return locator.evaluate("image => image.decode().then(() => [image.naturalHeight, image.naturalWidth])")


def test_a_portrait_photo_comes_out_upright_under_its_mask(open_page, portrait, tmp_path):
    data, upright = portrait
    page = open_page("segmentation")
    overlay(page).wait_for()
    page.set_input_files('input[type="file"]', {"name": "IMG 1.jpg", "mimeType": "image/jpeg", "buffer": data})
    page.get_by_text("1500 × 2000 pixels").wait_for()
    page.settle()
    height, width = pixels(page, overlay(page))
    assert height / width == pytest.approx(4 / 3, rel=0.01)

    saved = {}
    for name in ("Mask", "Overlay", "Cut-out"):
        with page.expect_download() as download:
            page.get_by_test_id("stDownloadButton").get_by_text(name, exact=True).click()
        assert download.value.suggested_filename == f"IMG_1-{name.lower()}.png"
        download.value.save_as(tmp_path / f"{name}.png")
        saved[name] = np.asarray(Image.open(tmp_path / f"{name}.png"))
    mask = saved["Mask"] == 255
    assert mask.shape == (2000, 1500)
    assert 0.05 < mask.mean() < 0.95
    # Off the mask the photo's own pixels, upright; on it the tint.
    outside = ~mask
    assert np.abs(saved["Overlay"][outside].astype(int) - upright[outside]).mean() < 4
    assert np.abs(saved["Overlay"][mask].astype(int) - upright[mask]).mean() > 30
    # The cut-out's alpha is clear off the object, solid on it and soft between.
    alpha = saved["Cut-out"][..., 3]
    assert saved["Cut-out"].shape == (2000, 1500, 4)
    assert (alpha[mask].min() >= 127, alpha[outside].max() <= 128) == (True, True)
    assert {0, 255} < set(np.unique(alpha))
    # The woman stands in the lower part of an upright picture; the sky is above her.
    assert mask[1000:].mean() > 2 * mask[:200].mean()


def test_the_threshold_slider_changes_the_mask(open_page):
    page = open_page("segmentation")
    overlay(page).wait_for()
    before = overlay(page).get_attribute("alt")
    page.get_by_role("slider", name="Threshold").focus()
    page.keyboard.press("End")
    page.wait_for_function("before => !document.querySelector(`img[alt='${before}']`)", arg=before)
    page.settle()
    share = [float(alt.split("covers ")[1].split(" %")[0]) for alt in (before, overlay(page).get_attribute("alt"))]
    assert share[1] < share[0]


def test_the_divider_moves_with_mouse_and_keys(open_page):
    page = open_page("segmentation")
    overlay(page).wait_for()
    page.get_by_text("Before / after").click()
    slider = page.get_by_role("slider", name="How much of the picture shows the photo")
    slider.wait_for()
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.3 * box["height"], steps=5)
    page.mouse.up()
    assert float(slider.input_value()) == pytest.approx(25, abs=1)
    page.keyboard.press("ArrowRight")
    moved = float(slider.input_value())
    assert moved == pytest.approx(26, abs=1)
    # What is cut off is the upper picture, the photo, exactly where the slider stands; other controls leave it there.
    page.get_by_text("Sky", exact=True).click()
    page.settle()
    photo = page.get_by_role("img", name="The sample photo astronaut", exact=True)
    assert photo.evaluate("image => image.style.clipPath") == f"inset(0px {100 - moved:g}% 0px 0px)"


def test_parts_of_the_diagram_open_by_mouse_and_by_key(open_page):
    page = open_page("segmentation")
    page.locator('[data-part="stage3-merge4"]').click()
    page.get_by_role("heading", name=re.compile("stride 4$|stride 4 ")).wait_for()
    stage = page.get_by_role("button", name=re.compile(r"Stage 2, \d+×\d+×16"))
    stage.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Stage 2").wait_for()
    page.settle()
    assert stage.get_attribute("aria-pressed") == "true"
    assert stage.evaluate("part => part === part.getRootNode().activeElement")


def test_a_narrow_window_needs_no_sideways_scrolling(open_page):
    page = open_page("segmentation", width=400, color_scheme="dark")
    overlay(page).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    right = overlay(page).evaluate("image => image.getBoundingClientRect().right")
    assert right <= 400
    metrics = lambda: [each.bounding_box() for each in page.get_by_test_id("stMetric").all()]  # noqa: E731
    share, regions = metrics()
    assert share["y"] == regions["y"]
    page.get_by_role("tab", name="About the network").click()
    page.get_by_text("Training photos", exact=True).wait_for()
    page.settle()
    rows = [box["y"] for box in metrics()[2:]]
    assert rows[0] == rows[1] < rows[2] == rows[3]


def option(page, name):
    """An option of a segmented control."""
    return page.get_by_role("radio", name=name, exact=True).or_(page.get_by_role("button", name=name, exact=True)).first


def test_back_and_forward_agree_with_the_controls(open_page):
    page = open_page("segmentation")
    slider = page.get_by_role("slider", name="Probability threshold")

    def shows(photo, threshold, tab):
        expect(page.get_by_role("img", name=f"The sample photo {photo}, the object under a mask")).to_be_visible()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        expect(slider).to_have_value(threshold)
        page.settle()

    steps = [("astronaut", "0.5", "The idea"), ("cat", "0.5", "The idea"), ("cat", "0.99", "The idea")]
    steps.append(("cat", "0.99", "How sure it is"))
    shows(*steps[0])
    option(page, "Cat").click()
    expect(page).to_have_url(re.compile("photo=Cat"))
    shows(*steps[1])
    slider.focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("threshold=0.99"))
    shows(*steps[2])
    page.get_by_role("tab", name="How sure it is").click()
    expect(page).to_have_url(re.compile("segmentation_tab="))
    shows(*steps[3])
    for step in reversed(steps[:-1]):  # one entry of the history for each step
        page.go_back()
        shows(*step)
    for step in steps[1:]:
        page.go_forward()
        shows(*step)


def test_an_upload_survives_another_page_but_not_a_new_session(open_page):
    page = open_page("segmentation")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": sample_photos.sample("Coffee")}
    page.set_input_files('input[type="file"]', file)
    mine = page.get_by_role("img", name="Your photo 1, the object under a mask")
    expect(mine).to_be_visible()
    page.settle()
    page.get_by_role("link", name="Home").click()
    expect(mine).to_have_count(0)
    page.settle()
    page.go_back()
    expect(mine).to_be_visible()
    page.settle()
    assert page.get_by_test_id("stAlert").count() == 0
    page.reload()
    expect(page.get_by_test_id("stAlert")).to_contain_text("expired")
    expect(page.get_by_role("img", name="The sample photo astronaut, the object under a mask")).to_be_visible()
