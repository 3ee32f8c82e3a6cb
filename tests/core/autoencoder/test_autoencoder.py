"""The network compared with the lesson's description and with Keras, its training, and the pre-trained weights."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from core import autoencoder, weights
from core.autoencoder import codes, digits, keras_model, network
from core.autoencoder import training as autoencoder_training
from core.training import __main__ as command_line
from tests.support.hostile.watch import assert_one_clean_sentence


@pytest.fixture(scope="module")
def pretrained():
    return autoencoder.load()


@pytest.fixture(scope="module")
def small():
    return digits.scikit_learn_digits().of(digits.LESSON_CLASSES)


@pytest.fixture(scope="module", params=["shipped", "random"])
def in_keras(request):
    """The reference, with the pre-trained weights and with random weights whose biases are not 0."""
    model, rng = keras_model.build(7), np.random.default_rng(7)
    if request.param == "shipped":
        model.set_weights(autoencoder.load().numbers)
    else:
        model.set_weights([w + rng.normal(0, 0.1, w.shape) for w in model.get_weights()])
    return model


def from_keras(model):
    return network.Autoencoder(model.get_weights())


def test_layers_are_the_lessons():
    encoder, decoder = keras_model.build().layers
    assert (encoder.count_params(), decoder.count_params()) == (25_090, 26_369)
    assert [layer.output.shape[1:] for layer in encoder.layers] == [(14, 14, 32), (7, 7, 64), (1, 1, 2)]
    assert [layer.output.shape[1:] for layer in decoder.layers] == [(7, 7, 64), (14, 14, 32), (28, 28, 1)]
    assert [layer.activation.__name__ for layer in (*encoder.layers, *decoder.layers)] == [
        "relu", "relu", "linear", "relu", "relu", "linear",
    ]  # fmt: skip


def test_the_seed_decides_the_weights():
    first, again, other = (keras_model.build(seed).get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_the_pretrained_weights_are_those_of_the_layers_of_their_names(pretrained):
    model, arrays = keras_model.build(), weights.arrays(network.WEIGHTS)
    for half in model.layers:
        for number, layer in enumerate(half.layers, 1):
            layer.set_weights([arrays.pop(f"{half.name}_conv{number}/{part}") for part in ("kernel", "bias")])
    assert not arrays
    assert all(map(np.array_equal, pretrained.numbers, model.get_weights()))
    assert all(map(np.array_equal, pretrained.decoder, model.layers[1].get_weights()))


@pytest.mark.parametrize("reach", [12, 1000])
def test_decode_equals_keras(in_keras, reach):
    points = np.random.default_rng(0).uniform(-reach, reach, (1000, 2)).astype(np.float32)
    expected = in_keras.layers[1](points[:, None, None], training=False).numpy()[..., 0]
    pictures = from_keras(in_keras).decode(points)
    assert pictures.dtype == np.float32
    scale = np.maximum(np.abs(expected).max(axis=(1, 2), keepdims=True), 1)
    np.testing.assert_allclose(pictures / scale, expected / scale, rtol=0, atol=1e-5)


def test_encode_equals_keras(in_keras, small):
    noise = np.random.default_rng(0).random((70, 28, 28), np.float32)
    images = np.concatenate([digits.unit(small.test_images), noise, np.zeros((1, 28, 28), np.float32)])
    expected = in_keras.layers[0](images[..., None], training=False).numpy().reshape(-1, 2)
    points = from_keras(in_keras).encode(images)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, network.CHUNK, 2 * network.CHUNK + 1])
def test_a_row_gives_the_same_alone_and_among_others(pretrained, count):
    points = np.random.default_rng(0).normal(size=(count, 2))
    pictures = pretrained.decode(points)
    encoded = pretrained.encode(pictures)
    assert (pictures.shape, encoded.shape) == ((count, 28, 28), (count, 2))
    for i in range(count):
        np.testing.assert_array_equal(pretrained.decode(points[i : i + 1])[0], pictures[i])
        np.testing.assert_array_equal(pretrained.encode(pictures[i : i + 1])[0], encoded[i])


def test_threads_share_one_autoencoder(pretrained):
    points = np.random.default_rng(1).normal(size=(64, 1, 2))
    with ThreadPoolExecutor(8) as pool:
        together = np.concatenate(list(pool.map(pretrained.decode, points)))
    np.testing.assert_array_equal(together, pretrained.decode(points[:, 0]))


@pytest.mark.parametrize("points", [[[0.0, np.nan]], [[np.inf, 0.0]], [0.0, 1.0], [[1.0, 2.0, 3.0]]])
def test_impossible_points_are_refused(pretrained, points):
    with pytest.raises(ValueError):
        pretrained.decode(np.array(points))


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 27), (1, 28, 28, 1)])
def test_images_of_another_shape_are_refused(pretrained, shape):
    with pytest.raises(ValueError, match="Expected shape"):
        pretrained.encode(np.zeros(shape))


def test_weights_of_another_network_are_refused(pretrained):
    for numbers in (pretrained.numbers[:-1], [*pretrained.numbers[::-1]], []):
        with pytest.raises(ValueError, match="Expected arrays"):
            network.Autoencoder(numbers)


def epochs(run):
    return [progress.history[-1] for progress in run if progress.step == progress.steps]


def test_a_tiny_training_lowers_both_errors(small):
    run = epochs(autoencoder_training.train(keras_model.build(), small, epochs=4, batch=16))
    assert run[-1]["loss"] < 0.6 * run[0]["loss"]
    assert run[-1]["test_loss"] < 0.8 * run[0]["test_loss"]


def test_an_interrupted_training_continues_and_ends_with_the_same_weights(small, tmp_path):
    whole, cut, resumed = (keras_model.build() for _ in range(3))
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
    np.testing.assert_allclose(moved.mean(), images.mean(), rtol=0.05)  # no ink leaves the frame


def test_the_pretrained_model_needs_mnist(small):
    with pytest.raises(digits.DigitsError, match="scikit-learn"):
        next(autoencoder_training.train_shipped(small))


def test_training_the_pretrained_model_saves_weights_codes_and_figures(tmp_path, monkeypatch, small):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    data = replace(small, source="MNIST")
    checkpoint = tmp_path / "cae.checkpoint.npz"
    list(autoencoder_training.train_shipped(data, epochs=2, checkpoint=checkpoint))
    facts = weights.facts(network.WEIGHTS)
    assert len(facts["loss_per_epoch"]) == len(facts["test_loss_per_epoch"]) == 2
    saved = autoencoder.load()
    images = digits.unit(data.test_images)
    error = network.squared_error(images, saved.reconstruct(images)).mean()
    assert error == pytest.approx(facts["test_loss"], rel=1e-4)
    test, train = codes.load()
    np.testing.assert_allclose(train.points, saved.encode(digits.unit(data.train_images)), atol=1e-5)
    np.testing.assert_array_equal(test.labels, data.test_labels[np.searchsorted(data.test_index, test.index)])
    assert not checkpoint.exists()


def disk_is_full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize(("full", "epochs_again"), [("checkpoint", ["1", "2"]), ("weights", ["2"])])
def test_a_full_disk_is_one_sentence_and_the_same_command_continues(
    tmp_path, monkeypatch, capsys, small, full, epochs_again
):
    cache, saved = tmp_path / "cache", tmp_path / "weights"
    for folder in (cache, saved):
        folder.mkdir()
    monkeypatch.setattr(command_line, "CACHE", cache)
    monkeypatch.setattr(weights, "FOLDER", saved)
    monkeypatch.setattr(digits, "load", lambda _path: replace(small, source="MNIST"))
    monkeypatch.setattr(autoencoder_training, "train_shipped", partial(autoencoder_training.train_shipped, epochs=2))
    weights.save({"kernel": np.zeros(3, np.float32)}, network.WEIGHTS, {"run": "old"})
    old = {path.name: path.read_bytes() for path in saved.iterdir()}
    with monkeypatch.context() as patch:
        if full == "checkpoint":
            (cache / "cae.checkpoint.npz.partial").symlink_to("/dev/full")
        else:
            patch.setattr(weights, "packed", disk_is_full)
        with pytest.raises(SystemExit) as end:
            command_line.main(["cae"])
    assert_one_clean_sentence(end.value.code)  # Python prints it and exits with 1
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == old
    assert not list(cache.glob("*.partial"))
    capsys.readouterr()
    command_line.main(["cae"])
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == epochs_again
    assert weights.facts(network.WEIGHTS)["epochs"] == 2


BAR = 0.034  # mean squared error on scikit-learn's digits


def test_the_pretrained_model_reconstructs_digits_that_it_was_not_trained_on(pretrained, small):
    images = digits.unit(np.concatenate([small.train_images, small.test_images]))
    points = pretrained.encode(images)
    assert network.squared_error(images, pretrained.decode(points)).mean() < BAR
    # An untrained network and random codes must miss the bar.
    untrained = from_keras(keras_model.build(1))
    assert network.squared_error(images, untrained.reconstruct(images)).mean() > 2 * BAR
    mixed = np.random.default_rng(0).permutation(points)
    assert network.squared_error(images, pretrained.decode(mixed)).mean() > 1.5 * BAR


def test_the_pretrained_codes_separate_the_classes(pretrained):
    """The nearest training codes decide the class; a guess is right for 38 % of the 500 digits."""
    from sklearn.neighbors import KNeighborsClassifier

    test, train = codes.load()
    assert (len(test.labels), len(train.labels)) == (500, 18_081)
    assert KNeighborsClassifier(5).fit(train.points, train.labels).score(test.points, test.labels) > 0.93


def test_the_pretrained_figures_reach_the_bar():
    facts = weights.facts(network.WEIGHTS)
    assert facts["test_loss"] <= 0.0269
    assert facts["seconds"] < 15 * 60
    assert len(facts["loss_per_epoch"]) == facts["epochs"]


@pytest.mark.skipif("MNIST_FILE" not in os.environ, reason="MNIST_FILE is not set")
def test_the_pretrained_weights_and_codes_on_mnist(pretrained):
    data = digits.load().of(digits.LESSON_CLASSES)
    images = digits.unit(data.test_images)
    assert network.squared_error(images, pretrained.reconstruct(images)).mean() <= 0.0269
    test, _ = codes.load()
    rows = np.searchsorted(data.test_index, test.index)
    np.testing.assert_array_equal(data.test_labels[rows], test.labels)
    np.testing.assert_allclose(pretrained.encode(images[rows]), test.points, atol=1e-4)
