import io
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.autoencoder import codes, digits, keras_model, model_file, network
from core.autoencoder.training_job import Settings, TrainingJob


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
    assert len(trained.history) == 2
    assert trained.history[1]["test_loss"] < trained.history[0]["test_loss"]
    assert set(trained.known.labels) == {0, 1}
    chosen = data.of((0, 1))
    np.testing.assert_allclose(
        trained.known.points, trained.autoencoder.encode(digits.unit(chosen.train_images)), atol=1e-4
    )
    np.testing.assert_allclose(alone.moving[1], trained.shown.points, atol=1e-4)


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
    assert job.trained.history
    assert job.progress.epoch < 1000


ENDING = """
import itertools, threading, time
from core.training import background_job
from core.training.fit import Progress

background_job.AT_ONCE = threading.BoundedSemaphore(1)

class Endless(background_job.Job):
    def _train(self):
        print("begun", flush=True)
        steps = (time.sleep(0.1) or Progress(1, 1, 1, 1, 0.5, 1.0, ()) for _ in itertools.count())
        for _ in self._followed(steps):
            pass
        print("ended", flush=True)

first, waiting = Endless(), Endless()
first.start()
while first.progress is None:
    time.sleep(0.05)
waiting.start()
"""


def test_a_process_that_ends_lets_a_training_end_its_step_and_begins_none():
    """Python would end its thread inside TensorFlow, and the process would abort."""
    root = Path(__file__).parents[3]
    told = subprocess.check_output([sys.executable, "-c", ENDING], cwd=root, stderr=subprocess.DEVNULL, timeout=120)
    assert told.split() == [b"begun", b"ended"]


def test_a_loss_that_is_no_number_is_a_sentence(data):
    job = TrainingJob(data, settings(rate=1e30, epochs=3))
    assert job.wait(60)
    assert job.trained is None
    assert "learning rate" in job.problem


def test_a_model_that_was_taken_away_comes_back_the_same(alone):
    trained = alone.trained
    file = model_file.to_bytes(trained.autoencoder, trained.shown, trained.known, trained.source)
    back, shown, known, source = model_file.from_bytes(file)
    points = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_array_equal(back.decode(points), trained.autoencoder.decode(points))
    np.testing.assert_array_equal(known.points, trained.known.points)
    np.testing.assert_array_equal(shown.labels, trained.shown.labels)
    assert source == trained.source


def test_a_file_made_when_keras_wrote_it_is_read_and_written_alike():
    """Its weights count up and down; Keras' own `set_weights` had put them in their places."""
    file = (Path(__file__).parent / "autoencoder.npz").read_bytes()
    back, shown, known, source = model_file.from_bytes(file)
    for i, (array, shape) in enumerate(zip(back.numbers, network.SHAPES, strict=True)):
        np.testing.assert_array_equal(array, ((np.arange(array.size) % 97 - 48 + i) / 64).reshape(shape))
    assert (shown.labels.tolist(), known.index.tolist(), source) == ([0, 7, 7], [1, 2], "MNIST")
    with np.load(io.BytesIO(file)) as old, np.load(io.BytesIO(model_file.to_bytes(back, shown, known, source))) as new:
        assert old.files == new.files
        for name in old.files:
            np.testing.assert_array_equal(new[name], old[name])
            assert new[name].dtype == old[name].dtype


def broken(change):
    model = network.Autoencoder(keras_model.build().get_weights())
    some = codes.Codes(np.zeros((3, 2), np.float32), np.zeros(3, np.uint8), np.arange(3))
    with np.load(io.BytesIO(model_file.to_bytes(model, some, some, "test"))) as file:
        arrays = dict(file)
    change(arrays)
    made = io.BytesIO()
    np.savez_compressed(made, **arrays)
    return made.getvalue()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.update(weight_000=np.zeros((3, 3, 1, 31), np.float32)), "another network"),
        (lambda a: a.pop("weight_005"), "another network"),
        (lambda a: a["weight_001"].fill(np.nan), "not all numbers"),
        (lambda a: a.pop("known_points"), "missing"),
        (lambda a: a.update(known_points=np.zeros((3, 3), np.float32)), "no points"),
        (lambda a: a.update(shown_labels=np.full(3, 10, np.uint8)), "no points"),
        (lambda a: a.update(shown_index=np.full(3, -1)), "no points"),
        (lambda a: a.update(extra=np.zeros(3_000_000)), "too large"),
    ],
)
def test_a_file_that_is_no_model_is_a_sentence(change, words):
    with pytest.raises(model_file.OwnModelError, match=words):
        model_file.from_bytes(broken(change))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no archive", b"GIF89a"])
def test_bytes_that_are_no_archive_are_a_sentence(data):
    with pytest.raises(model_file.OwnModelError, match="no model"):
        model_file.from_bytes(data)
