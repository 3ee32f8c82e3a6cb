"""The latent space page in Chromium: hover, click, zoom, history; the browser's decoder compared with Python's."""

import base64
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from benchmarks.browser import TIMEOUT_MS, settle
from core import autoencoder
from core.autoencoder import codes
from core.photos import to_uint8
from ui.latent_space import live_digit, state

UI = Path(__file__).parents[2] / "ui"
CHART = ".st-key-plane .js-plotly-plot"


@pytest.fixture(scope="module")
def pretrained():
    return autoencoder.load()


@pytest.fixture
def page(open_page):
    page = open_page("latent_space")
    page.locator("circle.marked").wait_for()
    page.wait_for_timeout(300)  # the chart takes its final width a little later
    return page


def plot_area(page):
    """Left, top, width and height of the plotting area in the window, and the ranges of the axes."""
    return page.evaluate(
        """selector => {
          const gd = document.querySelector(selector), {xaxis, yaxis} = gd._fullLayout, box = gd.getBoundingClientRect()
          return {left: box.left + xaxis._offset, top: box.top + yaxis._offset,
                  width: xaxis._length, height: yaxis._length, x: xaxis.range, y: yaxis.range}
        }""",
        CHART,
    )


def spot(page, across, down):
    """Window pixel, plane coordinates and size of a pixel in the plane at fractions of the plotting area."""
    area = plot_area(page)
    pixel = (round(area["left"] + across * area["width"]), round(area["top"] + down * area["height"]))
    z1 = np.interp(pixel[0] - area["left"], [0, area["width"]], area["x"])
    z2 = np.interp(pixel[1] - area["top"], [0, area["height"]], area["y"][::-1])
    return pixel, (float(z1), float(z2)), (area["x"][1] - area["x"][0]) / area["width"]


def marked(page):
    data = page.locator("circle.marked").evaluate("mark => ({...mark.dataset})")
    return float(data["z1"]), float(data["z2"])


def wait_for_new_mark(page, before):
    """Components are in shadow roots, which the document's selectors do not enter."""
    page.wait_for_function(
        """before => {
          for (const host of document.querySelectorAll(".st-key-plane_layer *")) {
            const mark = host.shadowRoot?.querySelector("circle.marked")
            if (mark) return Number(mark.dataset.z1) !== before[0] || Number(mark.dataset.z2) !== before[1]
          }
        }""",
        arg=list(before),
    )
    settle(page)


def click(page, across, down):
    """Click at fractions of the plotting area and wait for the mark; return what `spot` returns."""
    before = marked(page)
    pixel, point, per_pixel = spot(page, across, down)
    page.mouse.click(*pixel)
    wait_for_new_mark(page, before)
    return pixel, point, per_pixel


def marked_picture(page):
    """The picture of the marked point that Python sent, (28, 28) uint8."""
    url = page.locator(".st-key-answer img").evaluate("img => img.src")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("L"))


def live_picture(page):
    """The picture that the browser has decoded, (28, 28) uint8, and its point."""
    canvas = page.locator(".st-key-live canvas")
    pixels = canvas.evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 == 0)"
    )
    data = canvas.evaluate("c => ({...c.dataset})")
    return np.array(pixels).reshape(28, 28), (float(data["z1"]), float(data["z2"]))


def test_a_click_on_empty_space_marks_it_and_python_decodes_it(page, pretrained):
    old = marked_picture(page)
    pixel, point, per_pixel = click(page, 0.15, 0.12)  # upper left: no digit is near
    assert np.abs(codes.load()[0].points - point).max(axis=1).min() > 1
    assert np.abs(np.subtract(marked(page), point)).max() <= per_pixel
    ring = page.locator("circle.marked").bounding_box()
    centre = (ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    np.testing.assert_allclose(centre, pixel, atol=1)
    picture = marked_picture(page)
    assert np.abs(picture.astype(int) - old).mean() > 5
    np.testing.assert_allclose(picture, to_uint8(pretrained.decode(np.array([marked(page)]))[0]), atol=1)


def test_ten_clicks_in_a_row_mark_their_points_also_zoomed_and_panned(page):
    random = np.random.default_rng(0)
    for i in range(10):
        if i == 3:
            page.locator(".modebar-btn[data-val='in']").click()
            page.wait_for_timeout(600)
        if i == 6:
            (x, y), _, _ = spot(page, 0.5, 0.5)
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + 90, y - 40, steps=5)
            page.mouse.up()
            page.wait_for_timeout(300)
        pixel, point, per_pixel = click(page, *random.uniform(0.1, 0.9, 2))
        assert np.abs(np.subtract(marked(page), point)).max() <= per_pixel
        ring = page.locator("circle.marked").bounding_box()
        np.testing.assert_allclose((ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2), pixel, atol=1)


def test_hover_decodes_as_python_does_and_marks_nothing(page, pretrained):
    for across, down in ((0.2, 0.3), (0.55, 0.5), (0.9, 0.9)):
        pixel, point, per_pixel = spot(page, across, down)
        page.mouse.move(*pixel)
        page.wait_for_timeout(100)
        picture, at = live_picture(page)
        assert np.abs(np.subtract(at, point)).max() <= per_pixel
        np.testing.assert_allclose(picture, to_uint8(pretrained.decode(np.array([at]))[0]), atol=1)
    assert marked(page) == (2, -4)


def test_number_fields_mark_a_point_without_a_mouse(page, pretrained):
    before = marked(page)
    page.get_by_label("z1", exact=True).fill("-2.5")
    page.keyboard.press("Enter")
    wait_for_new_mark(page, before)
    assert marked(page) == (-2.5, -4)
    np.testing.assert_allclose(marked_picture(page), to_uint8(pretrained.decode(np.array([[-2.5, -4]]))[0]), atol=1)


def test_the_browser_decodes_a_thousand_points_as_python_does(browser, pretrained):
    points = np.random.default_rng(0).uniform(-12, 9, (1000, 2)).astype(np.float32)
    page = browser.new_page()
    page.add_script_tag(content=(UI / "latent_space" / "decoder.js").read_text())
    answer = page.evaluate(
        """([weights, points]) => {
          const decode = makeDecoder(floats(weights))
          const all = new Float32Array(784 * points.length)
          points.forEach(([z1, z2], i) => all.set(decode(z1, z2), 784 * i))
          const bytes = new Uint8Array(all.buffer)
          let text = ""
          for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768))
          return btoa(text)
        }""",
        [live_digit.payload(pretrained.decoder), points.tolist()],
    )
    page.close()
    decoded = np.frombuffer(base64.b64decode(answer), "<f4").reshape(1000, 28, 28)
    np.testing.assert_allclose(decoded, pretrained.decode(points), atol=1e-5)


def drag(page, selector, places):
    """Press at the first place (fractions of the element's width and height), move over the others, release."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    pixels = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*pixels[0])
    page.mouse.down()
    for pixel in pixels[1:]:
        page.mouse.move(*pixel, steps=8)
    page.mouse.up()


def open_tab(page, name):
    page.get_by_role("tab", name=name).click()
    page.wait_for_timeout(300)
    page.settle()


def test_a_drawn_one_is_placed_among_the_ones(page):
    open_tab(page, "Draw")
    page.locator(".st-key-square canvas").wait_for()
    drag(page, ".st-key-square canvas", [(0.65, 0.15), (0.35, 0.85)])
    example = page.locator("circle.example")
    example.wait_for()
    data = example.evaluate("mark => ({...mark.dataset})")
    point = np.array([float(data["z1"]), float(data["z2"])])
    _, known = codes.load()
    nearest = np.linalg.norm(known.points - point, axis=1).argsort()[:15]
    assert np.bincount(known.labels[nearest]).argmax() == 1
    page.locator(".st-key-square button").click()
    page.locator("circle.example").wait_for(state="detached")


def assert_agrees(page, point, pretrained):
    """The ring in the plane, the number fields, the digit and the URL all show `point`."""
    ring = page.locator("circle.marked")
    for axis, value in zip(("z1", "z2"), point, strict=True):
        expect(ring).to_have_attribute(f"data-{axis}", f"{value:.4f}".rstrip("0").rstrip("."))
    page.settle()
    for axis, value in zip(("z1", "z2"), point, strict=True):
        assert float(page.get_by_label(axis, exact=True).input_value()) == pytest.approx(value, abs=0.006)
    np.testing.assert_allclose(marked_picture(page), to_uint8(pretrained.decode(np.array([point]))[0]), atol=1)

    def has_the_point(url):
        query = parse_qs(urlsplit(url).query)
        defaults = dict(zip(("z1", "z2"), state.LESSON_POINT, strict=True))
        return [float(query.get(axis, [defaults[axis]])[0]) for axis in defaults] == [*point]

    page.wait_for_url(has_the_point)  # a page with restored values gets them a moment later


def test_a_click_is_one_history_entry_and_back_and_forward_agree(page, pretrained):
    length = page.evaluate("history.length")
    points = [marked(page)]
    for across in (0.2, 0.5, 0.8):
        click(page, across, 0.3)
        points.append(marked(page))
    assert page.evaluate("history.length") == length + 3
    assert_agrees(page, points[3], pretrained)
    for move, number in (("go_back", 2), ("go_back", 1), ("go_back", 0), ("go_forward", 1), ("go_forward", 2)):
        getattr(page, move)()
        assert_agrees(page, points[number], pretrained)
    assert page.locator(".st-key-saved img").count() == 3
    page.reload()
    assert_agrees(page, points[2], pretrained)


def test_back_from_another_page_returns_to_the_point_the_tab_and_the_saved_points(page, pretrained):
    click(page, 0.3, 0.3)
    click(page, 0.7, 0.6)
    point = marked(page)
    open_tab(page, "Walk")
    page.get_by_role("link", name="Home").first.click()
    page.get_by_role("heading", name="Segmentation Lab").wait_for()
    page.go_back()
    expect(page.get_by_role("tab", name="Walk")).to_have_attribute("aria-selected", "true")
    assert_agrees(page, point, pretrained)
    page.go_back()
    expect(page.get_by_role("tab", name="Saved points")).to_have_attribute("aria-selected", "true")
    assert_agrees(page, point, pretrained)
    assert page.locator(".st-key-saved img").count() == 2


def test_a_link_to_a_page_with_restored_values_is_one_history_entry(page, pretrained):
    click(page, 0.3, 0.3)
    point = marked(page)
    page.get_by_role("link", name="Convolution").first.click()
    page.get_by_role("heading", name="Convolution", level=1).wait_for()
    page.settle()
    length = page.evaluate("history.length")
    page.get_by_role("link", name="Latent space").first.click()
    assert_agrees(page, point, pretrained)
    page.wait_for_url(re.compile("z1="))
    assert page.evaluate("history.length") == length + 1
    click(page, 0.6, 0.6)
    moved = marked(page)
    assert_agrees(page, moved, pretrained)
    page.go_back()
    assert_agrees(page, point, pretrained)
    page.go_back()
    page.get_by_role("heading", name="Convolution", level=1).wait_for()


def test_point_and_saved_points_survive_a_visit_to_another_page(page, pretrained):
    click(page, 0.3, 0.3)
    click(page, 0.7, 0.6)
    point = marked(page)
    assert page.locator(".st-key-saved img").count() == 2
    page.get_by_role("link", name="Home").first.click()
    page.get_by_role("link", name="Latent space").first.click()
    page.locator(".st-key-saved img").nth(1).wait_for()
    assert_agrees(page, point, pretrained)
    with page.expect_download() as download:
        page.locator(".st-key-saved_download button").click()
    assert Image.open(download.value.path()).format == "PNG"


def test_a_typed_point_outside_the_axes_becomes_visible(page, pretrained):
    page.get_by_label("z1", exact=True).fill("30")
    page.keyboard.press("Enter")
    page.wait_for_function("selector => document.querySelector(selector)._fullLayout.xaxis.range[1] > 30", arg=CHART)
    assert_agrees(page, (30, -4), pretrained)
    ring, area = page.locator("circle.marked").bounding_box(), plot_area(page)
    assert area["left"] <= ring["x"] <= area["left"] + area["width"] - ring["width"]


def test_the_atlas_fills_what_is_visible_and_follows_the_zoom(page):
    page.get_by_text("Atlas", exact=True).click()
    for button in (None, "in", "out"):
        if button:
            page.locator(f".st-key-plane .modebar-btn[data-val='{button}']").click()
        page.wait_for_function(
            """selector => {
              const {xaxis, yaxis, images} = document.querySelector(selector)._fullLayout
              if (!images?.length) return false
              const [image] = images, close = (a, b) => Math.abs(a - b) < 0.05 * (xaxis.range[1] - xaxis.range[0])
              return close(image.x, xaxis.range[0]) && close(image.x + image.sizex, xaxis.range[1])
                && close(image.y, yaxis.range[1])
            }""",
            arg=CHART,
        )
        page.settle()


def test_a_tap_marks_a_point_and_decodes_it(server, browser):
    context = browser.new_context(viewport={"width": 400, "height": 900}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(f"{server}/latent_space")
    settle(page)
    page.locator("circle.marked").wait_for()
    page.wait_for_timeout(1000)
    before = marked(page)
    page.locator(CHART).scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    pixel, point, per_pixel = spot(page, 0.2, 0.2)
    page.touchscreen.tap(*pixel)
    wait_for_new_mark(page, before)
    assert np.abs(np.subtract(marked(page), point)).max() <= per_pixel
    assert live_picture(page)[1] == pytest.approx(marked(page), abs=6e-5)  # a marked point has four decimals
    context.close()


def test_a_model_is_trained_and_adopted(page):
    open_tab(page, "Train")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("this is your model now").wait_for(timeout=60_000)
    page.wait_for_function(
        "selector => document.querySelector(selector).data.map(trace => trace.name).join() === '0,1,7'", arg=CHART
    )
