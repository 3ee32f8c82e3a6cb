"""Inference: maps of the right size, one run a photo, calibrated probabilities, levels and skip switches."""

import threading

import keras
import numpy as np
import pytest

from core import fcn, photos, weights
from core.data import sample_photos
from core.fcn import architecture, keras_model, training
from core.fcn.engine import EngineNetwork
from core.fcn.segmenter import Inference, Maps, Segmenter, working_shape

APP = architecture.app_network()


@pytest.fixture(scope="module")
def shipped():
    return fcn.load()


@pytest.fixture(scope="module")
def untrained():
    keras.utils.set_random_seed(0)
    return Segmenter(EngineNetwork(APP, keras_model.arrays(keras_model.build(APP), APP)))


def test_the_shipped_network_has_the_size_of_the_manifest():
    trained = weights.arrays(weights.FCN, APP.weight_shapes)
    facts = weights.facts(weights.FCN)
    assert sum(array.size for array in trained.values()) == facts["parameters"]
    assert facts["architecture"] == APP.fingerprint
    assert facts["bytes"] <= 25_000_000


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (33, 65), (224, 224), (480, 640), (1200, 900)])
def test_map_has_the_size_of_the_photo(shipped, shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    probability = shipped.probability(photo)
    assert probability.shape == shape
    assert probability.dtype == np.float32
    assert 0 <= probability.min() <= probability.max() <= 1


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [
        ((600, 400), 320, (320, 224)),
        ((400, 600), 256, (160, 256)),
        ((5, 5000), 320, (32, 320)),
        ((9, 9), 300, (288, 288)),
    ],
)
def test_working_shape_is_a_multiple_of_32_with_nearly_the_same_aspect(size, longest, expected):
    assert working_shape(size, longest) == expected


@pytest.mark.parametrize("shape", [(100, 171), (171, 100), (33, 250), (300, 7)])
def test_a_photo_is_scaled_without_padding_so_that_a_mirror_image_is_mirrored(shipped, shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    expected = shipped.prepared(photo)
    for mirror in (np.s_[:, ::-1], np.s_[::-1]):
        assert np.abs(shipped.prepared(photo[mirror].copy())[mirror] - expected).max() <= 1


@pytest.mark.parametrize("photo", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_arrays_that_are_not_photos_are_refused(shipped, photo):
    with pytest.raises(ValueError, match=r"Received: \("):
        shipped.probability(photo)


def test_many_threads_get_the_same_bytes(shipped):
    photo = photos.decode(sample_photos.sample("Coffee"))
    expected, answers = shipped.probability(photo), []
    threads = [threading.Thread(target=lambda: answers.append(shipped.probability(photo))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.tobytes() for answer in answers] == [expected.tobytes()] * 4


def test_photos_of_one_shape_share_a_run(shipped):
    coffee, cat = (photos.decode(sample_photos.sample(name)) for name in ("Coffee", "Cat"))
    together, before = [coffee, coffee[::-1].copy(), cat[:, :200]], shipped.calls
    answers = shipped.coarse_maps(together)
    assert shipped.calls == before + 2
    for photo, answer in zip(together, answers, strict=True):
        np.testing.assert_allclose(answer, shipped.coarse_map(photo), atol=1e-6)


def test_insight_has_every_level_and_stage_of_one_run(shipped):
    photo = photos.decode(sample_photos.sample("Cat"))
    before = shipped.calls
    insight = shipped.insight(photo)
    assert shipped.calls == before + 1
    height, width = shipped.coarse_map(photo).shape
    np.testing.assert_array_equal(insight.levels[-1].values[..., 0], shipped.coarse_map(photo))
    for level, stride in zip(insight.levels, architecture.STRIDES, strict=True):
        assert level.stride == stride
        assert level.values.shape == (height // stride, width // stride, 1)
    shapes = APP.shapes((height, width))
    assert {name: maps.values.shape for name, maps in insight.features.items()} == {
        stage.name: shapes[stage.node] for stage in APP.stages
    }


@pytest.mark.parametrize("off", range(5))
def test_a_skip_switched_off_changes_its_level_and_the_finer_ones(shipped, off):
    photo = photos.decode(sample_photos.sample("Coffee"))
    all_on = shipped.insight(photo)
    skips = tuple(i != off for i in range(5))
    without = shipped.insight(photo, skips)
    np.testing.assert_array_equal(shipped.levels(photo, skips)[-1].values, without.levels[-1].values)
    changed = [not np.array_equal(a.values, b.values) for a, b in zip(all_on.levels, without.levels, strict=True)]
    assert changed == [i > off for i in range(6)]
    for stage in APP.encoder:
        np.testing.assert_array_equal(all_on.features[stage.name].values, without.features[stage.name].values)


def test_a_skip_that_is_off_equals_a_skip_with_zero_weights(untrained):
    photo = photos.decode(sample_photos.sample("Rocket"))
    off = untrained.insight(photo, (True, True, True, False, True)).levels[-1].values
    arrays = untrained.network.arrays
    zeroed = Segmenter(EngineNetwork(APP, arrays | {"skip2/kernel": np.zeros_like(arrays["skip2/kernel"])}))
    np.testing.assert_allclose(off[..., 0], zeroed.coarse_map(photo), atol=1e-6)
    assert np.abs(off[..., 0] - untrained.coarse_map(photo)).max() > 1e-4


def test_insight_requires_one_switch_for_each_skip(shipped):
    with pytest.raises(ValueError, match="Received: 2"):
        shipped.insight(np.zeros((9, 9, 3), np.uint8), (True, False))


def test_maps_enlarge_their_cells():
    maps = Maps(16, np.arange(4, dtype=np.float32).reshape(1, 4, 1))
    np.testing.assert_array_equal(maps.at((1, 8), smooth=False), [[0, 0, 1, 1, 2, 2, 3, 3]])


def test_shift_and_temperature_act_on_the_logit(untrained):
    photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    plain = untrained.coarse_map(photo)
    calibrated = Segmenter(untrained.network, Inference(shift=0.5, temperature=2.0)).coarse_map(photo)
    np.testing.assert_allclose(
        np.log(calibrated / (1 - calibrated)), (np.log(plain / (1 - plain)) - 0.5) / 2, atol=1e-3
    )


def test_the_shipped_network_finds_the_objects_of_the_sample_photos(shipped, untrained):
    """Photos from outside its data set. Everything or nothing covered, or random weights, stay far below."""
    trained, by_chance = (np.mean([*training.evaluate_samples(each).values()]) for each in (shipped, untrained))
    everything = np.mean([sample_photos.true_mask(name).mean() for name in sample_photos.SAMPLES])
    assert trained > 0.65
    assert by_chance < 0.5
    assert everything < 0.46
