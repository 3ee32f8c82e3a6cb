import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import masks, photos
from core.data import sample_photos
from ui.common import theme
from ui.segmentation import downloads, overlay_settings, predictions
from ui.segmentation.photo_input import Given

PAGE = Path(__file__).parents[2] / "pages" / "segmentation.py"


@pytest.fixture
def page():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert not app.error
    return app


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
    assert len(page.get("image")) == 1
    assert "512 × 512 pixels" in shown(page)
    assert 5 < covered(page) < 95


@pytest.mark.parametrize("name", sample_photos.SAMPLES)
def test_every_sample_shows_its_own_size(page, name):
    page.session_state.picked = name
    page.run()
    height, width = photos.decode(sample_photos.sample(name)).shape[:2]
    assert f"{width} × {height} pixels" in shown(page)
    assert not page.exception


def test_sliders_redraw_without_the_network(page):
    before, calls = covered(page), predictions.network().calls
    page.slider(key="threshold").set_value(0.05).run()
    wide = covered(page)
    page.slider(key="threshold").set_value(0.95).run()
    narrow = covered(page)
    page.slider(key="opacity").set_value(10).run()
    assert narrow < before < wide
    assert covered(page) == narrow
    assert predictions.network().calls == calls
    assert not page.exception


def test_an_upload_takes_the_samples_place_and_gives_it_back(page):
    page.file_uploader[0].upload("mine.jpg", jpeg(), "image/jpeg").run()
    assert "80 × 60 pixels" in shown(page)
    page.file_uploader[0].set_value(None).run()
    assert "512 × 512 pixels" in shown(page)


def test_of_several_uploads_the_newest_is_shown_and_each_can_be_picked(page):
    files = [("a.jpg", jpeg((60, 80)), "image/jpeg"), ("b.jpg", jpeg((50, 90)), "image/jpeg")]
    page.file_uploader[0].set_value(files).run()
    assert "90 × 50 pixels" in shown(page)
    page.session_state.picked = "Photo 1"
    page.run()
    assert "80 × 60 pixels" in shown(page)
    page.session_state.picked = "Cat"
    page.run()
    assert "451 × 300 pixels" in shown(page)
    page.file_uploader[0].set_value([*files, ("**c**.jpg", b"<html>", "image/jpeg")]).run()
    assert page.error[0].value.startswith("Your photo 3 cannot be shown. This file is not")
    assert not page.exception


def test_the_camera_is_not_there_before_it_is_asked_for(page):
    assert not page.get("camera_input")
    page.session_state.picked = "Camera"
    page.run()
    assert len(page.get("camera_input")) == 1
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


def test_every_view_is_drawn_without_the_network(page):
    calls, seen = predictions.network().calls, set()
    for view in overlay_settings.VIEWS:
        page.session_state.seen_as = view
        page.run()
        (image,) = page.get("image")
        seen.add(image.proto.imgs[0].alt)
    assert len(seen) == len(overlay_settings.VIEWS)
    page.session_state.seen_as = "Mask"
    page.run()
    page.toggle(key="divided").set_value(True).run()
    (divider,) = [each for each in page.get("bidi_component") if "before_after" in str(each.proto)]
    assert "Mask of the sample photo astronaut" in str(divider.proto)
    assert predictions.network().calls == calls
    assert not page.exception


def test_small_regions_go_and_are_no_longer_counted(page):
    objects = lambda: int(page.metric[1].value)  # noqa: E731
    page.slider(key="threshold").set_value(0.3).run()
    many, wide = objects(), covered(page)
    page.slider(key="smallest").set_value(5.0).run()
    assert 1 <= objects() < many
    assert covered(page) < wide


@pytest.fixture(scope="module")
def rocket():
    data = sample_photos.sample("Rocket")
    return photos.decode(data), data


def read(kind, data, look):
    return Image.open(io.BytesIO(downloads.made(kind, downloads.found_at_own_size(data, look), look)))


def test_mask_and_overlay_are_made_at_the_photos_own_size(rocket):
    photo, data = rocket
    look = overlay_settings.Look(colour="#009E73", opacity=1.0)
    mask, overlay = (np.asarray(read(kind, data, look)) for kind in ("Mask", "Overlay"))
    assert mask.shape == photo.shape[:2]
    assert set(np.unique(mask)) == {0, 255}
    np.testing.assert_array_equal(overlay[mask == 0], photo[mask == 0])
    assert (overlay[mask == 255] == (0, 0x9E, 0x73)).all()
    outlined = np.asarray(read("Overlay", data, overlay_settings.Look(colour="#009E73", opacity=0.0, outline=True)))
    rim = (outlined != photo).any(axis=2)
    assert rim.any()
    assert (mask[rim] == 255).all()
    assert (outlined[rim] == (0, 0x9E, 0x73)).all()


def test_cut_out_is_opaque_inside_clear_outside_and_soft_between(rocket):
    photo, data = rocket
    cut = np.asarray(read("Cut-out", data, overlay_settings.Look()))
    alpha, mask = cut[..., 3], np.asarray(read("Mask", data, overlay_settings.Look())) > 0
    assert cut.shape == (*photo.shape[:2], 4)
    assert alpha[mask].min() >= 127
    assert alpha[~mask].max() <= 128
    assert len(np.unique(alpha)) > 50
    np.testing.assert_array_equal(cut[alpha > 0][:, :3], photo[alpha > 0])


def test_probability_is_kept_in_16_bits_and_as_numbers(rocket):
    photo, data = rocket
    look, expected = overlay_settings.Look(), predictions.network().probability(photo)
    deep = read("Probability, 16-bit", data, look)
    assert deep.mode == "I;16"
    np.testing.assert_allclose(np.asarray(deep) / 65535, expected, atol=1e-5)
    found = downloads.found_at_own_size(data, look)
    np.testing.assert_array_equal(np.load(io.BytesIO(downloads.made("Probability, .npy", found, look))), expected)


def test_a_zip_holds_every_photo_and_names_what_it_leaves_out(rocket):
    _, data = rocket
    uploads = [Given(data, "your photo 1", "a_b"), Given(b"<html>", "your photo 2", "x"), Given(data, "", "a_b")]
    done = []
    packed, left_out = downloads.zipped(uploads, ["Mask", "Cut-out"], overlay_settings.Look(), done.append)
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == [
        "01-a_b-mask.png", "01-a_b-cut-out.png", "03-a_b-mask.png", "03-a_b-cut-out.png"
    ]  # fmt: skip
    assert done == [1, 2, 3]
    assert [sentence[:22] for sentence in left_out] == ["Photo 2 was left out. "]


def test_the_zip_is_made_on_demand_and_gone_when_the_look_changes(page):
    page.file_uploader[0].set_value([("../../x.jpg", jpeg(), "image/jpeg"), ("b.jpg", jpeg((9, 9)), "")]).run()
    page.button(key="make_zip").click().run()
    assert "Save the zip" in [button.proto.label for button in page.get("download_button")]
    names = zipfile.ZipFile(io.BytesIO(page.session_state.zip[1])).namelist()
    assert [name for name in names if "/" in name or ".." in name] == []
    page.slider(key="threshold").set_value(0.7).run()
    assert "Save the zip" not in [button.proto.label for button in page.get("download_button")]
    assert not page.exception


def opened(app, tab):
    app.session_state.topic = tab
    return app.run()


def captions(app):
    return [caption for image in app.get("image") for caption in image.captions]


def test_a_tab_runs_the_network_when_it_is_opened_and_not_again(page):
    predictions.insight.clear()
    start = predictions.network().calls
    page.run()
    assert predictions.network().calls == start
    opened(page, "Levels")
    assert predictions.network().calls == start + 2  # with all skips and with one off
    ious = [float(caption.split("IoU ")[1]) for caption in captions(page) if caption.startswith("1/")]
    assert len(ious) == 6
    assert 0.5 < ious[0] < ious[-1] < 1.0  # with the mask drawn by hand
    page.slider(key="threshold").set_value(0.4).run()
    opened(page, "Inside")
    strips = [caption for caption in captions(page) if caption.startswith(("Stage", "Up", "Context"))]
    assert len(strips) == 11
    assert predictions.network().calls == start + 2
    page.session_state.table = "The lesson's FCN"
    page.run()
    assert "136\u202f514\u202f116" in page.markdown[-1].value
    assert not page.exception


def test_switching_skips_off_changes_the_mask(page):
    opened(page, "Levels")
    ious = lambda: [float(iou) for iou in re.findall(r"\d\.\d{3}", captions(page)[-1])]  # noqa: E731
    page.session_state.skips = [16, 8, 4, 2, 1]
    page.run()
    whole, chosen = ious()
    assert chosen == whole
    page.session_state.skips = []
    page.run()
    whole, chosen = ious()
    assert chosen < whole - 0.03
    assert not page.exception


def test_every_part_of_the_path_opens(page):
    parts = ["photo", "stage1", "stage4", "context", "merge8", "skip2", "score32", "score1", "mask", "autoencoder"]
    heads = set()
    for part in parts:
        page.session_state.opened_part = part
        page.run()
        heads.add(next(text.value for text in page.markdown if text.value.startswith("####")).split("\n")[0])
    assert len(heads) == len(parts)
    assert not page.exception


def measured(app):
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("name", sample_photos.SAMPLES)
def test_a_sample_is_measured_against_the_mask_drawn_for_it(page, name):
    page.session_state.picked = name
    opened(page, "Measure")
    found = downloads.found_at_own_size(sample_photos.sample(name), overlay_settings.Look())
    truth = sample_photos.true_mask(name)
    wrong = np.count_nonzero(found.mask != truth)
    assert measured(page)["IoU"] == f"{masks.iou(found.mask, truth):.3f}"
    told = page.caption[-1].value
    assert told.startswith(f"{theme.number(wrong)} of ")
    assert "drawn by hand for this sample" in told
    assert not page.info
    assert not page.exception


def test_a_photo_without_a_true_mask_asks_for_one(page):
    page.file_uploader[0].upload("mine.jpg", jpeg(), "image/jpeg").run()
    opened(page, "Measure")
    assert "Give the mask" in page.info[0].value
    again = io.BytesIO()
    Image.open(io.BytesIO(sample_photos.sample("Astronaut"))).save(
        again, "WEBP", lossless=True
    )  # no sample's file any more
    page.file_uploader[0].upload("again.webp", again.getvalue(), "image/webp").run()
    opened(page, "Levels")
    assert any("IoU with the finest level's mask" in caption.value for caption in page.caption)
    ious = [float(caption.split("IoU ")[1]) for caption in captions(page) if caption.startswith("1/")]
    assert ious[0] < ious[2] < ious[-1] == 1.0
    assert not page.exception


def test_a_given_true_mask_is_measured_and_forgotten(page):
    opened(page, "Measure")
    drawn = measured(page)
    found = downloads.found_at_own_size(sample_photos.sample("Astronaut"), overlay_settings.Look())
    own = downloads.made("Mask", found, overlay_settings.Look())
    for wrong, sentence in ((jpeg(), "The mask has 80 x 60 pixels and its photo 512 x 512"), (b"x", "not a JPEG")):
        page.file_uploader[1].upload("t.png", wrong, "image/png").run()
        assert sentence in page.error[0].value
    page.file_uploader[1].upload("t.png", own, "image/png").run()
    assert not page.error
    values = measured(page)
    assert [values[name] for name in ("IoU", "Dice", "Pixel accuracy", "Boundary F")] == ["1.000"] * 4
    error = np.abs(found.probability - found.mask).mean()
    assert values["Mean absolute error"] == f"{error:.3f}"
    assert page.caption[-1].value.endswith("pixels are wrong.")
    # Another threshold is another mask, and the levels are held against the true one too.
    page.slider(key="threshold").set_value(0.9).run()
    assert measured(page)["IoU"] < "1.000"
    page.slider(key="threshold").set_value(0.5).run()
    opened(page, "Levels")
    assert any("IoU with the true mask" in caption.value for caption in page.caption)
    (finest,) = [caption for caption in captions(page) if caption.startswith("1/1:")]
    assert float(finest[-5:]) > 0.99  # small regions are kept there
    opened(page, "Measure")
    page.button[-1].click().run()
    assert measured(page) == drawn
    assert not page.exception
