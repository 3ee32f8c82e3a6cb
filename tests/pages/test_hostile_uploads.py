"""Malformed and malicious files on the real pages: each is shown or refused with one sentence, nothing is written."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.hostile import archives, models, pictures
from tests.support.hostile.pictures import READ, REFUSED
from tests.support.hostile.watch import assert_one_clean_sentence, harmless
from ui.segmentation.state import PHOTOS

PAGES = Path(__file__).parents[2] / "pages"
VALID = pictures.encoded(pictures.quarters(pictures.COLOURS), "PNG")
PICTURES = [upload for kind in pictures.KINDS for upload in list(kind())[::9][:4]]
BUNDLES = [b for b in archives.collection()[::11] if all(name.endswith((".zip", ".npy")) for name in b.files)]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def opened(name, **query):
    app = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def upload_files(app, key, *files):
    """Upload (name, data) and run the page. The uploader's key starts with `key`: a number may follow."""
    key = next(field.key for field in app.file_uploader if str(field.key).startswith(key))
    several = [(name or "x.jpg", data, "image/jpeg") for name, data in files]
    app.file_uploader(key=key).set_value(several if len(several) > 1 else several[0])
    harmless(app.run)
    assert not app.exception
    return app


def message(app, kind):
    """The only message of a kind, which is one sentence."""
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


@pytest.mark.parametrize("upload", PICTURES, ids=lambda upload: upload.what)
def test_a_photo_is_shown_or_refused(segmentation, upload):
    app = upload_files(segmentation, "uploads", ("photo.jpg", upload.data))
    (caption,) = [caption for image in app.get("image") for caption in image.captions if " × " in caption]
    if app.error:
        assert upload.outcome != READ
        assert upload.quoted in message(app, "error")
        assert "512 × 512" in caption  # the sample is shown instead
    else:
        assert upload.outcome != REFUSED
        size = upload.size or (upload.picture.shape[:2] if upload.picture is not None else (64, 64))
        assert upload.outcome != READ or f"{size[1]} × {size[0]}" in caption


@pytest.mark.parametrize("name", pictures.NAMES.values(), ids=pictures.NAMES)
def test_the_name_of_a_photo_is_never_rendered(segmentation, name):
    app = upload_files(segmentation, "uploads", (name, VALID))
    assert not app.error
    text = " ".join(e.value for kind in ("markdown", "caption", "warning", "info") for e in app.get(kind))
    assert not [part for part in ("alert", "bold", "xxxxx", "etc/", "photo.jpg", "head.jpg") if part in text]


@pytest.mark.parametrize("upload", PICTURES[::5], ids=lambda upload: upload.what)
def test_a_true_mask_is_measured_or_refused(upload):
    app = opened("segmentation", segmentation_tab="Measure")
    upload_files(app, "uploads", ("photo.png", VALID))
    upload_files(app, "true_mask_", ("mask.png", upload.data))
    if app.error:
        message(app, "error")
    else:
        assert "IoU" in [metric.label for metric in app.metric]


def tab():
    from ui.segmentation import photo_input, predictions
    from ui.segmentation.train_tab import train_own

    train_own(predictions.on_screen(photo_input.sample("Coffee")))


@pytest.fixture(scope="module")
def train():
    app = AppTest.from_function(tab, default_timeout=60).run()
    return app.segmented_control(key="fcn_source").set_value(PHOTOS).run()


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.what)
def test_photos_with_masks_are_read_or_refused(train, bundle):
    app = upload_files(train, "fcn_files", *bundle.files.items())
    if app.text:
        assert bundle.outcome != READ
        text = message(app, "text")
        assert not [quoted for quoted in bundle.quoted if quoted not in text]
    else:
        assert bundle.outcome != REFUSED
    assert app.button(key="my_network_start").disabled == bool(app.text)


def test_a_model_file_is_read_or_refused(train):
    latent = opened("latent_space", latent_tab="Train")
    cae, net = models.valid_files()
    malformed = models.malformed_autoencoders(cae, net), models.malformed_segmenters(net, cae)
    for app, key, files in zip((latent, train), ("my_autoencoder_file", "my_network_file"), malformed, strict=True):
        for each in list(files)[::10]:
            upload_files(app, key, ("mine.npz", each.data))
            assert each.outcome != REFUSED or message(app, "warning"), each.what


@pytest.mark.parametrize(
    ("page", "key", "state"),
    [
        ("latent_space", "digit_picture", {"latent_tab": "Draw", "digit_from": "Picture"}),
        ("convolution", "filtered_upload", {"tab": "On a picture", "source": "Upload"}),
    ],
)
def test_a_picture_for_another_page_is_shown_or_refused(page, key, state):
    app = opened(page, **state)
    before = len(app.get("image"))
    for upload in PICTURES[::6]:
        upload_files(app, key, ("digit.png", upload.data))
        if app.warning:
            message(app, "warning")
        else:
            assert len(app.get("image")) > before, upload.what
