import io
import time
from pathlib import Path

import numpy as np
import pytest

from core import weights
from core.autoencoder import codes, digits, keras_model, model_file, network
from core.autoencoder.training_job import Settings, TrainingJob
from core.training import background_job
from core.weights import WeightsError


@pytest.fixture(scope="module")
def data():
    return digits.scikit_learn_digits()


def settings(**changes):
    return Settings(**({"classes": (0, 1), "epochs": 2, "batch": 32, "rate": 3e-3, "seed": 1} | changes))


@pytest.fixture(scope="module")
def alone(data):
    job = TrainingJob(data, settings())
    assert job.wait(120)
    return job


def test_a_job_trains_the_chosen_classes_and_gives_a_model(alone, data):
    trained = alone.trained
    assert not alone.problem
    history = alone.progress.history
    assert len(history) == 2
    assert history[1]["test_loss"] < history[0]["test_loss"]
    assert set(trained.known.labels) == {0, 1}
    selection = data.of((0, 1))
    np.testing.assert_allclose(
        trained.known.points, trained.autoencoder.encode(digits.unit(selection.train_images)), atol=1e-4
    )
    np.testing.assert_allclose(alone.moving[1], trained.test_codes.points, atol=1e-4)


def test_two_trainings_at_once_do_not_disturb_each_other(alone, data):
    same, other = TrainingJob(data, settings()), TrainingJob(data, settings(seed=2, classes=(3, 7)))
    assert same.wait(120)
    assert other.wait(120)
    for a, b in zip(same.trained.autoencoder.numbers, alone.trained.autoencoder.numbers, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    assert set(other.trained.known.labels) == {3, 7}
    shipped, _ = codes.load()
    assert len(shipped.labels) == 500  # what the app ships is as it was


def test_a_job_stops_when_asked_and_keeps_what_it_learned(data):
    job = TrainingJob(data, settings(epochs=1000))
    deadline = time.monotonic() + 60
    while not (job.progress and job.progress.epoch > 1) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert job.running
    job.stop()
    assert job.wait(20)
    assert job.trained
    assert 1 < job.progress.epoch < 1000


def test_a_loss_that_is_not_finite_gives_no_model(data):
    job = TrainingJob(data, settings(rate=1e30, epochs=3))
    assert job.wait(60)
    assert job.trained is None
    assert job.problem == background_job.NOT_FINITE


def test_digits_that_cannot_be_read_are_a_sentence(data, monkeypatch):
    def unreadable(*_):
        raise digits.DigitsError("MNIST cannot be read.")

    monkeypatch.setattr(digits.Digits, "of", unreadable)
    job = TrainingJob(data, settings())
    assert job.wait(60)
    assert job.problem == "MNIST cannot be read."


def test_a_model_is_the_same_after_download_and_upload(alone):
    trained = alone.trained
    loaded = model_file.from_bytes(model_file.to_bytes(trained))
    points = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_array_equal(loaded.autoencoder.decode(points), trained.autoencoder.decode(points))
    np.testing.assert_array_equal(loaded.known.points, trained.known.points)
    np.testing.assert_array_equal(loaded.test_codes.labels, trained.test_codes.labels)
    assert loaded.source == trained.source


def test_a_stored_file_is_read_and_written_unchanged():
    """Its weights count up and down, in the order of Keras' `get_weights`."""
    file = (Path(__file__).parent / "autoencoder.npz").read_bytes()
    loaded = model_file.from_bytes(file)
    for i, (array, shape) in enumerate(zip(loaded.autoencoder.numbers, network.SHAPES.values(), strict=True)):
        np.testing.assert_array_equal(array, ((np.arange(array.size) % 97 - 48 + i) / 64).reshape(shape))
    assert (loaded.test_codes.labels.tolist(), loaded.known.index.tolist(), loaded.source) == (
        [0, 7, 7],
        [1, 2],
        "MNIST",
    )
    with np.load(io.BytesIO(file)) as old, np.load(io.BytesIO(model_file.to_bytes(loaded))) as new:
        assert set(old.files) == set(new.files)
        for name in old.files:
            np.testing.assert_array_equal(new[name], old[name])
            assert new[name].dtype == old[name].dtype


def spoiled(change):
    model = network.Autoencoder(keras_model.build().get_weights())
    some = codes.Codes(np.zeros((3, 2), np.float32), np.zeros(3, np.uint8), np.arange(3))
    file = model_file.to_bytes(model_file.TrainedAutoencoder(model, some, some, digits.MNIST))
    with np.load(io.BytesIO(file)) as good:
        arrays = dict(good)
    change(arrays)
    return weights.packed(arrays)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.update({"encoder_conv1/kernel": np.zeros((3, 3, 1, 31), np.float32)}), "another network"),
        (lambda a: a.pop("encoder_conv3/bias"), "another network"),
        (lambda a: a["encoder_conv1/bias"].fill(np.nan), "NaN"),
        (lambda a: a.pop("known_points"), "no latent codes"),
        (lambda a: a.update(known_points=np.zeros((3, 3), np.float32)), "no latent codes"),
        (lambda a: a.update(shown_labels=np.full(3, 10, np.uint8)), "no latent codes"),
        (lambda a: a.update(shown_index=np.full(3, -1)), "no latent codes"),
        (lambda a: a.update(source=np.array(digits.SCIKIT_LEARN), known_index=np.full(3, 5000)), "no latent codes"),
        (lambda a: a.update(source=np.array("EMNIST")), "source"),
        (lambda a: a.update(extra=np.zeros(3_000_000)), "too large"),
    ],
)
def test_a_file_of_something_else_is_a_sentence(change, words):
    with pytest.raises(WeightsError, match=words):
        model_file.from_bytes(spoiled(change))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no archive", b"GIF89a"])
def test_bytes_of_no_archive_are_a_sentence(data):
    with pytest.raises(WeightsError, match="does not hold weights"):
        model_file.from_bytes(data)
