"""A part of the collection of uploads on the real pages: a picture or a sentence, no traceback, nothing written."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.hostile import archives, models, pictures
from tests.support.hostile.watch import assert_one_clean_sentence, harmless

PAGES = Path(__file__).parents[2] / "pages"
GOOD = pictures.encoded(pictures.quarters(pictures.COLOURS), "PNG")
SOME = [upload for kind in pictures.KINDS for upload in list(kind())[::9][:4]]
BUNDLES = [b for b in archives.collection()[::11] if all(name.endswith((".zip", ".npy")) for name in b.files)]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def opened(name, **state):
    app = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    return app


def give(app, key, *files):
    """Upload (name, data) and run the page. A number follows the key where an uploader was replaced by an empty one."""
    key = next(field.key for field in app.file_uploader if str(field.key).startswith(key))
    several = [(name or "x.jpg", data, "image/jpeg") for name, data in files]
    app.file_uploader(key=key).set_value(several if len(several) > 1 else several[0])
    harmless(app.run)
    assert not app.exception
    return app


def sentence(app, kind):
    (element,) = app.get(kind)
    assert_one_clean_sentence(element.value)
    return element.value


@pytest.fixture(scope="module")
def segmentation_page():
    return opened("segmentation")


@pytest.fixture
def segmentation(segmentation_page):
    """The page without uploads."""
    segmentation_page.session_state.segmentation.uploads.clear()
    return segmentation_page


@pytest.mark.parametrize("upload", SOME, ids=lambda upload: upload.what)
def test_a_photo_is_covered_or_a_sentence(segmentation, upload):
    app = give(segmentation, "uploads", ("photo.jpg", upload.data))
    captions = [caption for image in app.get("image") for caption in image.captions if "covers" in caption]
    (caption,) = captions
    if app.error:
        assert re.search(upload.sentence or "no sentence was due", sentence(app, "error"))
        assert "512 × 512 pixels" in caption  # the sample is shown instead
    else:
        size = upload.size or (upload.picture.shape[:2] if upload.picture is not None else (64, 64))
        assert upload.sentence == "." or f"{size[1]} × {size[0]} pixels" in caption


@pytest.mark.parametrize("name", pictures.NAMES.values(), ids=pictures.NAMES)
def test_a_photos_name_is_never_markup(segmentation, name):
    app = give(segmentation, "uploads", (name, GOOD))
    assert not app.error
    seen = " ".join(e.value for kind in ("markdown", "caption", "warning", "info") for e in app.get(kind))
    assert not [part for part in ("alert", "bold", "xxxxx", "etc/", "photo.jpg", "head.jpg") if part in seen]


@pytest.mark.parametrize("upload", SOME[::5], ids=lambda upload: upload.what)
def test_a_true_mask_is_measured_or_a_sentence(upload):
    app = opened("segmentation", segmentation_tab="Measure")
    give(app, "uploads", ("photo.png", GOOD))
    give(app, "true_mask_", ("mask.png", upload.data))
    if app.error:
        sentence(app, "error")
    else:
        assert "IoU" in [metric.label for metric in app.metric]


def tab():
    from ui.segmentation import photo_input, predictions
    from ui.segmentation.train_tab import train_tab

    train_tab(predictions.on_screen(photo_input.sample("Coffee")))


@pytest.fixture(scope="module")
def train():
    app = AppTest.from_function(tab, default_timeout=60).run()
    return app.segmented_control(key="fcn_source").set_value("My photos").run()


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.what)
def test_photos_with_masks_are_shown_or_a_sentence(train, bundle):
    app = give(train, "fcn_files", *bundle.files.items())
    if app.text:
        assert re.search(bundle.sentence or "no sentence was due", sentence(app, "text"))
        assert app.button(key="fcn_train").disabled
    else:
        assert bundle.pairs == 2
        assert not app.button(key="fcn_train").disabled


@pytest.fixture(scope="module")
def good():
    return models.good()


def test_a_network_brought_back_is_taken_or_a_sentence(good, train):
    latent = opened("latent_space", latent_tab="Train")
    spoiled = models.spoiled_autoencoders(*good), models.spoiled_segmenters(*good[::-1])
    for app, key, files in zip((latent, train), ("own_file", "fcn_file"), spoiled, strict=True):
        for brought in list(files)[::10]:
            give(app, key, ("mine.npz", brought.data))
            assert brought.may or re.search(brought.sentence, sentence(app, "warning")), brought.what


@pytest.mark.parametrize(
    ("page", "key", "state"),
    [
        ("latent_space", "digit_picture", {"latent_tab": "Draw", "digit_from": "Picture"}),
        ("convolution", "filtered_upload", {"tab": "On a picture", "source": "Your own"}),
    ],
)
def test_a_picture_of_a_digit_or_to_filter_is_shown_or_a_sentence(page, key, state):
    app = opened(page, **state)
    before = len(app.get("image"))
    for upload in SOME[::6]:
        give(app, key, ("digit.png", upload.data))
        if app.warning:
            sentence(app, "warning")
        else:
            assert len(app.get("image")) > before, upload.what
