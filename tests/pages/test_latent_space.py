import socket
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import autoencoder, codes, weights
from ui import digit_source, latent_state, pictures

PAGE = Path(__file__).parents[2] / "pages" / "latent_space.py"


@pytest.fixture(autouse=True)
def without_network_and_mnist(monkeypatch, tmp_path):
    """Every test here runs cut off: no file named, an empty cache, and a network that no connection leaves."""

    def refused(*_):
        raise OSError("the network is cut off")

    monkeypatch.delenv("MNIST_FILE", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    digit_source.pictures_of_digits.clear()
    yield
    digit_source.pictures_of_digits.clear()


@pytest.fixture
def page():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    return app


def text_of(app):
    return " ".join(element.value for kind in ("markdown", "info", "warning", "error") for element in app.get(kind))


def test_without_network_and_mnist_the_page_says_so_and_uses_scikit_learns_digits(page):
    assert "scikit-learn" in text_of(page)
    assert "MNIST_FILE" in text_of(page)
    assert not page.error


def test_number_fields_mark_and_keep_a_point(page):
    page.number_input(key="z1").set_value(-3.5).run()
    page.number_input(key="z2").set_value(1.25).run()
    assert not page.exception
    assert page.session_state["marked"] == (-3.5, 1.25)
    assert page.session_state["kept"][-1] == (-3.5, 1.25)


def test_the_address_names_the_marked_point():
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["z1"], app.query_params["z2"] = "-1.5", "2"
    app.run()
    assert app.session_state["marked"] == (-1.5, 2.0)
    assert not app.warning


@pytest.mark.parametrize("z1", ["nan", "inf", "1e9", "left", ""])
def test_an_address_that_names_no_point_is_a_sentence(z1):
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["z1"], app.query_params["z2"] = z1, "0"
    app.run()
    assert not app.exception
    assert "address" in app.warning[0].value
    assert app.session_state["marked"] == latent_state.LESSON_POINT


def test_altered_weights_are_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "manifest.json").write_text((weights.FOLDER / "manifest.json").read_text())
    (tmp_path / codes.FILE).write_bytes((weights.FOLDER / codes.FILE).read_bytes())
    data = bytearray((weights.FOLDER / autoencoder.WEIGHTS).read_bytes())
    data[-1] ^= 1
    (tmp_path / autoencoder.WEIGHTS).write_bytes(data)
    for function in (weights.checked, weights.load, weights.facts):
        monkeypatch.setattr(function, "__defaults__", (tmp_path,))
    latent_state.shipped_plane.clear()
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    latent_state.shipped_plane.clear()
    assert not app.exception
    assert "altered" in app.error[0].value


def test_a_broken_file_that_was_named_is_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "mine.npz").write_bytes(b"no pictures")
    monkeypatch.setenv("MNIST_FILE", str(tmp_path / "mine.npz"))
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert "mine.npz" in app.error[0].value


def test_a_digit_is_drawn_white_on_black_and_clipped():
    image = np.zeros((28, 28))
    image[3, 4], image[5, 6] = 1.7, -0.4
    drawn = pictures.digit(image, scale=2)
    assert drawn.shape == (56, 56)
    assert drawn[6:8, 8:10].min() == 255
    assert drawn.sum() == 4 * 255


def test_the_oldest_kept_point_makes_room(page):
    page.session_state["kept"] = [(float(i), 0.0) for i in range(latent_state.KEPT_AT_MOST)]
    page.number_input(key="z1").set_value(100.0).run()
    kept = page.session_state["kept"]
    assert len(kept) == latent_state.KEPT_AT_MOST
    assert (kept[0][0], kept[-1][0]) == (1, 100)
