"""The network in OpenVINO, against the same weights in Keras."""

import sys

import numpy as np
import pytest

from core import fcn, photos, weights
from core.data import sample_photos
from core.fcn import keras_model as fcn_keras
from core.fcn.segmenter import ALL_SKIPS, Inference

engine = pytest.importorskip("core.fcn.engine", exc_type=ImportError, reason="OpenVINO is not installed")

PHOTO = np.random.default_rng(0).integers(0, 256, (150, 210, 3), np.uint8)


@pytest.fixture(scope="module")
def keras_model():
    """No weight and no running mean where an initializer would leave it, so that none can be passed over."""
    model, rng = fcn_keras.build(), np.random.default_rng(1)
    shifts = (rng.uniform(0, 0.1, w.shape) if w.ndim == 1 else 0 for w in model.get_weights())
    model.set_weights(
        [w * rng.uniform(0.8, 1.2, w.shape) + shift for w, shift in zip(model.get_weights(), shifts, strict=True)]
    )
    return model


@pytest.fixture
def numbers(keras_model, tmp_path, monkeypatch):
    """Its weights, by way of a file."""
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    weights.save(keras_model, "some.weights.h5", {})
    return weights.numbers(tmp_path / "some.weights.h5")


def test_numbers_are_the_layers_weights(keras_model, numbers):
    layers = {layer.name: layer.get_weights() for layer in keras_model.layers}
    assert numbers.keys() == layers.keys()
    for name, arrays in numbers.items():
        assert len(arrays) == len(layers[name])
        assert all(map(np.array_equal, arrays, layers[name]))


@pytest.mark.parametrize("skips", [ALL_SKIPS, (True, False, True, True, False)])
def test_it_is_the_network_that_keras_has(keras_model, numbers, skips):
    inference = Inference(working_size=192, shift=0.25)
    here, there = engine.Segmenter(numbers, inference), fcn_keras.Segmenter(keras_model, inference)
    seen, expected = here.insight(PHOTO, skips), there.insight(PHOTO, skips)
    assert seen.features.keys() == expected.features.keys()
    for name, maps in expected.features.items():
        scale = maps.values.max()
        assert scale > 0
        np.testing.assert_allclose(seen.features[name].values / scale, maps.values / scale, atol=1e-4, err_msg=name)
        assert seen.features[name].extent == maps.extent
    for level, expected_level in zip(seen.levels, expected.levels, strict=True):
        assert np.ptp(expected_level.values) > 1e-3
        np.testing.assert_allclose(level.values, expected_level.values, atol=1e-4)
    np.testing.assert_allclose(here.probability(PHOTO), there.probability(PHOTO), atol=1e-4)


def test_the_shipped_network_covers_what_it_covers_in_keras():
    here, there = engine.load(), fcn_keras.load()
    for name in ("Astronaut", "Cat", "Coffee", "Rocket"):
        photo = photos.decode(sample_photos.sample(name))
        np.testing.assert_allclose(here.probability(photo), there.probability(photo), atol=1e-4)


def test_what_stands_beside_a_photo_changes_no_bit_of_its_map():
    segmenter = engine.load()
    alone = segmenter.coarse_map(PHOTO)
    several = segmenter.coarse_maps([PHOTO[::-1].copy(), PHOTO, PHOTO[:, ::-1].copy()])
    np.testing.assert_array_equal(several[1], alone)
    np.testing.assert_array_equal(segmenter.insight(PHOTO).levels[-1].values[..., 0], alone)


def test_load_takes_openvino():
    assert isinstance(fcn.load(), engine.Segmenter)


def test_without_openvino_tensorflow_answers(monkeypatch):
    monkeypatch.setitem(sys.modules, "core.fcn.engine", None)
    monkeypatch.delattr("core.fcn.engine")
    assert isinstance(fcn.load(), fcn_keras.Segmenter)


def test_where_openvino_fails_tensorflow_answers(monkeypatch):
    def refuse(*_):
        raise RuntimeError("no such device")

    monkeypatch.setattr(engine, "Pass", refuse)
    assert isinstance(fcn.load(), fcn_keras.Segmenter)
