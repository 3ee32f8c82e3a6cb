"""The networks: their shapes and numbers, and what the shipped one makes of photos it never saw."""

import threading

import keras
import numpy as np
import pytest

from core import photos, weights
from core.data import sample_photos
from core.fcn import keras_model, layer_table
from core.fcn import segmenter as fcn_segmenter
from core.fcn import training as fcn_training
from tests.support import keras_layers


@pytest.fixture(scope="module", params=["core.fcn.engine", "core.fcn.keras_model"])
def segmenter(request):
    """The shipped network in each engine."""
    return pytest.importorskip(request.param, exc_type=ImportError).load()


@pytest.fixture(scope="module")
def reference():
    return keras_model.load()


@pytest.fixture(scope="module")
def untrained():
    keras.utils.set_random_seed(0)
    return keras_model.Segmenter(keras_model.build())


def test_one_score_map_at_every_stride(untrained):
    scores = untrained.model(np.zeros((2, 64, 96, 3), np.float32), training=False)
    assert [tuple(s.shape) for s in scores] == [(2, 64 // s, 96 // s, 1) for s in fcn_segmenter.STRIDES]


def test_bilinear_kernel_interpolates():
    """A constant stays constant away from the border, and a ramp keeps its slope: what bilinear means."""
    from core.convolution import conv2d_transpose

    kernel = keras_model.bilinear((4, 4, 1, 1))
    ramp = np.tile(np.arange(8.0), (8, 1))[..., None]
    up = conv2d_transpose(ramp, kernel, (2, 2), "same")[..., 0]
    np.testing.assert_allclose(np.diff(up[4, 2:-2]), 0.5)


def test_the_shipped_network_is_the_size_it_says(reference):
    assert reference.model.count_params() == weights.facts(fcn_segmenter.WEIGHTS)["parameters"]
    assert (weights.FOLDER / fcn_segmenter.WEIGHTS).stat().st_size <= 25_000_000


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (33, 65), (224, 224), (480, 640), (1200, 900)])
def test_map_has_the_photos_size_at_any_size(segmenter, shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    probability = segmenter.probability(photo)
    assert probability.shape == shape
    assert probability.dtype == np.float32
    assert 0 <= probability.min() <= probability.max() <= 1


@pytest.mark.parametrize("photo", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_photo_is_refused(segmenter, photo):
    with pytest.raises(ValueError, match=r"Received: \("):
        segmenter.probability(photo)


def test_same_photo_same_bytes_from_many_threads(segmenter):
    photo = photos.decode(sample_photos.sample("Coffee"))
    expected, answers = segmenter.probability(photo), []
    threads = [threading.Thread(target=lambda: answers.append(segmenter.probability(photo))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.tobytes() for answer in answers] == [expected.tobytes()] * 4


def test_photos_in_one_batch_are_answered_as_each_alone(segmenter):
    """Two share a padded size, one does not; of two that share it, each keeps its own part of the map."""
    coffee, cat = (photos.decode(sample_photos.sample(name)) for name in ("Coffee", "Cat"))
    together, before = [coffee, cat, coffee[:, :200]], segmenter.calls
    answers = segmenter.coarse_maps(together)
    assert segmenter.calls == before + 2
    for photo, answer in zip(together, answers, strict=True):
        np.testing.assert_allclose(answer, segmenter.coarse_map(photo), atol=1e-6)


def test_insight_is_the_same_network_seen_from_inside(segmenter):
    photo = photos.decode(sample_photos.sample("Cat"))
    before = segmenter.calls
    insight = segmenter.insight(photo)
    assert segmenter.calls == before + 1
    coarse = segmenter.coarse_map(photo)
    np.testing.assert_allclose(insight.levels[-1].values[..., 0], coarse, atol=1e-6)
    for level, stride in zip(insight.levels, fcn_segmenter.STRIDES, strict=True):
        assert level.values.shape == (*(-(-side // stride) for side in coarse.shape), 1)
        assert level.extent == tuple(side / stride for side in coarse.shape)
    assert {name: maps.values.shape[2] for name, maps in insight.features.items()} == {
        "stage1": 16, "stage2": 32, "stage3": 96, "stage4": 192, "stage5": 256, "context": 256,
        "merge16": 128, "merge8": 96, "merge4": 64, "merge2": 32, "merge1": 8,
    }  # fmt: skip
    assert all(maps.values.min() >= 0 for maps in insight.features.values())


@pytest.mark.parametrize("off", range(5))
def test_a_skip_switched_off_changes_its_level_and_the_finer_ones(segmenter, off):
    photo = photos.decode(sample_photos.sample("Coffee"))
    whole = segmenter.insight(photo)
    cut = segmenter.insight(photo, tuple(i != off for i in range(5)))
    changed = [not np.array_equal(a.values, b.values) for a, b in zip(whole.levels, cut.levels, strict=True)]
    assert changed == [i > off for i in range(6)]
    # What the skip carries is the encoder's, and stays.
    for name in fcn_segmenter.ENCODER_STAGES:
        np.testing.assert_array_equal(whole.features[name].values, cut.features[name].values)


def test_a_skip_off_is_a_skip_with_zero_weights(untrained):
    photo = photos.decode(sample_photos.sample("Rocket"))
    off = untrained.insight(photo, (True, True, True, False, True)).levels[-1].values
    kernel = untrained.model.get_layer("skip2").kernel
    kept = kernel.numpy()
    kernel.assign(np.zeros_like(kept))
    zeroed = untrained.coarse_map(photo)
    kernel.assign(kept)
    np.testing.assert_allclose(off[..., 0], zeroed, atol=1e-6)
    assert np.abs(zeroed - untrained.coarse_map(photo)).max() > 1e-4


def test_insight_wants_five_switches(segmenter):
    with pytest.raises(ValueError, match="Received: 2 switches"):
        segmenter.insight(np.zeros((9, 9, 3), np.uint8), (True, False))


def test_a_level_lies_where_its_cells_look():
    """6.5 columns of a map: the photo ends in the middle of the last one."""
    maps = fcn_segmenter.Maps(16, np.arange(7, dtype=np.float32).reshape(1, 7, 1), (1.0, 6.5))
    np.testing.assert_array_equal(maps.at((1, 13), smooth=False), [[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]])


def test_the_table_of_layers_is_keras_and_adds_up(untrained):
    rows = layer_table.of_shipped((96, 160))
    assert rows == keras_layers.of_model(untrained.model, (96, 160))
    assert sum(row.parameters for row in rows) == untrained.model.count_params()
    shapes = {row.name: row.output for row in rows}
    assert shapes["stage2_pool"] == (24, 40, 32)
    assert shapes["context_conv2"] == (3, 5, 256)
    assert shapes["score1"] == (96, 160, 1)
    normalised = next(row for row in rows if row.name == "stage1_conv1_norm")
    assert (normalised.parameters, normalised.trainable) == (64, 32)  # mean and variance are measured, not trained


def test_a_mirrored_photo_has_the_mirrored_map(untrained):
    photo = np.random.default_rng(0).integers(0, 256, (96, 160, 3), np.uint8)
    there, back = untrained.coarse_map(photo), untrained.coarse_map(photo[:, ::-1])
    assert np.ptp(there) > 1e-3
    np.testing.assert_allclose(back[:, ::-1], there, atol=1e-5)


def test_shift_and_sharpness_act_on_the_logit(untrained):
    photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    plain = untrained.coarse_map(photo)
    asked = keras_model.Segmenter(untrained.model, fcn_segmenter.Inference(shift=0.5, sharpness=2.0)).coarse_map(photo)
    np.testing.assert_allclose(np.log(asked / (1 - asked)), 2 * (np.log(plain / (1 - plain)) - 0.5), atol=1e-3)


def test_shipped_network_finds_the_objects_of_the_sample_photos(segmenter, untrained):
    """Photos from outside its data set. Everything or nothing covered, or random weights, stay far below."""
    found, by_chance = (np.mean([*fcn_training.evaluate_samples(each).values()]) for each in (segmenter, untrained))
    everything = np.mean([sample_photos.true_mask(name).mean() for name in sample_photos.SAMPLES])
    assert found > 0.65
    assert by_chance < 0.5
    assert everything < 0.46
