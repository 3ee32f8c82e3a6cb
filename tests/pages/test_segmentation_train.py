"""The tab "Train" of the segmentation page."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.data import datasets, synthetic_shapes
from core.fcn import keras_model, model_file, training_job

PAGE = Path(__file__).parents[2] / "pages" / "segmentation.py"


def tab():
    from ui.segmentation import photo_input, predictions
    from ui.segmentation.train_tab import train_tab

    train_tab(predictions.on_screen(photo_input.sample("Coffee")))


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
    app.segmented_control(key="fcn_source").set_value("My photos").run()
    app.file_uploader(key="fcn_files").set_value([(name, data, "application/octet-stream") for name, data in files])
    app.run()
    assert not app.exception
    return app


def test_the_tab_is_on_the_page():
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.session_state["segmentation_tab"] = "Train"
    app.run()
    assert not app.exception
    assert app.button(key="fcn_train").label == "Train"


def test_data_is_shown_as_it_was_read_in_both_channels(page):
    assert captions(page) == ["Photo", "Channel 0: background", "Channel 1: object"]
    bring(page, ("mine.zip", zipped(synthetic_shapes.drawn(3, side=64))))
    assert captions(page) == ["Photo", "Channel 0: background", "Channel 1: object"]
    assert page.slider(key="fcn_shown_3").max == 3
    assert not page.button(key="fcn_train").disabled


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
    assert page.button(key="fcn_train").disabled


def test_what_a_stranger_named_is_text_and_never_markdown(page):
    pairs = synthetic_shapes.drawn(2, side=64)
    named = [datasets.Pair("**bold** $x$ <b>", pairs[0].photo, pairs[0].mask[:32]), pairs[1]]
    bring(page, ("**mine**.zip", zipped(named)))
    assert page.text[0].value.startswith("**bold** $x$ <b> cannot be read: The mask has 64 x 32 pixels")
    rest = " ".join(e.value for kind in ("markdown", "caption", "warning", "error", "info") for e in page.get(kind))
    assert "bold" not in rest
    assert "mine" not in rest


def test_a_network_is_trained_tried_taken_away_and_brought_back(page):
    before = keras_model.load().model.get_weights()
    bring(page, ("mine.zip", zipped(synthetic_shapes.drawn(5, side=64))))
    page.number_input(key="fcn_epochs").set_value(1)
    page.selectbox(key="fcn_crop").set_value(64).run()
    page.button(key="fcn_train").click().run()
    assert not page.exception
    assert page.session_state["fcn_job"].wait(120)
    page.run()
    assert not page.exception
    assert "Trained for 1 epoch:" in page.success[0].value
    assert [caption.split(":")[0] for caption in captions(page)[-2:]] == ["The shipped network", "Yours"]
    drawn = [json.loads(chart.proto.spec)["data"] for chart in page.get("plotly_chart")]
    assert [[line["name"] for line in chart] for chart in drawn] == [["Loss"], ["IoU", "Accuracy"]]

    page.segmented_control(key="fcn_try").set_value("Held out").run()
    assert all("IoU" in caption for caption in captions(page)[-2:])

    own = page.session_state["own_fcn"]
    other = AppTest.from_function(tab, default_timeout=120).run()
    assert "own_fcn" not in other.session_state
    for name, data in (("bad.npz", b"no network"), ("mine.npz", model_file.to_bytes(own))):
        other.file_uploader(key="fcn_file").set_value((name, data, "application/octet-stream")).run()
        assert not other.exception
        assert bool(other.warning) == (name == "bad.npz")
    photo = synthetic_shapes.drawn(1)[0].photo
    np.testing.assert_array_equal(other.session_state["own_fcn"].coarse_map(photo), own.coarse_map(photo))
    assert captions(other)[-1].startswith("Yours")
    for ours, theirs in zip(keras_model.load().model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_training_that_broke_off_is_a_sentence(page, monkeypatch):
    monkeypatch.setattr(training_job, "measured", lambda *_: 1 / 0)
    page.button(key="fcn_train").click().run()
    assert page.session_state["fcn_job"].wait(120)
    page.run()
    assert not page.exception
    assert "broke off (ZeroDivisionError)" in page.warning[0].value
    assert not page.button(key="fcn_train").disabled
