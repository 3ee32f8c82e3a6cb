import base64
import io
import json
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import autoencoder
from core.autoencoder import codes, digits, model_file, network
from core.photos import to_uint8
from core.training import background_job
from ui.common import pictures
from ui.common.my_model import Status
from ui.latent_space import digit_source, neighbours_tab, state, stills

PAGE = Path(__file__).parents[2] / "pages" / "latent_space.py"


@pytest.fixture(autouse=True)
def without_network_and_mnist(monkeypatch, tmp_path):
    """No MNIST_FILE, an empty Keras cache and no network."""

    def refused(*_):
        raise OSError("no network")

    monkeypatch.delenv("MNIST_FILE", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    digit_source.all_digits.clear()
    yield
    digit_source.all_digits.clear()


@pytest.fixture
def page():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    return app


def saved_points(app):
    return app.session_state["latent_space"]


def marked(app):
    return app.session_state["z1"], app.session_state["z2"]


def opened(**query):
    app = AppTest.from_file(PAGE, default_timeout=60)
    for key, text in query.items():
        app.query_params[key] = text
    app.run()
    assert not app.exception
    return app


def captions(app):
    return " ".join(caption.value for caption in app.caption)


def test_without_mnist_a_caption_names_scikit_learns_digits(page):
    for tab in ("Reconstruct", "Draw", "Train"):
        open_tab(page, tab)
        assert "scikit-learn" in captions(page)
        assert "MNIST_FILE" in captions(page)
        assert not page.error
        assert not page.warning


def test_number_fields_mark_and_save_a_point(page):
    page.number_input(key="z1").set_value(-3.5).run()
    page.number_input(key="z2").set_value(1.25).run()
    assert not page.exception
    assert marked(page) == (-3.5, 1.25)
    assert saved_points(page).saved == [(-3.5, -4.0), (-3.5, 1.25)]
    assert dict(page.query_params) == {"z1": "-3.5", "z2": "1.25"}


def test_the_url_gives_the_marked_point_and_saves_nothing():
    app = opened(z1="-1.5", z2="2")
    assert marked(app) == (-1.5, 2.0)
    assert saved_points(app).saved == []
    assert not app.toast


@pytest.mark.parametrize("z1", ["nan", "inf", "1e9", "left", ""])
def test_an_impossible_point_in_the_url_gives_a_notice_and_the_default(z1):
    app = opened(z1=z1, z2="0")
    (notice,) = app.toast
    assert "z1" in notice.value
    assert marked(app) == (state.LESSON_POINT[0], 0)


SETTINGS = {
    "latent_tab": "Walk",
    "z1": "-1.5",
    "z2": "0.25",
    "density": "true",
    "atlas": "true",
    "columns": "8",
    "walk_from": "Middle of the 5s",
    "walk_to": "Marked point",
    "walk_steps": "7",
    "walk_step": "3",
}


def test_the_url_gives_every_setting_and_stays_as_it_is():
    app = opened(**SETTINGS)
    assert dict(app.query_params) == SETTINGS
    assert (app.toggle(key="density").value, app.toggle(key="atlas").value) == (True, True)
    assert app.slider(key="columns").value == 8
    assert (app.slider(key="walk_steps").value, app.slider(key="walk_step").value) == (7, 3)
    assert (app.selectbox(key="walk_from").value, app.selectbox(key="walk_to").value) == tuple(
        SETTINGS[key] for key in ("walk_from", "walk_to")
    )
    app = opened(latent_tab="Reconstruct", test_digit="9999")
    assert app.number_input(key="test_digit").value == app.number_input(key="test_digit").max
    assert opened(latent_tab="Draw", digit_from="Picture").file_uploader(key="digit_picture")


def test_settings_survive_a_visit_to_another_page():
    app = AppTest.from_file(PAGE.parents[1] / "streamlit_app.py", default_timeout=60).run()
    app.switch_page("pages/latent_space.py").run()
    app.number_input(key="z1").set_value(-3.5).run()
    app.toggle(key="density").set_value(True).run()
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/latent_space.py").run()
    assert not app.exception
    assert app.number_input(key="z1").value == -3.5
    assert marked(app) == (-3.5, -4)
    assert app.toggle(key="density").value
    assert saved_points(app).saved == [(-3.5, -4)]


def test_a_click_far_outside_is_brought_within_the_limits():
    def script():
        from ui.latent_space import state

        state.mark((5e6, -5e6))

    assert marked(AppTest.from_function(script, default_timeout=60).run()) == (state.LIMIT, -state.LIMIT)


def test_a_damaged_file_that_the_user_names_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "mine.npz").write_bytes(b"no pictures")
    monkeypatch.setenv("MNIST_FILE", str(tmp_path / "mine.npz"))
    app = opened(latent_tab="Reconstruct")
    assert "mine.npz" in app.error[0].value


def test_a_damaged_file_in_keras_cache_is_named_and_the_page_works(tmp_path):
    cached = digits.keras_cache()
    cached.parent.mkdir()
    cached.write_bytes(b"PK damaged")
    app = opened(latent_tab="Reconstruct")
    assert cached.name in app.warning[0].value
    assert app.metric
    assert not app.error


def test_a_digit_is_white_on_black_and_clipped():
    image = np.zeros((28, 28))
    image[3, 4], image[5, 6] = 1.7, -0.4
    drawn = pictures.digit(image, scale=2)
    assert drawn.shape == (56, 56)
    assert drawn[6:8, 8:10].min() == 255
    assert drawn.sum() == 4 * 255


def test_the_oldest_saved_point_is_dropped(page):
    saved_points(page).saved = [(float(i), 0.0) for i in range(state.MAX_SAVED)]
    page.number_input(key="z1").set_value(100.0).run()
    saved = saved_points(page).saved
    assert len(saved) == state.MAX_SAVED
    assert (saved[0][0], saved[-1][0]) == (1, 100)


def open_tab(app, name):
    app.session_state["latent_tab"] = name
    app.run()
    assert not app.exception
    return app


def buttons(app, beginning):
    return [button for button in app.button if str(button.key or "").startswith(beginning)]


def test_saved_points_are_removed_one_by_one_or_all(page):
    saved_points(page).saved = [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]
    page.run()
    page.button(key="saved_remove_1").click().run()
    assert saved_points(page).saved == [(1.0, 2.0), (5.0, 6.0)]
    page.button(key="saved_remove").click().run()
    assert saved_points(page).saved == []
    assert not buttons(page, "saved_remove_")


def test_the_density_at_a_point_and_its_nearest_digits(page):
    _, known = codes.load()
    for point, level in (((2.0, 1.0), "dense"), ((-9.0, 4.0), "empty")):
        page.number_input(key="z1").set_value(point[0]).run()
        page.number_input(key="z2").set_value(point[1]).run()
        open_tab(page, "Neighbours")
        badges = [each.value for each in page.markdown if "badge" in each.value]
        assert len(badges) == 2
        assert all(neighbours_tab.BADGES[level][0] in badge for badge in badges)
        table = page.dataframe[0].value  # without MNIST the tab shows codes instead of images
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
    page.button(key="decode_lesson_point").click().run()
    assert marked(page) == (2, -4)
    assert (page.number_input(key="z1").value, page.number_input(key="z2").value) == (2, -4)


def test_atlas_and_density_are_under_the_codes(page):
    page.toggle(key="density").set_value(True)
    page.toggle(key="atlas").set_value(True).run()
    page.slider(key="columns").set_value(8).run()
    assert not page.exception
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert figure["data"][0]["type"] == "heatmap"
    (image,) = figure["layout"]["images"]
    assert image["layer"] == "below"
    mosaic = Image.open(io.BytesIO(base64.b64decode(image["source"].split(",")[1])))
    assert mosaic.width == 8 * 28
    # A tile shows the digit decoded at its centre.
    side = image["sizex"] / 8
    middle = (image["x"] + 2.5 * side, image["y"] - 1.5 * side)
    decoded = to_uint8(autoencoder.load().decode(np.array([middle]))[0])
    np.testing.assert_allclose(np.asarray(mosaic)[28:56, 56:84, 1], decoded, atol=1)


def test_a_sheet_and_a_gif_can_be_opened():
    images = np.random.default_rng(0).uniform(0, 1, (7, 28, 28))
    sheet = Image.open(io.BytesIO(stills.sheet(images, np.zeros((7, 2)))))
    assert sheet.format == "PNG"
    walk = Image.open(io.BytesIO(stills.gif(images)))
    assert (walk.format, walk.n_frames) == ("GIF", 12)
    np.testing.assert_allclose(np.asarray(walk.convert("L"))[::8, ::8], to_uint8(images[0]), atol=3)


def png_of(picture):
    return "digit.png", pictures.png(picture), "image/png"


def layer_data(app):
    """The data that the page sends to the layer over the chart."""
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
    (example,) = [mark for mark in layer_data(page)["marks"] if mark["kind"] == "example"]
    np.testing.assert_allclose(example["at"], shipped.encode(digits.unit(framed[None]))[0], atol=0.5)


@pytest.mark.parametrize(
    ("picture", "words"),
    [(np.zeros((1, 1), np.uint8), "no ink"), (np.full((50, 50), 255, np.uint8), "no ink"), (None, "picture")],
)
def test_a_picture_without_a_digit_gives_a_warning(page, picture, words):
    open_tab(page, "Draw")
    page.segmented_control(key="digit_from").set_value("Picture").run()
    file = png_of(picture) if picture is not None else ("digit.png", b"no picture at all", "image/png")
    page.file_uploader(key="digit_picture").set_value(file).run()
    assert not page.exception
    assert words in page.warning[0].value


def test_an_empty_square_says_what_to_do(page):
    open_tab(page, "Draw")
    assert page.info
    assert not page.metric


def test_an_uploaded_digit_survives_another_tab(page):
    open_tab(page, "Draw")
    page.segmented_control(key="digit_from").set_value("Picture").run()
    upload = png_of(255 - np.pad(digits.scikit_learn_digits().test_images[0], 9))
    page.file_uploader(key="digit_picture").set_value(upload).run()
    error = page.metric[0].value
    open_tab(page, "Lesson")
    open_tab(page, "Draw")
    assert page.metric[0].value == error


def test_a_walk_is_straight_and_its_steps_are_decoded(page):
    open_tab(page, "Walk")
    page.slider(key="walk_steps").set_value(7).run()
    page.slider(key="walk_step").set_value(4).run()
    assert not page.exception
    _, known = codes.load()
    start, end = (np.median(known.points[known.labels == label], axis=0) for label in (1, 6))
    marks = {mark["kind"]: mark for mark in layer_data(page)["marks"]}
    np.testing.assert_allclose(marks["path"]["at"], np.linspace(start, end, 7), atol=1e-5)
    example = marks["example"]
    np.testing.assert_allclose(example["at"], (start + end) / 2, atol=1e-5)


def test_a_walk_along_saved_points_needs_two(page):
    open_tab(page, "Walk")
    page.segmented_control(key="walk").set_value(state.WALKS[1]).run()
    assert page.info
    saved_points(page).saved = [(0.0, 0.0), (1.0, 0.0), (1.0, -3.0)]
    page.run()
    assert not page.exception
    path = np.array(layer_data(page)["marks"][0]["at"])
    np.testing.assert_allclose(path[[0, -1]], [(0, 0), (1, -3)])


def my(app):
    return app.session_state["my_autoencoder"]


def start_training(app):
    open_tab(app, "Train")
    app.pills(key="train_classes").set_value([0, 7])
    app.number_input(key="train_epochs").set_value(1).run()
    app.button(key="my_autoencoder_start").click().run()
    assert not app.exception
    assert my(app).status is Status.TRAINING
    return app


def train_two_classes(app):
    start_training(app)
    assert my(app).job.wait(60)
    app.run()
    assert not app.exception
    return app


def digits_of_the_plane(app):
    return {trace["name"] for trace in json.loads(app.get("plotly_chart")[0].proto.spec)["data"]}


def test_your_own_model_replaces_the_pretrained_one_in_your_session_alone(page):
    train_two_classes(page)
    assert my(page).status is Status.TRAINED
    assert my(page).plane.classes == [0, 7]
    assert state.pretrained_plane().classes == [1, 5, 6]
    assert digits_of_the_plane(page) == {"0", "7"}
    page.toggle(key="use_own").set_value(False).run()
    assert digits_of_the_plane(page) == {"1", "5", "6"}
    assert my(opened()).status is Status.NONE


def visible(app):
    """Whether the marked point is inside the axes of the chart."""
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    ranges = [layout[axis]["range"] for axis in ("xaxis", "yaxis")]
    return all(low <= z <= high for (low, high), z in zip(ranges, marked(app), strict=True))


def test_the_axes_contain_the_marked_point_after_training(page):
    page.number_input(key="z1").set_value(7.5).run()
    page.number_input(key="z2").set_value(-9.0).run()
    assert visible(page)
    train_two_classes(page)
    assert np.abs(my(page).plane.test_codes.points).max() < 7  # else this test cannot fail
    assert visible(page)
    page.number_input(key="z1").set_value(300.0).run()
    assert visible(page)


def test_a_click_outside_the_axes_of_a_zoomed_plane_leaves_them_alone(page):
    def script():
        from ui.latent_space import state

        before = state.axes(state.pretrained_plane())
        state.mark((300, 0), clicked=True)
        assert state.axes(state.pretrained_plane()) == before
        state.mark((301, 0))
        assert state.axes(state.pretrained_plane())[1] > 301
        state.mark((2, -4))
        assert state.axes(state.pretrained_plane()) == before

    assert not AppTest.from_function(script, default_timeout=60).run().exception


def test_every_tab_works_with_the_users_own_model(page):
    train_two_classes(page)
    for name in state.TABS:
        open_tab(page, name)
        assert not page.error


def test_a_model_file_whose_digits_are_unknown_shows_no_neighbour_images(page, monkeypatch):
    def script():
        from dataclasses import replace

        from core.autoencoder.model_file import TrainedAutoencoder
        from ui.latent_space import state

        plane = state.pretrained_plane()
        known = replace(plane.known, index=plane.known.index.astype(int) + 60_000)
        state.MyAutoencoder.of_session().adopt(
            TrainedAutoencoder(plane.autoencoder, plane.test_codes, known, "scikit-learn's digits")
        )

    app = AppTest.from_function(script, default_timeout=60).run()
    page.session_state["my_autoencoder"] = my(app)
    open_tab(page, "Neighbours")
    assert page.dataframe


def test_a_training_that_fails_before_its_first_step_shows_why(page, monkeypatch):
    def unreadable(*_):
        raise digits.DigitsError("MNIST cannot be read.")

    monkeypatch.setattr(codes, "shown_rows", unreadable)
    start_training(page)
    assert my(page).job.wait(60)
    page.run()
    assert not page.exception
    assert my(page).status is Status.FAILED
    assert [warning.value for warning in page.warning] == ["MNIST cannot be read."]


def test_a_training_stopped_before_its_first_step_leaves_no_model(page, monkeypatch):
    monkeypatch.setattr(background_job, "AT_ONCE", 0)
    start_training(page)
    assert "1st" in page.get("progress")[0].proto.text
    again = opened(latent_tab="Train", train_job=my(page).job.id)  # a reload
    assert my(again).job is my(page).job
    again.button(key="my_autoencoder_stop").click().run()
    assert not again.exception
    assert my(again).status is Status.STOPPED
    page.run()
    assert not page.exception
    assert my(page).status is Status.STOPPED
    assert my(page).model is None
    assert digits_of_the_plane(page) == {"1", "5", "6"}


def test_a_training_goes_on_while_you_use_another_tab_for_ten_minutes(page, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(background_job, "time", SimpleNamespace(monotonic=lambda: now[0]))
    open_tab(page, "Train")
    page.number_input(key="train_epochs").set_value(60).run()
    page.button(key="my_autoencoder_start").click().run()
    job = my(page).job
    for tab in ("Walk", "Draw"):
        open_tab(page, tab)
        epochs = len(job.progress.history) if job.progress else 0
        now[0] += 601
        deadline = time.monotonic() + 60
        while (not job.progress or len(job.progress.history) <= epochs) and not job.wait(0.05):
            assert time.monotonic() < deadline
        assert not job.wait(0)
    job.stop()
    assert job.wait(60)
    open_tab(page, "Train")
    assert my(page).status is Status.STOPPED
    assert my(page).plane.classes == [0, 1, 7]


def test_a_file_of_something_else_is_a_sentence_and_a_model_is_loaded(page):
    plane = state.pretrained_plane()
    file = model_file.to_bytes(
        model_file.TrainedAutoencoder(plane.autoencoder, plane.test_codes, plane.known, plane.source)
    )
    open_tab(page, "Train")
    page.file_uploader(key="my_autoencoder_file").set_value(("mine.npz", b"no model", "application/octet-stream")).run()
    assert ".npz" in page.warning[0].value
    page.file_uploader(key="my_autoencoder_file").set_value(("mine.npz", file, "application/octet-stream")).run()
    assert not page.exception
    assert not page.warning
    assert my(page).plane.classes == [1, 5, 6]
    assert not page.toggle(key="use_own").disabled
