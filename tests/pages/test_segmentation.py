import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import photos, weights
from ui import segmentation

PAGE = Path(__file__).parents[2] / "pages" / "segmentation.py"
WEIGHTS = weights.FOLDER


@pytest.fixture
def page():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert not app.error
    return app


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    """A manifest without a file; the network is forgotten before and after."""
    for cached in (segmentation.network, segmentation.look):
        cached.clear()
    (tmp_path / "manifest.json").write_text((weights.FOLDER / "manifest.json").read_text())
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    yield tmp_path
    for cached in (segmentation.network, segmentation.look):
        cached.clear()


def shown(app):
    """Caption of the overlay: the share of the photo that the mask covers, and the photo's size."""
    return next(image.captions[0] for image in app.get("image") if "covers" in image.captions[0])


def covered(app):
    return float(shown(app).split(" covers ")[1].split(" %")[0])


def jpeg(size=(60, 80)):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def test_a_sample_is_covered_at_first_sight(page):
    assert len(page.get("image")) == 3
    assert "512 × 512 pixels" in shown(page)
    assert 5 < covered(page) < 95


@pytest.mark.parametrize("name", photos.SAMPLES)
def test_every_sample_shows_its_own_size(page, name):
    page.get("button_group")[0].set_value(name).run()
    height, width = photos.decode(photos.sample(name)).shape[:2]
    assert f"{width} × {height} pixels" in shown(page)
    assert not page.exception


def test_sliders_redraw_without_the_network(page):
    before, calls = covered(page), segmentation.network().calls
    page.slider(key="threshold").set_value(0.05).run()
    wide = covered(page)
    page.slider(key="threshold").set_value(0.95).run()
    narrow = covered(page)
    page.slider(key="opacity").set_value(10).run()
    assert narrow < before < wide
    assert covered(page) == narrow
    assert segmentation.network().calls == calls
    assert not page.exception


def test_an_upload_takes_the_samples_place_and_gives_it_back(page):
    page.file_uploader[0].upload("mine.jpg", jpeg(), "image/jpeg").run()
    assert "80 × 60 pixels" in shown(page)
    page.file_uploader[0].set_value(None).run()
    assert "512 × 512 pixels" in shown(page)


@pytest.mark.parametrize("data", [b"", b"<html>", jpeg()[:300]])
def test_what_is_no_photo_is_said_and_nothing_is_lost(page, data):
    page.slider(key="threshold").set_value(0.7).run()
    page.file_uploader[0].upload("**bold**.jpg", data, "image/jpeg").run()
    assert len(page.error) == 1
    assert page.error[0].value.endswith(".")
    assert "512 × 512 pixels" in shown(page)
    assert page.slider(key="threshold").value == 0.7
    assert not page.exception


def test_missing_weights_are_a_sentence_and_the_next_visit_tries_again(no_weights):
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert [error.value.split(". ")[0] for error in app.error] == [
        "The weights file fcn.weights.h5 is missing or cannot be read"
    ]
    (no_weights / "fcn.weights.h5").write_bytes((WEIGHTS / "fcn.weights.h5").read_bytes())
    assert not app.run().error


def test_downloads_are_made_at_the_photos_own_size():
    data = photos.sample("Rocket")
    coarse = segmentation.look(data)
    mask = np.asarray(Image.open(io.BytesIO(segmentation.mask_file(data, coarse, 0.5))))
    overlay = np.asarray(Image.open(io.BytesIO(segmentation.overlay_file(data, coarse, 0.5, "#009E73", 1.0))))
    photo = photos.decode(data)
    assert mask.shape == photo.shape[:2]
    assert set(np.unique(mask)) == {0, 255}
    np.testing.assert_array_equal(overlay[mask == 0], photo[mask == 0])
    assert (overlay[mask == 255] == (0, 0x9E, 0x73)).all()
