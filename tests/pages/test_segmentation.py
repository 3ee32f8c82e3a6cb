import io
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import masks, photos, weights
from core.data import sample_photos
from core.fcn import architecture
from ui.common import theme, upload_budget
from ui.segmentation import downloads, overlay_settings, photo_input, predictions, state
from ui.segmentation.overlay_settings import OverlaySettings
from ui.segmentation.state import Photo

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "pages" / "segmentation.py"


@pytest.fixture
def page():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert not app.error
    return app


def main_caption(app):
    """Caption of the main picture: the share of the photo that the mask covers, and the photo's size."""
    return app.get("image")[0].captions[0]


def covered(app):
    return float(re.search(r"([\d.]+) %", main_caption(app))[1])


def jpeg(size=(60, 80)):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def test_a_sample_is_covered_at_first_sight(page):
    assert len(page.get("image")) == 1
    assert "512 × 512 pixels" in main_caption(page)
    assert 5 < covered(page) < 95


@pytest.mark.parametrize("name", sample_photos.SAMPLES)
def test_every_sample_shows_its_own_size(page, name):
    page.session_state.photo = name
    page.run()
    height, width = photos.decode(sample_photos.sample(name)).shape[:2]
    assert f"{width} × {height} pixels" in main_caption(page)
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


def upload(app, *files, field=0):
    """Upload (name, bytes) and run the page."""
    several = [(name, data, "image/jpeg") for name, data in files]
    app.file_uploader[field].set_value(several if len(several) > 1 else several[0]).run()
    assert not app.exception


def test_an_upload_replaces_the_sample_until_it_is_removed(page):
    upload(page, ("mine.jpg", jpeg()))
    assert "80 × 60 pixels" in main_caption(page)
    assert not page.file_uploader[0].value  # the session has the file
    assert "mine.jpg" in [text.value for text in page.text]
    page.button(key="Remove Photo 1").click().run()
    assert "512 × 512 pixels" in main_caption(page)
    assert not page.text


def test_uploads_survive_a_visit_to_another_page():
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
    app.switch_page("pages/segmentation.py").run()
    upload(app, ("mine.jpg", jpeg()))
    app.slider(key="threshold").set_value(0.7).run()
    app.switch_page("pages/home.py").run()
    assert not app.file_uploader
    app.switch_page("pages/segmentation.py").run()
    assert "80 × 60 pixels" in main_caption(app)
    assert app.session_state.photo == "Photo 1"
    assert app.slider(key="threshold").value == 0.7
    assert not app.warning
    assert not app.exception


def test_an_upload_that_a_restarted_server_does_not_have_is_reported_and_can_be_repeated(page):
    page.file_uploader[0].set_value([("mine.jpg", jpeg(), "image/jpeg")])
    # The browser sends the name of its upload to a server without its bytes, in a session without widgets.
    restarted = AppTest.from_file(PAGE, default_timeout=60)._run(page._tree.get_widget_states())
    assert not restarted.exception
    assert "512 × 512 pixels" in main_caption(restarted)
    (message,) = [warning.value for warning in restarted.warning]
    assert "expired" in message
    upload(restarted, ("mine.jpg", jpeg()))
    assert "80 × 60 pixels" in main_caption(restarted)
    assert not restarted.warning


def test_uploads_beyond_the_limit_of_a_session_are_refused(page, monkeypatch):
    data = jpeg()
    monkeypatch.setattr(upload_budget, "session_megabytes", lambda: 2.5 * len(data) / 2**20)
    upload(page, ("a.jpg", data), ("b.jpg", data), ("c.jpg", data))
    assert list(page.session_state.segmentation.uploads) == ["Photo 1", "Photo 2"]
    assert len(page.warning) == 1
    page.button(key="Remove Photo 1").click().run()
    upload(page, ("c.jpg", data))
    assert not page.warning
    assert page.session_state.photo == "Photo 3"  # a number is never used twice
    monkeypatch.setattr(upload_budget, "session_megabytes", lambda: 200)
    monkeypatch.setattr(photo_input, "FILE_MEGABYTES", 1)
    upload(page, ("d.jpg", data + bytes(2**20)))
    assert len(page.warning) == 1
    assert page.session_state.photo == "Photo 3"


def test_files_are_decoded_once(page, monkeypatch):
    """Also damaged ones, and in every tab."""
    decoded = []
    for name in ("preview", "decode_mask", "decode"):
        real = getattr(photos, name)
        monkeypatch.setattr(photos, name, lambda *args, real=real, name=name: (decoded.append(name), real(*args))[1])
    upload(page, ("a.jpg", jpeg((61, 81))), ("b.jpg", b"damaged"))
    page.run()
    assert decoded == ["preview"]  # of the newest, the sample is shown instead
    page.session_state.photo = "Photo 1"
    opened(page, "Measure")
    upload(page, ("mask.png", jpeg((61, 81))), field=1)
    for tab in ("Levels", "Measure", "Levels"):
        opened(page, tab)
    assert sorted(decoded) == ["decode_mask", "preview", "preview"]


@pytest.mark.slow
def test_the_narrowest_photos_have_a_picture_or_a_message_on_every_tab(page):
    for size in ((1, 300), (4000, 3)):
        upload(page, ("narrow.jpg", jpeg(size)))
        assert f"{size[1]} × {size[0]} pixels" in main_caption(page)
        page.session_state.part = "mask"
        for tab in state.TABS:
            begun = time.process_time()
            opened(page, tab)
            assert not page.exception, (size, tab)
            assert not page.error, (size, tab)
            assert time.process_time() - begun < 5, (size, tab)
        opened(page, state.TABS[0])


def test_of_several_uploads_the_newest_is_shown_and_each_can_be_selected(page):
    upload(page, ("a.jpg", jpeg((60, 80))), ("b.jpg", jpeg((50, 90))))
    assert "90 × 50 pixels" in main_caption(page)
    page.session_state.photo = "Photo 1"
    page.run()
    assert "80 × 60 pixels" in main_caption(page)
    page.session_state.photo = "Cat"
    page.run()
    assert "451 × 300 pixels" in main_caption(page)
    upload(page, ("**c**.jpg", b"<html>"))
    assert page.error[0].value.startswith("Your photo 3 ")
    assert "512 × 512 pixels" in main_caption(page)
    assert not page.exception


def test_the_camera_is_off_until_it_is_selected(page):
    assert not page.get("camera_input")
    page.session_state.photo = "Camera"
    page.run()
    assert "512 × 512 pixels" in main_caption(page)
    page.camera_input[0].upload("camera.jpg", jpeg(), "image/jpeg").run()
    assert "80 × 60 pixels" in main_caption(page)
    assert page.session_state.photo == "Photo 1"


@pytest.mark.parametrize("data", [b"", b"<html>", jpeg()[:300]])
def test_a_file_that_is_not_a_photo_gives_one_error_and_changes_no_setting(page, data):
    page.slider(key="threshold").set_value(0.7).run()
    upload(page, ("**bold**.jpg", data))
    assert len(page.error) == 1
    assert page.error[0].value.endswith(".")
    assert "512 × 512 pixels" in main_caption(page)
    assert page.slider(key="threshold").value == 0.7
    assert not page.exception


def test_every_view_is_drawn_without_the_network(page):
    calls, alts = predictions.network().calls, set()
    for view in state.VIEWS:
        page.session_state.photo_view = view
        page.run()
        (image,) = page.get("image")
        alts.add(image.proto.imgs[0].alt)
    assert len(alts) == len(state.VIEWS)
    page.session_state.photo_view = "Mask"
    page.run()
    page.toggle(key="before_after").set_value(True).run()
    (divider,) = [each for each in page.get("bidi_component") if "before_after" in str(each.proto)]
    assert "Mask of the sample photo astronaut" in str(divider.proto)
    assert predictions.network().calls == calls
    assert not page.exception


def test_small_regions_are_ignored_and_not_counted(page):
    regions = lambda: int(page.metric[1].value)  # noqa: E731
    page.slider(key="threshold").set_value(0.3).run()
    many, wide = regions(), covered(page)
    page.slider(key="min_region").set_value(5.0).run()
    assert 1 <= regions() < many
    assert covered(page) < wide


@pytest.fixture(scope="module")
def rocket():
    photo = photo_input.sample("Rocket")
    return photos.decode(photo.data), photo


def predicted(photo, settings=None):
    view = predictions.on_screen(photo)
    return overlay_settings.predict_page(view, predictions.at_own_size(photo, view), settings or OverlaySettings())


def read(kind, photo, settings):
    return Image.open(io.BytesIO(downloads.file_bytes(kind, photo, settings)))


def test_mask_and_overlay_are_made_at_the_photos_own_size(rocket):
    pixels, photo = rocket
    settings = OverlaySettings(colour="#009E73", opacity=1.0)
    mask, overlay = (np.asarray(read(kind, photo, settings)) for kind in ("Mask", "Overlay"))
    assert mask.shape == pixels.shape[:2]
    assert set(np.unique(mask)) == {0, 255}
    np.testing.assert_array_equal(overlay[mask == 0], pixels[mask == 0])
    assert (overlay[mask == 255] == (0, 0x9E, 0x73)).all()
    outlined = np.asarray(read("Overlay", photo, OverlaySettings(colour="#009E73", opacity=0.0, outline=True)))
    rim = (outlined != pixels).any(axis=2)
    assert rim.any()
    assert (mask[rim] == 255).all()
    assert (outlined[rim] == (0, 0x9E, 0x73)).all()


def test_cut_out_is_opaque_inside_clear_outside_and_soft_between(rocket):
    pixels, photo = rocket
    cut = np.asarray(read("Cut-out", photo, OverlaySettings()))
    alpha, mask = cut[..., 3], np.asarray(read("Mask", photo, OverlaySettings())) > 0
    assert cut.shape == (*pixels.shape[:2], 4)
    assert alpha[mask].min() >= 127
    assert alpha[~mask].max() <= 128
    assert len(np.unique(alpha)) > 50
    np.testing.assert_array_equal(cut[alpha > 0][:, :3], pixels[alpha > 0])


def test_probabilities_are_saved_in_16_bits_and_as_floats(rocket):
    pixels, photo = rocket
    expected = predictions.network().probability(pixels)
    deep = read("Probability, 16-bit", photo, OverlaySettings())
    assert deep.mode == "I;16"
    np.testing.assert_allclose(np.asarray(deep) / 65535, expected, atol=1e-5)
    numbers = downloads.file_bytes("Probability, .npy", photo, OverlaySettings())
    np.testing.assert_allclose(np.load(io.BytesIO(numbers)), expected, atol=1e-6)


def test_a_zip_file_has_every_photo_and_names_those_left_out(rocket):
    data = rocket[1].data
    files = {"Photo 1": ("a/b.jpg", data), "Photo 2": ("x.jpg", b"<html>"), "Photo 4": ("a b.png", data)}
    uploads = {name: Photo(data, name, file_name) for name, (file_name, data) in files.items()}
    done = []
    packed, warnings = downloads.zip_bytes(uploads, ["Mask", "Cut-out"], OverlaySettings(), done.append)
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == [
        "01-a_b-mask.png", "01-a_b-cut-out.png", "03-a_b-mask.png", "03-a_b-cut-out.png"
    ]  # fmt: skip
    assert done == [1, 2, 3]
    (warning,) = warnings
    assert warning.startswith("Photo 2 ")


def test_the_zip_file_is_made_on_demand_and_gone_when_the_settings_change(page):
    upload(page, ("../../x.jpg", jpeg()), ("b.jpg", jpeg((9, 9))))
    page.button(key="make_zip").click().run()
    assert page.download_button(key="save_zip")
    names = zipfile.ZipFile(io.BytesIO(page.session_state.segmentation.archive[1])).namelist()
    assert len(names) == 4
    assert [name for name in names if "/" in name or ".." in name] == []
    page.slider(key="threshold").set_value(0.7).run()
    assert "save_zip" not in [button.key for button in page.get("download_button")]
    assert not page.exception


def opened(app, tab):
    app.session_state.segmentation_tab = tab
    return app.run()


def captions(app):
    return [caption for image in app.get("image") for caption in image.captions]


def ious(app):
    """Of the six levels, coarse to fine, and of the page's mask with refined edges, as the tab Levels has them."""
    return [float(caption[-5:]) for caption in captions(app) if caption.startswith(("1/", "Refined"))]


def alts(app):
    return [image.proto.imgs[0].alt for image in app.get("image")]


def test_a_tab_runs_the_network_when_it_is_opened_and_not_again(page):
    predictions.insight.clear()
    start = predictions.network().calls
    page.run()
    assert predictions.network().calls == start
    opened(page, "Levels")
    assert predictions.network().calls == start + 2  # with all skip connections and with one off
    assert len(ious(page)) == 7
    assert 0.5 < ious(page)[0] < ious(page)[-1] < 1.0  # with the mask drawn by hand
    page.slider(key="threshold").set_value(0.4).run()
    opened(page, "Inside")
    assert sum("feature maps" in alt for alt in alts(page)) == len(architecture.app_network().stages)
    page.session_state.skips = list(state.SKIPS)
    opened(page, "Levels")
    assert predictions.network().calls == start + 2  # all skip connections in use: the same entry of the cache
    assert not page.exception


@pytest.mark.parametrize(
    ("tab", "network"), [("Inside", architecture.app_network()), ("The lesson", architecture.lesson_fcn())]
)
def test_the_layer_table_is_the_architectures(page, tab, network):
    page.session_state.lesson_step = "2 Model"
    opened(page, tab)
    table = page.dataframe[0].value
    assert list(table["Layer"]) == [node.name for node in network.nodes]
    assert list(table["Connected to"]) == [", ".join(node.inputs) for node in network.nodes]
    parameters = sum(int(np.prod(shape)) for shape in network.weight_shapes.values())
    assert table["Parameters"].sum() == parameters
    assert any(theme.number(parameters) in text.value for text in page.markdown)


def test_switching_skips_off_changes_the_mask(page):
    opened(page, "Levels")
    values = lambda: [float(iou) for iou in re.findall(r"\d\.\d{3}", captions(page)[-1])]  # noqa: E731
    page.session_state.skips = [16, 8, 4, 2, 1]
    page.run()
    all_on, selected = values()
    assert selected == all_on
    page.session_state.skips = []
    page.run()
    all_on, selected = values()
    assert selected < all_on - 0.03
    assert page.query_params["skips"] == "none"
    assert not page.exception


def test_every_part_of_the_diagram_opens(page):
    titles = set()
    for part in state.PARTS:
        page.session_state.part = part
        page.run()
        titles.add(next(text.value for text in page.markdown if text.value.startswith("##")).split("\n")[0])
        assert not page.exception
    assert len(titles) == len(state.PARTS)


def test_the_probabilities_of_the_page_are_calibrated_and_checked(page):
    inference = weights.facts(weights.FCN)["inference"]
    photo = predictions.on_screen(photo_input.sample("Cat"))
    network = predictions.network()
    logits = network.network.scores(network.prepared(photo.pixels)[None])[-1][0, ..., 0]
    expected = 1 / (1 + np.exp(-(logits - inference["shift"]) / inference["temperature"]))
    np.testing.assert_allclose(predictions.probability_map(photo), expected, atol=1e-6)
    opened(page, "How sure it is")
    charts = [chart.proto.id for chart in page.get("plotly_chart")]
    assert [any(key in chart for chart in charts) for key in ("certainty", "reliability")] == [True, True]


def measured(app):
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("name", sample_photos.SAMPLES)
def test_a_sample_is_measured_with_the_mask_drawn_for_it(page, name):
    page.session_state.photo = name
    opened(page, "Measure")
    prediction, truth = predicted(photo_input.sample(name)), sample_photos.true_mask(name)
    wrong = np.count_nonzero(prediction.mask != truth)
    assert measured(page)["IoU"] == f"{masks.iou(prediction.mask, truth):.3f}"
    assert measured(page)["Error of the mask"] == f"{wrong / truth.size:.3f}"
    assert page.caption[-1].value.startswith(f"{theme.number(wrong)} of ")
    assert not page.info
    assert not page.exception


@pytest.mark.parametrize(
    ("threshold", "min_region", "refined"), [(0.5, 0.2, True), (0.5, 0.2, False), (0.1, 5.0, True), (0.1, 0.0, False)]
)
def test_levels_and_measure_have_the_same_iou(page, threshold, min_region, refined):
    page.slider(key="threshold").set_value(threshold)
    page.slider(key="min_region").set_value(min_region)
    page.toggle(key="refined").set_value(refined)
    opened(page, "Measure")
    iou = float(measured(page)["IoU"])
    opened(page, "Levels")
    assert len(ious(page)) == 6 + refined
    assert ious(page)[-1] == iou


def test_a_photo_without_a_true_mask_asks_for_one(page):
    upload(page, ("mine.jpg", jpeg()))
    opened(page, "Measure")
    assert len(page.info) == 1
    again = io.BytesIO()
    sample = Image.open(io.BytesIO(sample_photos.sample("Astronaut")))
    sample.save(again, "WEBP", lossless=True)  # the same pixels in another file: not a sample any more
    upload(page, ("again.webp", again.getvalue()))
    opened(page, "Levels")
    assert ious(page)[0] < ious(page)[2] < ious(page)[-1] == 1.0  # with the page's own mask
    assert not page.exception


def test_the_page_and_its_files_have_the_same_refined_mask(page):
    opened(page, "Measure")
    own = downloads.file_bytes("Mask", photo_input.sample("Astronaut"), OverlaySettings())
    upload(page, ("t.png", own), field=1)
    names = ("IoU", "Boundary F")
    assert [measured(page)[name] for name in names] == ["1.000"] * 2
    error = measured(page)["Error of the map"]
    page.toggle(key="refined").set_value(False).run()
    assert max(measured(page)[name] for name in names) < "1.000"
    assert measured(page)["Error of the map"] == error  # of the network's own map
    assert not page.exception


def test_refined_masks_are_nearer_to_those_drawn_by_hand():
    def mean(measure, refined):
        return np.mean(
            [
                measure(predicted(photo_input.sample(name), OverlaySettings(refined=refined)).mask, pair.mask)
                for name, pair in zip(sample_photos.SAMPLES, sample_photos.pairs(), strict=True)
            ]
        )

    def boundary_f(mask, truth):
        return masks.boundary_f(mask, truth, 0.005)

    assert mean(boundary_f, refined=True) > mean(boundary_f, refined=False) + 0.03
    assert mean(masks.iou, refined=True) > mean(masks.iou, refined=False)


def test_an_uploaded_true_mask_is_used_until_it_is_removed(page):
    opened(page, "Measure")
    by_hand = measured(page)
    prediction = predicted(photo_input.sample("Astronaut"))
    own = downloads.file_bytes("Mask", photo_input.sample("Astronaut"), OverlaySettings())
    for wrong, words in ((jpeg(), ("80 x 60", "512 x 512")), (b"x", ("JPEG",))):
        upload(page, ("t.png", wrong), field=1)
        assert all(word in page.error[0].value for word in words)
    upload(page, ("t.png", own), field=1)
    assert not page.error
    values = measured(page)
    assert [values[name] for name in ("IoU", "Dice", "Pixel accuracy", "Boundary F")] == ["1.000"] * 4
    assert values["Error of the mask"] == "0.000"
    assert values["Error of the map"] == f"{np.abs(prediction.probability(slice(None)) - prediction.mask).mean():.3f}"
    # Another threshold is another mask, and the levels are compared with the true one too.
    page.slider(key="threshold").set_value(0.9).run()
    assert measured(page)["IoU"] < "1.000"
    page.slider(key="threshold").set_value(0.5).run()
    opened(page, "Levels")
    assert ious(page)[-1] == 1.0
    opened(page, "Measure")
    page.button(key="Remove the true mask").click().run()
    assert measured(page) == by_hand
    assert not page.exception
