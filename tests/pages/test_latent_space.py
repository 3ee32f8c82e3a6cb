import base64
import io
import json
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import autoencoder
from core.autoencoder import codes, digits, model_file, network
from ui.common import pictures
from ui.latent_space import digit_source, state, stills

PAGE = Path(__file__).parents[2] / "pages" / "latent_space.py"


@pytest.fixture(autouse=True)
def without_network_and_mnist(monkeypatch, tmp_path):
    """Every test here runs cut off: no file named, an empty cache, and a network that no connection leaves."""

    def refused(*_):
        raise OSError("the network is cut off")

    monkeypatch.delenv("MNIST_FILE", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    digit_source.pictures_of_digits.clear()
    yield
    digit_source.pictures_of_digits.clear()


@pytest.fixture
def page():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    return app


def text_of(app):
    return " ".join(element.value for kind in ("markdown", "info", "warning", "error") for element in app.get(kind))


def test_without_network_and_mnist_the_page_says_so_and_uses_scikit_learns_digits(page):
    open_tab(page, "Reconstruct")
    assert "scikit-learn" in text_of(page)
    assert "MNIST_FILE" in text_of(page)
    assert not page.error


def test_number_fields_mark_and_keep_a_point(page):
    page.number_input(key="z1").set_value(-3.5).run()
    page.number_input(key="z2").set_value(1.25).run()
    assert not page.exception
    assert page.session_state["marked"] == (-3.5, 1.25)
    assert page.session_state["kept"][-1] == (-3.5, 1.25)


def test_the_address_names_the_marked_point():
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["z1"], app.query_params["z2"] = "-1.5", "2"
    app.run()
    assert app.session_state["marked"] == (-1.5, 2.0)
    assert not app.warning


@pytest.mark.parametrize("z1", ["nan", "inf", "1e9", "left", ""])
def test_an_address_that_names_no_point_is_a_sentence(z1):
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["z1"], app.query_params["z2"] = z1, "0"
    app.run()
    assert not app.exception
    assert "address" in app.warning[0].value
    assert app.session_state["marked"] == state.LESSON_POINT


def test_a_click_far_outside_is_brought_back():
    def script():
        from ui.latent_space import state

        state.mark((5e6, -5e6))

    app = AppTest.from_function(script).run()
    assert app.session_state["marked"] == (state.FAR, -state.FAR)


def test_a_broken_file_that_was_named_is_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "mine.npz").write_bytes(b"no pictures")
    monkeypatch.setenv("MNIST_FILE", str(tmp_path / "mine.npz"))
    app = open_tab(AppTest.from_file(PAGE, default_timeout=60), "Reconstruct")
    assert "mine.npz" in app.error[0].value


def test_a_digit_is_drawn_white_on_black_and_clipped():
    image = np.zeros((28, 28))
    image[3, 4], image[5, 6] = 1.7, -0.4
    drawn = pictures.digit(image, scale=2)
    assert drawn.shape == (56, 56)
    assert drawn[6:8, 8:10].min() == 255
    assert drawn.sum() == 4 * 255


def test_the_oldest_kept_point_makes_room(page):
    page.session_state["kept"] = [(float(i), 0.0) for i in range(state.KEPT_AT_MOST)]
    page.number_input(key="z1").set_value(100.0).run()
    kept = page.session_state["kept"]
    assert len(kept) == state.KEPT_AT_MOST
    assert (kept[0][0], kept[-1][0]) == (1, 100)


def open_tab(app, name):
    app.session_state["latent_tab"] = name
    app.run()
    assert not app.exception
    return app


def buttons(app, beginning):
    return [button for button in app.button if str(button.key or "").startswith(beginning)]


def test_kept_points_are_removed_one_by_one_or_all(page):
    page.session_state["kept"] = [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]
    page.run()
    page.button(key="kept_remove_1").click().run()
    assert page.session_state["kept"] == [(1.0, 2.0), (5.0, 6.0)]
    next(button for button in page.button if button.label == "Remove all").click().run()
    assert page.session_state["kept"] == []
    assert "Nothing kept yet" in " ".join(caption.value for caption in page.caption)


def test_the_verdict_on_a_point_and_its_nearest_digits(page):
    _, known = codes.load()
    for point, word in (((2.0, 1.0), "Dense"), ((-9.0, 4.0), "No digit ever landed here")):
        page.number_input(key="z1").set_value(point[0]).run()
        page.number_input(key="z2").set_value(point[1]).run()
        open_tab(page, "Where am I?")
        assert word in text_of(page)
        table = page.dataframe[0].value  # without MNIST there are no pictures: codes instead
        distances = np.sort(np.linalg.norm(known.points - point, axis=1))[: len(table)]
        np.testing.assert_allclose(table["Distance"], distances, rtol=1e-4)


def test_the_worst_test_digits_are_the_worst(page):
    open_tab(page, "Reconstruct")
    data = digits.scikit_learn_digits().of(digits.LESSON_CLASSES)
    images = digits.unit(data.test_images)
    errors = network.squared_error(images, autoencoder.load().reconstruct(images))
    worst = buttons(page, "worst_")
    assert [int(button.label) for button in worst] == np.argsort(errors)[::-1][: len(worst)].tolist()
    worst[0].click().run()
    assert page.number_input(key="test_digit").value == errors.argmax()
    assert page.metric[0].value == f"{errors.max():.4f}"


def test_the_lessons_point_is_one_click_away(page):
    page.number_input(key="z1").set_value(7.0).run()
    open_tab(page, "Lesson")
    next(button for button in page.button if "(2, −4)" in button.label).click().run()
    assert page.session_state["marked"] == (2, -4)
    assert (page.number_input(key="z1").value, page.number_input(key="z2").value) == (2, -4)


def test_atlas_and_density_lie_under_the_codes(page):
    page.toggle(key="shaded").set_value(True)
    page.toggle(key="tiled").set_value(True).run()
    page.slider(key="columns").set_value(8).run()
    assert not page.exception
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert figure["data"][0]["type"] == "heatmap"
    (image,) = figure["layout"]["images"]
    assert image["layer"] == "below"
    mosaic = Image.open(io.BytesIO(base64.b64decode(image["source"].split(",")[1])))
    assert mosaic.width == 8 * 28
    # The tile that a point lies in shows the digit decoded at the tile's middle.
    side = image["sizex"] / 8
    middle = (image["x"] + 2.5 * side, image["y"] - 1.5 * side)
    decoded = pictures.grey(autoencoder.load().decode(np.array([middle]))[0])
    np.testing.assert_allclose(np.asarray(mosaic)[28:56, 56:84, 1], decoded, atol=1)


def test_a_sheet_and_a_gif_can_be_opened():
    images = np.random.default_rng(0).uniform(0, 1, (7, 28, 28))
    sheet = Image.open(io.BytesIO(stills.sheet(images, np.zeros((7, 2)))))
    assert sheet.format == "PNG"
    walk = Image.open(io.BytesIO(stills.gif(images)))
    assert (walk.format, walk.n_frames) == ("GIF", 12)
    np.testing.assert_allclose(np.asarray(walk.convert("L"))[::8, ::8], pictures.grey(images[0]), atol=3)


def png_of(picture):
    return "digit.png", pictures.png(picture), "image/png"


def marks_of(app):
    """What the page asked the layer over the plane to draw."""
    (layer,) = [each for each in app.get("bidi_component") if "latent_plane_layer" in str(each.proto)]
    return json.loads(layer.proto.json)


def test_an_uploaded_digit_is_framed_encoded_and_placed(page):
    source = digits.scikit_learn_digits().of((6,)).test_images[0]
    open_tab(page, "Draw")
    page.segmented_control(key="digit_from").set_value("Picture").run()
    page.file_uploader(key="digit_picture").set_value(
        png_of(255 - np.pad(np.kron(source, np.ones((4, 4), np.uint8)), 9))
    )
    page.run()
    assert not page.exception
    framed = digits.mnist_frame(digits.ink(np.repeat(255 - np.pad(source, 9)[..., None], 3, axis=2)))
    shipped = autoencoder.load()
    again = shipped.reconstruct(digits.unit(framed[None]))
    error = float(network.squared_error(digits.unit(framed[None]), again)[0])
    assert float(page.metric[0].value) == pytest.approx(error, abs=0.005)
    (guest,) = [mark for mark in marks_of(page)["marks"] if mark["kind"] == "guest"]
    np.testing.assert_allclose(guest["at"], shipped.encode(digits.unit(framed[None]))[0], atol=0.5)


@pytest.mark.parametrize(
    ("picture", "words"),
    [(np.zeros((1, 1), np.uint8), "no ink"), (np.full((50, 50), 255, np.uint8), "no ink"), (None, "picture")],
)
def test_a_picture_without_a_digit_is_a_sentence(page, picture, words):
    open_tab(page, "Draw")
    page.segmented_control(key="digit_from").set_value("Picture").run()
    file = png_of(picture) if picture is not None else ("digit.png", b"no picture at all", "image/png")
    page.file_uploader(key="digit_picture").set_value(file).run()
    assert not page.exception
    assert words in page.warning[0].value


def test_nothing_drawn_is_a_sentence(page):
    open_tab(page, "Draw")
    assert "Draw a digit" in text_of(page)


def test_a_walk_is_straight_and_its_steps_are_decoded(page):
    open_tab(page, "Walk")
    page.slider(key="walk_steps").set_value(7).run()
    page.slider(key="walk_step").set_value(4).run()
    assert not page.exception
    _, known = codes.load()
    start, end = (np.median(known.points[known.labels == label], axis=0) for label in (1, 6))
    layer = marks_of(page)
    np.testing.assert_allclose(layer["paths"][0], np.linspace(start, end, 7), atol=1e-5)
    (guest,) = [mark for mark in layer["marks"] if mark["kind"] == "guest"]
    np.testing.assert_allclose(guest["at"], (start + end) / 2, atol=1e-5)


def test_a_walk_along_kept_points_needs_two(page):
    open_tab(page, "Walk")
    page.segmented_control(key="way").set_value("Along kept points").run()
    assert "two points" in page.info[0].value
    page.session_state["kept"] = [(0.0, 0.0), (1.0, 0.0), (1.0, -3.0)]
    page.run()
    assert not page.exception
    way = np.array(marks_of(page)["paths"][0])
    np.testing.assert_allclose(way[[0, -1]], [(0, 0), (1, -3)])


def train_two_classes(app):
    open_tab(app, "Train")
    app.pills(key="train_classes").set_value([0, 7])
    app.number_input(key="train_epochs").set_value(1).run()
    next(button for button in app.button if button.label == "Train").click().run()
    assert not app.exception
    assert app.session_state["training_job"].wait(60)
    return app.run()


def test_a_model_of_ones_own_takes_the_shipped_ones_place_for_this_visitor_alone(page):
    train_two_classes(page)
    own = page.session_state["own_plane"]
    assert own.classes == [0, 7]
    assert state.shipped_plane().classes == [1, 5, 6]
    names = {trace["name"] for trace in json.loads(page.get("plotly_chart")[0].proto.spec)["data"]}
    assert names == {"0", "7"}
    page.toggle(key="use_own").set_value(False).run()
    names = {trace["name"] for trace in json.loads(page.get("plotly_chart")[0].proto.spec)["data"]}
    assert names == {"1", "5", "6"}
    assert "own_plane" not in AppTest.from_file(PAGE, default_timeout=60).run().session_state


def test_every_tab_works_with_a_model_of_ones_own(page):
    train_two_classes(page)
    for name in ("Kept", "Where am I?", "Reconstruct", "Draw", "Walk", "Train", "Lesson"):
        open_tab(page, name)
        assert not page.error


def test_a_model_of_another_shape_is_a_sentence_and_a_good_one_is_taken(page):
    shipped = state.shipped_plane()
    file = model_file.to_bytes(shipped.autoencoder, shipped.shown, shipped.known, shipped.source)
    open_tab(page, "Train")
    page.file_uploader(key="own_file").set_value(("mine.npz", b"no model", "application/octet-stream")).run()
    assert "no model" in page.warning[0].value
    page.file_uploader(key="own_file").set_value(("mine.npz", file, "application/octet-stream")).run()
    assert not page.exception
    assert page.session_state["own_plane"].classes == [1, 5, 6]
