"""Markdown in a URL, a file's name or a file is shown literally. tests/ui/test_outside_text.py checks all messages."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.autoencoder import codes, model_file, network
from ui.convolution.state import STATE as CONVOLUTION
from ui.latent_space.state import STATE as LATENT_SPACE
from ui.segmentation.state import PHOTOS
from ui.segmentation.state import STATE as SEGMENTATION

PAGES = Path(__file__).parents[2] / "pages"
MARKDOWN = "![](//host/p) http://host.example"
STACKS = (MARKDOWN, f"Conv2D,8,3,1,{MARKDOWN},1,,relu", f"Conv2D,{MARKDOWN},3,1,SAME,1,,relu")


def opened(name, **query):
    app = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
    app.query_params.update(query)
    return app.run()


def assert_literal(app, at_least=0):
    """No element has the text as Markdown; `at_least` so many elements show it in another way."""
    assert not app.exception
    count = 0
    for element in app._tree:
        proto = str(getattr(element, "proto", ""))
        count += "host" in proto
        if element.type != "text":
            assert "![]" not in proto, proto
            assert "://host" not in proto, proto
    assert count >= at_least


@pytest.mark.parametrize("state", [CONVOLUTION, LATENT_SPACE, SEGMENTATION], ids=lambda state: state.page)
def test_the_settings_in_a_url(state):
    assert_literal(opened(state.page, **dict.fromkeys(state.settings, MARKDOWN), **{MARKDOWN: MARKDOWN}))


@pytest.mark.parametrize("stack", STACKS)
def test_the_error_of_a_setting_in_a_url(stack):
    assert_literal(opened("convolution", stack=stack))


def test_the_point_of_a_walk_in_a_url():
    assert_literal(opened("latent_space", latent_tab="Walk", walk_from=f"Saved: {MARKDOWN}"))


def test_the_name_of_an_upload():
    app = opened("segmentation", segmentation_tab="Measure")
    photo = (PAGES.parent / "docs" / "card-convolution-light.png").read_bytes()
    for start, data in (("uploads", photo), ("true_mask_", b"no picture")):
        key = next(field.key for field in app.file_uploader if str(field.key).startswith(start))
        app.file_uploader(key=key).set_value((f"{MARKDOWN}.png", data, "image/png")).run()
        assert_literal(app, at_least=1)


def test_the_names_in_a_zip_file():
    app = opened("segmentation", segmentation_tab="Train", fcn_source=PHOTOS)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"images/{MARKDOWN}.jpg", b"")
    name = f"{MARKDOWN}.zip"
    app.file_uploader(key="fcn_files").set_value([(name, file.getvalue(), "application/zip")]).run()
    assert_literal(app)


@pytest.mark.parametrize("tab", ["Neighbours", "Reconstruct", "Draw", "Train"])
def test_the_source_in_a_model_file(tab):
    some = codes.Codes(np.eye(3, 2, dtype=np.float32), np.arange(3, dtype=np.uint8), np.arange(3))
    model = network.Autoencoder([np.zeros(shape, np.float32) for shape in network.SHAPES.values()])
    app = opened("latent_space", latent_tab="Train")
    data = model_file.to_bytes(model_file.TrainedAutoencoder(model, some, some, MARKDOWN))
    app.file_uploader(key="my_autoencoder_file").set_value(("mine.npz", data, "application/zip")).run()
    app.session_state["latent_tab"] = tab
    assert_literal(app.run())
