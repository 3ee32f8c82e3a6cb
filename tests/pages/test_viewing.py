"""Viewing every tab of both pages imports no TensorFlow; checked in a separate process."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def opened(page):
    app = AppTest.from_file(ROOT / "pages" / page, default_timeout=60).run()
    assert not app.exception
    return app


def open_tab(app, key, name):
    app.session_state[key] = name
    app.run()
    assert not app.exception
    assert not app.error


def view_the_latent_space():
    """Mark points, show atlas and density, upload a digit and a model, open every tab."""
    from core.autoencoder import digits, model_file
    from ui.common import pictures
    from ui.latent_space import state

    app = opened("latent_space.py")
    app.number_input(key="z1").set_value(-3.5).run()
    app.number_input(key="z2").set_value(1.25).run()
    assert app.session_state["latent_space"].saved[-1] == (-3.5, 1.25)
    app.toggle(key="density").set_value(True)
    app.toggle(key="atlas").set_value(True).run()
    open_tab(app, "latent_tab", "Draw")
    app.segmented_control(key="digit_from").set_value("Picture").run()
    ink = digits.scikit_learn_digits().test_images[0]
    app.file_uploader(key="digit_picture").set_value(("digit.png", pictures.png(255 - np.pad(ink, 9)), "image/png"))
    app.run()
    assert app.metric
    open_tab(app, "latent_tab", "Train")
    plane = state.pretrained_plane()
    own = model_file.to_bytes(
        model_file.TrainedAutoencoder(plane.autoencoder, plane.test_codes, plane.known, plane.source)
    )
    app.file_uploader(key="my_autoencoder_file").set_value(("mine.npz", own, "application/octet-stream")).run()
    assert app.session_state["my_autoencoder"].plane.decoder == plane.decoder
    for name in state.TABS:
        open_tab(app, "latent_tab", name)


def view_a_photo():
    """Every tab, and every step of the lesson."""
    from ui.segmentation import state

    app = opened("segmentation.py")
    assert app.get("image")
    for name in state.TABS:
        open_tab(app, "segmentation_tab", name)
    open_tab(app, "segmentation_tab", "The lesson")
    for step in state.LESSON_STEPS:
        app.segmented_control(key="lesson_step").set_value(step).run()
        assert not app.exception


@pytest.mark.parametrize("view", [view_the_latent_space, view_a_photo])
def test_viewing_imports_no_tensorflow(view, monkeypatch, tmp_path):
    monkeypatch.delenv("MNIST_FILE", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    program = (
        "import sys; from core.autoencoder import digits; from tests.pages import test_viewing;"
        "digits.MNIST_URL = 'http://127.0.0.1:9/mnist.npz';"
        f"test_viewing.{view.__name__}();"
        "print([m for m in ('tensorflow', 'keras') if sys.modules.get(m)])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr[-2000:]
