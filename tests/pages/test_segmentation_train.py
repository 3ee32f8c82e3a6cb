"""The tab "Train" of the segmentation page."""

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import weights
from core.data import datasets, synthetic_shapes
from core.fcn import model_file, short_training
from core.fcn.training_job import FcnJob
from core.training import background_job
from tests.support.networks import eager
from ui.common.my_model import Status
from ui.segmentation import state, train_tab

PAGE = Path(__file__).parents[2] / "pages" / "segmentation.py"


def tab():
    from ui.segmentation import photo_input, predictions
    from ui.segmentation.train_tab import train_own

    train_own(predictions.on_screen(photo_input.sample("Coffee")))


@pytest.fixture
def page():
    app = AppTest.from_function(tab, default_timeout=120).run()
    assert not app.exception
    return app


def captions(app):
    return [image.captions[0] for image in app.get("image")]


def zipped(pairs):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for pair in pairs:
            for folder, pixels in (("images", pair.photo), ("masks", np.uint8(255) * pair.mask)):
                picture = io.BytesIO()
                Image.fromarray(pixels).save(picture, "PNG")
                archive.writestr(f"{folder}/{pair.name}.png", picture.getvalue())
    return file.getvalue()


def bring(app, *files):
    app.segmented_control(key="fcn_source").set_value(state.PHOTOS).run()
    app.file_uploader(key="fcn_files").set_value([(name, data, "application/octet-stream") for name, data in files])
    app.run()
    assert not app.exception
    return app


def test_the_tab_is_on_the_page():
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.query_params["segmentation_tab"] = "Train"
    app.run()
    assert not app.exception
    assert app.button(key="my_network_start").label == "Train"


def test_the_settings_of_the_training_are_in_the_url():
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.query_params.update({"segmentation_tab": "Train", "fcn_crop": "64", "fcn_epochs": "3"})
    app.run()
    assert app.selectbox(key="fcn_crop").value == "64"
    assert app.number_input(key="fcn_epochs").value == 3
    app.number_input(key="fcn_seed").set_value(7).run()
    assert not app.exception
    assert app.query_params["fcn_seed"] == "7"
    assert app.query_params["fcn_epochs"] == "3"


def test_both_channels_of_the_training_photos_are_displayed(page):
    assert captions(page) == ["Photo", "Channel 0: background", "Channel 1: object"]
    bring(page, ("mine.zip", zipped(synthetic_shapes.drawn(3, side=64))))
    assert captions(page) == ["Photo", "Channel 0: background", "Channel 1: object"]
    assert page.slider(key="fcn_shown_3").max == 3
    assert not page.button(key="my_network_start").disabled


def test_the_lessons_files_are_read_together(page):
    pairs = synthetic_shapes.drawn(4, side=64)
    masks = np.stack([np.stack([~pair.mask, pair.mask], axis=-1) for pair in pairs]).astype(np.uint8)
    photos = np.stack([pair.photo for pair in pairs])
    files = []
    for name, array in zip(datasets.TRIPLE, (photos, masks, photos[:2]), strict=True):
        file = io.BytesIO()
        np.save(file, array)
        files.append((name, file.getvalue()))
    bring(page, *files)
    assert page.slider(key="fcn_shown_4").max == 4
    bring(page, *files[1:])
    assert "images_training.npy missing" in page.text[0].value
    assert page.button(key="my_network_start").disabled


def test_the_preview_names_the_training_photo_and_how_many_there_are(page):
    bring(page, ("mine.zip", zipped(synthetic_shapes.drawn(3, side=64))))
    page.slider(key="fcn_shown_3").set_value(2).run()
    assert re.search(r"\b2\b.*\b3\b", page.slider(key="fcn_shown_3").label)


def test_a_file_name_is_text_and_never_markdown(page):
    pairs = synthetic_shapes.drawn(2, side=64)
    named = [datasets.Pair("**bold** $x$ <b>", pairs[0].photo, pairs[0].mask[:32]), pairs[1]]
    bring(page, ("**mine**.zip", zipped(named)))
    assert page.text[0].value.startswith("**bold** $x$ <b> cannot be read: The mask has 64 x 32 pixels")
    rest = " ".join(e.value for kind in ("markdown", "caption", "warning", "error", "info") for e in page.get(kind))
    assert "bold" not in rest
    assert "mine" not in rest


def my(app):
    return app.session_state["my_network"]


def small_settings(app):
    bring(app, ("mine.zip", zipped(synthetic_shapes.drawn(5, side=64))))
    app.number_input(key="fcn_epochs").set_value(1)
    app.selectbox(key="fcn_crop").set_value("64").run()
    return app


@pytest.fixture(scope="module")
def first_training():
    """What a page knows of its network after the first training."""
    before = (weights.FOLDER / weights.FCN).read_bytes()
    app = small_settings(AppTest.from_function(tab, default_timeout=120).run())
    with eager():
        app.button(key="my_network_start").click().run()
        assert not app.exception
        assert my(app).status is Status.TRAINING
        assert app.file_uploader(key="my_network_file").disabled
        assert my(app).job.wait(120)
    app.run()
    assert not app.exception
    assert my(app).status is Status.TRAINED
    assert (weights.FOLDER / weights.FCN).read_bytes() == before
    return my(app)


@pytest.fixture
def trained(page, first_training):
    """A page after the first training."""
    page.session_state["my_network"] = replace(first_training, ious=dict(first_training.ious))
    return small_settings(page)


@pytest.mark.slow
def test_a_network_is_trained_tried_downloaded_and_loaded_again(trained):
    page = trained
    assert len(page.success) == 1
    assert [caption.split(":")[0] for caption in captions(page)[-2:]] == [state.PRETRAINED, "Your network"]
    drawn = [json.loads(chart.proto.spec)["data"] for chart in page.get("plotly_chart")]
    assert [[line["name"] for line in chart] for chart in drawn] == [["Loss"], ["IoU", "Accuracy"]]

    page.segmented_control(key="fcn_try").set_value(train_tab.HELD_OUT).run()
    assert all("IoU" in caption for caption in captions(page)[-2:])

    own = my(page).model
    other = AppTest.from_function(tab, default_timeout=120).run()
    assert my(other).status is Status.NONE
    for name, data in (("bad.npz", b"no network"), ("mine.npz", model_file.to_bytes(own))):
        other.file_uploader(key="my_network_file").set_value((name, data, "application/octet-stream")).run()
        assert not other.exception
        assert bool(other.warning) == (name == "bad.npz")
        assert (my(other).status is Status.LOADED) == (name == "mine.npz")
    photo = synthetic_shapes.drawn(1)[0].photo
    np.testing.assert_array_equal(my(other).model.coarse_map(photo), own.coarse_map(photo))
    assert captions(other)[-1].startswith("Your network")


@pytest.mark.slow
def test_the_chart_compares_the_starting_points(trained, first_training, monkeypatch):
    def again(job):
        """A training with the course of the first one."""
        first = first_training.job
        job.before, job.progress, job.trained = first.before, first.progress, first.trained

    monkeypatch.setattr(FcnJob, "_train", again)
    page = trained
    page.segmented_control(key="fcn_start").set_value(state.RANDOM).run()
    page.button(key="my_network_start").click().run()
    assert my(page).job.wait(120)
    page.run()
    assert not page.exception
    lines = {line["name"]: line["y"] for line in json.loads(page.get("plotly_chart")[1].proto.spec)["data"]}
    assert lines["IoU"] == my(page).ious[state.RANDOM]
    assert lines[f"IoU: {state.PRETRAINED}"] == my(page).ious[state.PRETRAINED]
    page.number_input(key="fcn_seed").set_value(1).run()  # other photos are held out
    page.button(key="my_network_start").click().run()
    assert my(page).job.wait(120)
    page.run()
    assert set(my(page).ious) == {state.RANDOM}


@pytest.mark.slow
def test_the_next_training_replaces_the_network_only_at_its_end(trained, monkeypatch):
    page = trained
    first = my(page).model
    page.segmented_control(key="fcn_try").set_value(train_tab.HELD_OUT).run()
    monkeypatch.setattr(short_training, "measured", lambda *_: 1 / 0)
    page.button(key="my_network_start").click().run()
    assert not page.exception
    assert my(page).model is first
    assert my(page).job.wait(120)
    page.run()
    assert not page.exception
    assert my(page).status is Status.FAILED
    assert my(page).model is first


def test_a_training_that_fails_before_its_first_step_shows_why(page, monkeypatch):
    monkeypatch.setattr(short_training, "measured", lambda *_: 1 / 0)
    page.button(key="my_network_start").click().run()
    assert my(page).job.wait(120)
    page.run()
    assert not page.exception
    assert my(page).status is Status.FAILED
    assert page.warning[0].value == background_job.UNEXPECTED
    assert not page.button(key="my_network_start").disabled


def test_training_can_be_switched_off_and_a_network_still_loaded(monkeypatch, page):
    monkeypatch.setenv("LAB_TRAINING", "off")
    page.run()
    assert not page.exception
    assert "my_network_start" not in [button.key for button in page.button]
    assert page.file_uploader(key="my_network_file")
