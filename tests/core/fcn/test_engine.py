"""The engine, against the same weights in Keras and against Keras' own export."""

import keras
import numpy as np
import onnxruntime
import pytest

from core import fcn, photos
from core.data import sample_photos
from core.fcn import architecture, keras_model
from core.fcn import engine as engine_module
from core.fcn.engine import EngineNetwork
from core.fcn.onnx_graph import onnx_model
from core.fcn.segmenter import Inference, Segmenter
from tests.support.networks import random_model

APP = architecture.app_network()
PHOTOS = np.random.default_rng(0).uniform(0, 255, (2, 96, 160, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    return random_model(APP)


@pytest.fixture(scope="module")
def engine(model):
    return EngineNetwork(APP, keras_model.arrays(model, APP))


def assert_alike(ours, theirs, names):
    for name, mine, other in zip(names, ours, theirs, strict=True):
        scale = np.abs(other).max()
        assert scale > 0
        np.testing.assert_allclose(mine / scale, other / scale, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("factors", [None, (1, 0, 1, 1, 0), (0.5, 1, 0, 2, 1)])
def test_scores_and_features_equal_keras(model, engine, factors):
    factors = None if factors is None else np.array(factors, np.float32)
    reference = keras_model.KerasNetwork(model, APP)
    assert_alike(engine.scores(PHOTOS, factors), reference.scores(PHOTOS, factors), APP.outputs)
    stages = [stage.name for stage in APP.stages]
    assert_alike(engine.features(PHOTOS, factors), reference.features(PHOTOS, factors), stages)


def test_keras_network_with_all_factors_one_is_the_model(model):
    reference = keras_model.KerasNetwork(model, APP).scores(PHOTOS)
    assert_alike(reference, [y.numpy() for y in model(PHOTOS, training=False)], APP.outputs)


@pytest.mark.parametrize("repaired", [False, True])
def test_the_lesson_fcn_runs_in_the_same_engine(repaired):
    network = architecture.lesson_fcn(16, repaired=repaired)
    model = random_model(network)
    (ours,) = EngineNetwork(network, keras_model.arrays(model, network)).scores(PHOTOS)
    np.testing.assert_allclose(ours, model(PHOTOS, training=False), atol=1e-5)
    np.testing.assert_allclose(ours.sum(axis=-1), 1, atol=1e-5)


def test_vgg16_preprocessing_is_the_one_of_keras():
    layer = keras_model.BGRLessMean()
    np.testing.assert_allclose(layer(PHOTOS), keras.applications.vgg16.preprocess_input(PHOTOS.copy()), atol=1e-4)


@pytest.mark.ci
def test_our_onnx_equals_the_export_of_keras(model, tmp_path):
    path = tmp_path / "keras.onnx"
    model(PHOTOS[:1])
    model.export(path, format="onnx", verbose=False)
    theirs = onnxruntime.InferenceSession(path)
    exported = theirs.run(None, {theirs.get_inputs()[0].name: PHOTOS})  # in the order of the model's outputs
    ours = EngineNetwork(APP, keras_model.arrays(model, APP)).scores(PHOTOS)
    # With some values of PYTHONHASHSEED, such as 2, Keras' exporter adds an axis of length 1 before some outputs.
    assert_alike(ours, [other.reshape(mine.shape) for mine, other in zip(ours, exported, strict=True)], APP.outputs)


def test_float16_arrays_are_computed_in_float32(engine):
    halves = {name: array.astype(np.float16) for name, array in engine.arrays.items()}
    singles = {name: array.astype(np.float32) for name, array in halves.items()}
    np.testing.assert_array_equal(
        EngineNetwork(APP, halves).scores(PHOTOS)[-1], EngineNetwork(APP, singles).scores(PHOTOS)[-1]
    )


def test_a_users_network_makes_room_for_the_next_one_and_still_answers(engine, monkeypatch):
    monkeypatch.setattr(engine_module, "OWN_READY", 1)
    first, second = (EngineNetwork(APP, engine.arrays) for _ in range(2))
    shared = EngineNetwork(APP, engine.arrays, shared=True)
    photo = PHOTOS[:1, :32, :32]
    before, *_ = (network.scores(photo)[-1] for network in (first, shared, second))
    assert [len(network._sessions) for network in (first, shared, second)] == [0, 1, 1]
    np.testing.assert_array_equal(first.scores(photo)[-1], before)


def test_a_missing_array_is_named(engine):
    arrays = {name: array for name, array in engine.arrays.items() if name != "skip4/kernel"}
    with pytest.raises(KeyError, match="skip4/kernel"):
        onnx_model(APP, arrays)


def test_other_photos_in_a_batch_change_no_bit(engine):
    segmenter, rng = Segmenter(engine, Inference(192)), np.random.default_rng(1)
    photo, *others = (rng.integers(0, 256, (150, 210, 3), np.uint8) for _ in range(3))
    together = segmenter.coarse_maps([others[0], photo, others[1]])[1]
    np.testing.assert_array_equal(together, segmenter.coarse_map(photo))
    np.testing.assert_array_equal(together, segmenter.insight(photo).levels[-1].values[..., 0])


def test_the_shipped_network_equals_keras():
    shipped = fcn.load()
    reference = Segmenter(keras_model.KerasNetwork(keras_model.shipped(), APP), shipped.inference)
    for name in sample_photos.SAMPLES:
        photo = photos.decode(sample_photos.sample(name))
        np.testing.assert_allclose(shipped.probability(photo), reference.probability(photo), atol=1e-4)
