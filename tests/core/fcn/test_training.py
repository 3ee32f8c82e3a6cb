"""The training of the app's network: crops match their masks, and a tiny run learns."""

import io
import re
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from core import weights
from core.data import datasets, sample_photos
from core.fcn import architecture, encoders, evaluation, keras_model, training
from core.fcn.engine import EngineNetwork
from core.fcn.segmenter import Segmenter
from core.training import __main__ as command_line
from core.training.acceleration import FusedAdam
from core.training.fit import MovingAverage, fit
from tests.support.networks import SHALLOW, discs, eager

APP = architecture.app_network()


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_a_crop_shows_the_same_part_of_photo_and_mask():
    pair = discs(1)[0]
    for seed in range(20):
        photo, mask = training.crop(pair, 64, np.random.default_rng(seed))
        assert photo.shape == (64, 64, 3)
        assert mask.shape == (64, 64, 1)
        assert 0 <= photo.min() <= photo.max() <= 255
        inside, outside = mask[..., 0] > 0.99, mask[..., 0] < 0.01
        if inside.any() and outside.any():
            assert photo[inside].mean() > photo[outside].mean() + 50


def test_batches_are_the_same_for_the_same_epoch_and_seed():
    pairs = discs(2 * training.BATCH + 3)
    draw = [list(training.batches(pairs, epoch, 32, seed)) for epoch, seed in [(0, 0), (0, 0), (1, 0), (0, 1)]]
    assert len(draw[0]) == 2
    np.testing.assert_array_equal(draw[0][1][0], draw[1][1][0])
    assert not np.array_equal(draw[0][0][0], draw[2][0][0])
    assert not np.array_equal(draw[0][0][0], draw[3][0][0])


def test_loss_is_smallest_for_the_true_mask():
    mask = np.zeros((2, 64, 64, 1), np.float32)
    mask[:, 16:48, 16:48] = 1
    sure = [8.0 * (2 * tf.nn.avg_pool2d(mask, s, s, "VALID") - 1) for s in architecture.STRIDES]
    right = float(training.loss(mask, sure))
    wrong = float(training.loss(mask, [-score for score in sure]))
    unsure = float(training.loss(mask, [0 * score for score in sure]))
    assert right < 0.2 < unsure < wrong  # not 0: a coarse cell that the edge crosses has no sure answer


def test_loss_weighs_edges_more():
    """One wrong cell of the finest map costs more beside the object's edge than far from it."""
    mask = np.zeros((1, 64, 64, 1), np.float32)
    mask[:, 16:48, 16:48] = 1
    costs = []
    for row in (15, 2):
        scores = [8.0 * (2 * tf.nn.avg_pool2d(mask, s, s, "VALID") - 1).numpy() for s in architecture.STRIDES]
        scores[-1][0, row, 32] *= -1
        costs.append(float(training.loss(mask, scores)))
    assert costs[0] > costs[1]


@pytest.mark.parametrize(
    ("count", "sizes"), [(10, (8, 1, 1)), (180, (144, 18, 18)), (716, (574, 71, 71)), (9500, (8800, 200, 500))]
)
def test_small_datasets_hold_out_a_smaller_share(count, sizes):
    parts = training.divided(list(range(count)))
    assert tuple(map(len, parts)) == sizes
    assert sorted(item for part in parts for item in part) == list(range(count))


def test_fewer_than_ten_photos_are_refused():
    with pytest.raises(datasets.DatasetError, match="Received: 9"):
        training.divided(list(range(9)))


@pytest.mark.slow
def test_a_tiny_run_lowers_the_loss_and_finds_new_discs(monkeypatch):
    monkeypatch.setattr(encoders, "LITE0_BLOCKS", SHALLOW)
    keras.utils.set_random_seed(0)
    model, pairs = keras_model.build(architecture.app_network()), discs(64)
    run = fit(
        model,
        training.loss,
        FusedAdam(2e-3, decay=0.004),
        lambda epoch: training.batches(pairs, epoch, 32, seed=0),
        epochs=6,
        steps=len(pairs) // training.BATCH,
    )
    history = list(run)[-1].history
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]
    # The running means of batch normalization lag behind so short a run: the masks are judged as in training.
    photo, mask = training.crop(discs(1, seed=9)[0], 32, np.random.default_rng(0))
    score = model(np.stack([photo] * 4), training=True)[-1][0]
    predicted = np.asarray(score) > 0
    assert (predicted & (mask > 0.5)).sum() / (predicted | (mask > 0.5)).sum() > 0.7


def test_a_moving_average_follows_its_variables():
    variable = keras.Variable(np.zeros(3, np.float32))
    average = MovingAverage([variable], decay=0.5)
    expected = np.zeros(3)
    for step, value in enumerate((1.0, 2.0, 4.0), start=1):
        variable.assign(np.full(3, value))
        average.update()
        keep = min(0.5, (1 + step) / (10 + step))
        expected = keep * expected + (1 - keep) * value
        np.testing.assert_allclose(average.values()[0], expected, rtol=1e-6)


@pytest.fixture
def small_round(tmp_path, monkeypatch):
    """A zip of 40 photos, an empty folder of weights, and one short pass a round."""
    path = tmp_path / "discs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for pair in discs(40):
            archive.writestr(f"images/{pair.name}.png", png(pair.photo))
            archive.writestr(f"masks/{pair.name}.png", png(np.uint8(255) * pair.mask))
    monkeypatch.setattr(training, "WORKING_SIZES", (32, 64))
    monkeypatch.setattr(training, "ROUNDS", (training.Round(1, 1e-3, ((1.0, 32),)),))
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setattr(weights, "FOLDER", folder)
    monkeypatch.setattr(encoders, "LITE0_BLOCKS", SHALLOW)
    network = architecture.app_network()
    encoder = keras_model.arrays(keras_model.build(network), network)
    monkeypatch.setattr(encoders, "load_lite0", lambda _path: encoder)
    return path


@pytest.mark.slow
def test_a_round_trains_saves_and_measures_and_the_next_one_continues(small_round, tmp_path):
    checkpoint = tmp_path / "c.npz"
    network = architecture.app_network()
    with eager():
        steps = list(training.train_shipped(small_round, encoder=tmp_path, checkpoint=checkpoint))
    assert [p.step for p in steps] == [1, 2]
    assert not checkpoint.exists()
    facts = weights.facts(weights.FCN)
    assert facts["photos"] == {"training": 32, "validation": 4, "held_out": 4}
    assert facts["architecture"] == network.fingerprint != APP.fingerprint
    shipped = Segmenter(
        EngineNetwork(network, weights.arrays(weights.FCN, network.weight_shapes)),
        training.Inference(**facts["inference"]),
    )
    again = training.evaluate_shipped(shipped, small_round)
    np.testing.assert_allclose(again.pop("reliability"), facts["held_out"].pop("reliability"), atol=1e-2)
    assert again == pytest.approx(facts["held_out"], abs=1e-3)

    before = weights.arrays(weights.FCN)["context_conv1/kernel"]
    with eager():
        list(training.train_shipped(small_round, epochs=2))
    assert [len(r["history"]) for r in weights.facts(weights.FCN)["rounds"]] == [1, 2]
    # Few steps of a rate that is still rising: the network is near the weights of the first round.
    np.testing.assert_allclose(weights.arrays(weights.FCN)["context_conv1/kernel"], before, atol=5e-3)

    with zipfile.ZipFile(small_round, "a") as archive:
        archive.writestr("images/more.png", png(discs(1)[0].photo))
        archive.writestr("masks/more.png", png(np.uint8(255) * discs(1)[0].mask))
    with pytest.raises(datasets.DatasetError, match=r"discs\.zip with seed 0"):
        training.evaluate_shipped(shipped, small_round)
    with pytest.raises(datasets.DatasetError, match=r"discs\.zip with seed 0"):
        next(training.train_shipped(small_round))


def test_the_working_size_with_the_best_masks_is_chosen(monkeypatch):
    sizes = iter((0.3, 0.8, 0.5))
    monkeypatch.setattr(training, "WORKING_SIZES", (32, 64, 96))
    monkeypatch.setattr(evaluation, "mean_iou", lambda _segmenter, _pairs: next(sizes))
    monkeypatch.setattr(evaluation, "calibrated", lambda segmenter, _pairs: segmenter.inference)
    assert training.choose_inference(None, discs(1)).working_size == 64


def test_the_sample_photos_are_measured_without_any_data(capsys):
    command_line.main(["evaluate"])
    ious = dict(re.findall(r"(\w+) (0\.\d+)", capsys.readouterr().out))
    assert list(ious) == list(sample_photos.SAMPLES)
    assert float(ious["Astronaut"]) > 0.8


def test_frozen_layers_are_the_first_of_the_encoder_up_to_the_stride():
    network = architecture.app_network()
    model = keras_model.build(network)
    keras_model.freeze(model, network, 0)
    assert not [layer.name for layer in model.layers if not layer.trainable]
    keras_model.freeze(model, network, 4)
    frozen = {layer.name for layer in model.layers if not layer.trainable}
    assert {"stem_conv", "block0_project_bn", "block2_add"} <= frozen
    assert not frozen & {"block3_expand_conv", "stage1_conv", "merge1", "context_conv1"}
