"""The network against the lesson's description, its training on a handful of digits, and the shipped weights."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core import autoencoder, autoencoder_training, codes, digits, training, weights
from tests.hostile.watch import assert_one_clean_sentence


@pytest.fixture(scope="module")
def shipped():
    return autoencoder.load()


@pytest.fixture(scope="module")
def small():
    return digits.scikit_learn_digits().of(digits.LESSON_CLASSES)


def test_layers_are_the_lessons():
    encoder, decoder = autoencoder.build().layers
    assert (encoder.count_params(), decoder.count_params()) == (25_090, 26_369)
    assert [layer.output.shape[1:] for layer in encoder.layers] == [(14, 14, 32), (7, 7, 64), (1, 1, 2)]
    assert [layer.output.shape[1:] for layer in decoder.layers] == [(7, 7, 64), (14, 14, 32), (28, 28, 1)]
    assert [layer.activation.__name__ for layer in (*encoder.layers, *decoder.layers)] == [
        "relu", "relu", "linear", "relu", "relu", "linear",
    ]  # fmt: skip


def test_the_seed_decides_the_weights():
    first, again, other = (autoencoder.build(seed).get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_encode_and_decode_are_the_models(shipped, small):
    images = digits.unit(small.test_images[:5])
    encoder, decoder = shipped.model.layers
    points = shipped.encode(images)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, np.asarray(encoder(images[..., None])).reshape(5, 2), atol=1e-5)
    pictures = shipped.decode(points)
    assert pictures.dtype == np.float32
    np.testing.assert_allclose(pictures, np.asarray(decoder(points[:, None, None]))[..., 0], atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 1025])
def test_any_number_of_points_without_tracing_again(shipped, count):
    points = np.random.default_rng(0).normal(size=(count, 2))
    whole = shipped.decode(points)
    assert whole.shape == (count, 28, 28)
    if count:
        np.testing.assert_allclose(whole[-1:], shipped.decode(points[-1:]), atol=1e-5)
    assert shipped._decode.experimental_get_tracing_count() == 1


def test_threads_share_one_autoencoder(shipped):
    points = np.random.default_rng(1).normal(size=(64, 1, 2))
    with ThreadPoolExecutor(8) as pool:
        together = np.concatenate(list(pool.map(shipped.decode, points)))
    np.testing.assert_allclose(together, shipped.decode(points[:, 0]), atol=1e-5)


@pytest.mark.parametrize("points", [[[0.0, np.nan]], [[np.inf, 0.0]], [0.0, 1.0], [[1.0, 2.0, 3.0]]])
def test_what_is_no_point_is_refused(shipped, points):
    with pytest.raises(ValueError):
        shipped.decode(np.array(points))


def epochs(run):
    return [progress.history[-1] for progress in run if progress.step == progress.steps]


def test_a_tiny_training_lowers_both_errors(small):
    run = epochs(autoencoder_training.train(autoencoder.build(), small, epochs=4, batch=16))
    assert run[-1]["loss"] < 0.6 * run[0]["loss"]
    assert run[-1]["test_loss"] < 0.8 * run[0]["test_loss"]


def test_a_training_that_was_cut_goes_on_and_ends_with_the_same_weights(small, tmp_path):
    whole, cut, resumed = (autoencoder.build() for _ in range(3))
    setting = {"epochs": 3, "batch": 64, "seed": 5}
    list(autoencoder_training.train(whole, small, **setting))
    checkpoint = tmp_path / "cae.npz"
    steps = len(small.train_labels) // 64
    list(islice(autoencoder_training.train(cut, small, checkpoint=checkpoint, **setting), steps + 2))
    rest = list(autoencoder_training.train(resumed, small, checkpoint=checkpoint, **setting))
    assert rest[0].epoch == 2
    for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_jitter_moves_some_digits_a_little(small):
    images = digits.unit(small.train_images)
    moved = autoencoder_training.jittered(images, np.random.default_rng(0))
    change = np.abs(moved - images).mean(axis=(1, 2))
    assert 0.4 < (change == 0).mean() < 0.6
    assert 0.005 < change[change > 0].mean() < 0.08
    np.testing.assert_allclose(moved.mean(), images.mean(), rtol=0.05)  # no ink is lost at the border


def test_only_mnist_can_become_the_shipped_one(small):
    with pytest.raises(digits.DigitsError, match="scikit-learn"):
        next(autoencoder_training.train_shipped(small))


def test_training_the_shipped_one_saves_weights_codes_and_figures(tmp_path, monkeypatch, small):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    data = replace(small, source="MNIST")
    checkpoint = tmp_path / "cae.npz"
    list(autoencoder_training.train_shipped(data, epochs=2, checkpoint=checkpoint))
    facts = weights.facts(autoencoder.WEIGHTS)
    assert len(facts["loss_per_epoch"]) == len(facts["test_loss_per_epoch"]) == 2
    model = autoencoder.build(9)
    weights.load(model, autoencoder.WEIGHTS)
    images = digits.unit(data.test_images)
    error = autoencoder.squared_error(images, autoencoder.Autoencoder(model).reconstruct(images)).mean()
    assert error == pytest.approx(facts["test_loss"], rel=1e-4)
    test, train = codes.load()
    np.testing.assert_allclose(
        train.points, autoencoder.Autoencoder(model).encode(digits.unit(data.train_images)), atol=1e-5
    )
    np.testing.assert_array_equal(test.labels, data.test_labels[np.searchsorted(data.test_index, test.index)])
    assert not checkpoint.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize(("full", "epochs_again"), [("checkpoint", ["1", "2"]), ("weights", ["2"])])
def test_a_full_disk_is_a_sentence_and_the_same_command_goes_on(
    tmp_path, monkeypatch, capsys, small, full, epochs_again
):
    cache, shipped = tmp_path / "cache", tmp_path / "weights"
    for folder in (cache, shipped):
        folder.mkdir()
    monkeypatch.setattr(training, "CACHE", cache)
    monkeypatch.setattr(weights, "FOLDER", shipped)
    monkeypatch.setattr(digits, "load", lambda _path: replace(small, source="MNIST"))
    monkeypatch.setattr(autoencoder_training, "train_shipped", partial(autoencoder_training.train_shipped, epochs=2))
    weights.save(autoencoder.build(1), autoencoder.WEIGHTS, {"run": "old"})
    old = {path.name: path.read_bytes() for path in shipped.iterdir()}
    with monkeypatch.context() as patch:
        if full == "checkpoint":
            (cache / "cae.checkpoint.npz.partial").symlink_to("/dev/full")
        else:
            patch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=100_000))
        with pytest.raises(SystemExit) as end:
            training.main(["cae"])
    assert_one_clean_sentence(end.value.code)  # Python prints a text and exits with 1
    assert {path.name: path.read_bytes() for path in shipped.iterdir()} == old
    assert not list(cache.glob("*.partial"))
    capsys.readouterr()
    training.main(["cae"])
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == epochs_again
    assert weights.facts(autoencoder.WEIGHTS)["epochs"] == 2


BAR = 0.034  # mean squared error on scikit-learn's digits


def test_shipped_weights_reconstruct_digits_they_never_saw(shipped, small):
    images = digits.unit(np.concatenate([small.train_images, small.test_images]))
    points = shipped.encode(images)
    assert autoencoder.squared_error(images, shipped.decode(points)).mean() < BAR
    # The bar is one that a broken network misses: one without training, and one whose codes say nothing.
    untrained = autoencoder.Autoencoder(autoencoder.build(1))
    assert autoencoder.squared_error(images, untrained.reconstruct(images)).mean() > 2 * BAR
    mixed = np.random.default_rng(0).permutation(points)
    assert autoencoder.squared_error(images, shipped.decode(mixed)).mean() > 1.5 * BAR


def test_shipped_codes_tell_the_classes_apart(shipped):
    """Nearest training code in the plane decides the class: pure chance would be right for 38 % of the 500 digits."""
    from sklearn.neighbors import KNeighborsClassifier

    test, train = codes.load()
    assert (len(test.labels), len(train.labels)) == (500, 18_081)
    assert KNeighborsClassifier(5).fit(train.points, train.labels).score(test.points, test.labels) > 0.93


def test_shipped_figures_reach_the_bar():
    facts = weights.facts(autoencoder.WEIGHTS)
    assert facts["test_loss"] <= 0.0269
    assert facts["seconds"] < 15 * 60
    assert len(facts["loss_per_epoch"]) == facts["epochs"]


@pytest.mark.skipif("MNIST_FILE" not in os.environ, reason="MNIST_FILE names no file")
def test_shipped_weights_and_codes_on_mnist_itself(shipped):
    data = digits.load().of(digits.LESSON_CLASSES)
    images = digits.unit(data.test_images)
    assert autoencoder.squared_error(images, shipped.reconstruct(images)).mean() <= 0.0269
    test, _ = codes.load()
    rows = np.searchsorted(data.test_index, test.index)
    np.testing.assert_array_equal(data.test_labels[rows], test.labels)
    np.testing.assert_allclose(shipped.encode(images[rows]), test.points, atol=1e-4)
