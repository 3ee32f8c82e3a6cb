"""The plane under a real pointer: hover, click, zoom; the browser's decoder against TensorFlow's."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import autoencoder, codes
from ui import live_digit, pictures

UI = Path(__file__).parents[2] / "ui"
CHART = ".st-key-plane .js-plotly-plot"


@pytest.fixture(scope="module")
def shipped():
    return autoencoder.load()


@pytest.fixture
def page(open_page):
    page = open_page("latent_space")
    page.locator("circle.marked").wait_for()
    page.wait_for_timeout(300)  # the chart takes its final width a little later
    return page


def plot_area(page):
    """Left, top, width and height of the plotting area in the window, and the axes' ranges."""
    return page.evaluate(
        """selector => {
          const gd = document.querySelector(selector), {xaxis, yaxis} = gd._fullLayout, box = gd.getBoundingClientRect()
          return {left: box.left + xaxis._offset, top: box.top + yaxis._offset,
                  width: xaxis._length, height: yaxis._length, x: xaxis.range, y: yaxis.range}
        }""",
        CHART,
    )


def spot(page, across, down):
    """Window pixels and plane coordinates of a place given as parts of the plotting area."""
    area = plot_area(page)
    pixel = (round(area["left"] + across * area["width"]), round(area["top"] + down * area["height"]))
    z1 = np.interp(pixel[0] - area["left"], [0, area["width"]], area["x"])
    z2 = np.interp(pixel[1] - area["top"], [0, area["height"]], area["y"][::-1])
    return pixel, (float(z1), float(z2)), (area["x"][1] - area["x"][0]) / area["width"]


def marked(page):
    data = page.locator("circle.marked").evaluate("mark => ({...mark.dataset})")
    return float(data["z1"]), float(data["z2"])


def wait_for_new_mark(page, before):
    """Streamlit's custom components live in shadow roots, which a document's own selectors do not enter."""
    page.wait_for_function(
        """before => {
          for (const host of document.querySelectorAll(".st-key-layer *")) {
            const mark = host.shadowRoot?.querySelector("circle.marked")
            if (mark) return Number(mark.dataset.z1) !== before[0] || Number(mark.dataset.z2) !== before[1]
          }
        }""",
        arg=list(before),
    )
    page.settle()


def click(page, across, down):
    """Click and wait for the mark; gives the pixel, where it lies in the plane and how much of the plane a pixel is."""
    before = marked(page)
    pixel, point, per_pixel = spot(page, across, down)
    page.mouse.click(*pixel)
    wait_for_new_mark(page, before)
    return pixel, point, per_pixel


def marked_picture(page):
    """The picture of the marked point as Python sent it, (28, 28) uint8."""
    address = page.locator(".st-key-answer img").evaluate("img => img.src")
    picture = np.asarray(Image.open(io.BytesIO(page.request.get(address).body())).convert("L"))
    return picture[:: pictures.SCALE, :: pictures.SCALE]


def live_picture(page):
    """What the browser's own decoder has drawn, (28, 28) uint8, and the point it says it is."""
    canvas = page.locator(".st-key-live canvas")
    pixels = canvas.evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 == 0)"
    )
    data = canvas.evaluate("c => ({...c.dataset})")
    return np.array(pixels).reshape(28, 28), (float(data["z1"]), float(data["z2"]))


def test_a_click_on_empty_space_marks_it_and_python_decodes_it(page, shipped):
    old = marked_picture(page)
    pixel, point, per_pixel = click(page, 0.15, 0.12)  # upper left: no digit is near
    assert np.abs(codes.load()[0].points - point).max(axis=1).min() > 1
    assert np.abs(np.subtract(marked(page), point)).max() <= per_pixel
    ring = page.locator("circle.marked").bounding_box()
    centre = (ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    np.testing.assert_allclose(centre, pixel, atol=1)
    picture = marked_picture(page)
    assert np.abs(picture.astype(int) - old).mean() > 5
    np.testing.assert_allclose(picture, pictures.grey(shipped.decode(np.array([marked(page)]))[0]), atol=1)


def test_ten_clicks_in_a_row_land_also_zoomed_and_panned(page):
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


def test_hover_draws_what_tensorflow_decodes_and_marks_nothing(page, shipped):
    for across, down in ((0.2, 0.3), (0.55, 0.5), (0.9, 0.9)):
        pixel, point, per_pixel = spot(page, across, down)
        page.mouse.move(*pixel)
        page.wait_for_timeout(100)
        picture, said = live_picture(page)
        assert np.abs(np.subtract(said, point)).max() <= per_pixel
        np.testing.assert_allclose(picture, pictures.grey(shipped.decode(np.array([said]))[0]), atol=1)
    assert marked(page) == (2, -4)


def test_number_fields_do_the_same_without_a_mouse(page, shipped):
    before = marked(page)
    page.get_by_label("z1", exact=True).fill("-2.5")
    page.keyboard.press("Enter")
    wait_for_new_mark(page, before)
    assert marked(page) == (-2.5, -4)
    np.testing.assert_allclose(marked_picture(page), pictures.grey(shipped.decode(np.array([[-2.5, -4]]))[0]), atol=1)


def test_the_browser_decodes_a_thousand_points_as_tensorflow_does(browser, shipped):
    points = np.random.default_rng(0).uniform(-12, 9, (1000, 2)).astype(np.float32)
    page = browser.new_page()
    page.add_script_tag(content=(UI / "decoder.js").read_text())
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
        [live_digit.payload(shipped.model.layers[1].get_weights()), points.tolist()],
    )
    page.close()
    decoded = np.frombuffer(base64.b64decode(answer), "<f4").reshape(1000, 28, 28)
    np.testing.assert_allclose(decoded, shipped.decode(points), atol=1e-5)
