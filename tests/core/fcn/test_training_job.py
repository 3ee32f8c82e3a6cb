"""A visitor's own segmentation network: trained beside the shipped one, stopped, taken away and brought back."""

import io
import time

import numpy as np
import pytest

from core import fcn, weights
from core.autoencoder.model_file import OwnModelError
from core.data import synthetic_shapes
from core.fcn import model_file, segmenter
from core.fcn.training_job import FcnJob, Settings, fresh


def settings(**changes):
    return Settings(**({"from_shipped": False, "epochs": 2, "rate": 1e-3, "crop": 64, "seed": 1} | changes))


@pytest.fixture(scope="module")
def pairs():
    return synthetic_shapes.drawn(10, side=64)


@pytest.fixture(scope="module")
def both(pairs):
    """Two trainings at once: new weights, and the shipped ones."""
    shipped = (weights.FOLDER / segmenter.WEIGHTS).read_bytes()
    jobs = FcnJob(pairs, settings()), FcnJob(pairs, settings(from_shipped=True, seed=2, epochs=6))
    for job in jobs:
        assert job.wait(240)
    assert (weights.FOLDER / segmenter.WEIGHTS).read_bytes() == shipped
    return jobs


def test_shapes_have_one_disc_and_are_the_same_for_the_same_seed():
    pictures = synthetic_shapes.drawn(30, seed=4)
    assert all((a.photo == b.photo).all() for a, b in zip(pictures, synthetic_shapes.drawn(30, seed=4), strict=True))
    assert not (pictures[0].photo == synthetic_shapes.drawn(1, seed=5)[0].photo).all()
    for pair in pictures:
        rows, columns = np.nonzero(pair.mask)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert abs(height - width) <= 2
        assert pair.mask.sum() == pytest.approx(np.pi / 4 * height * width, rel=0.05)
        inside, outside = pair.photo[pair.mask].mean(axis=0), np.median(pair.photo[~pair.mask], axis=0)
        assert np.linalg.norm(inside - outside) > 40


def test_a_training_measures_on_photos_it_does_not_learn_from(both, pairs):
    for job in both:
        assert not job.problem
        assert len(job.watched) == 2
        assert {"loss", "iou", "accuracy"} <= job.progress.history[-1].keys()
        assert 0 <= job.before["iou"] <= job.before["accuracy"] <= 1
    assert job.progress.history[-1]["loss"] < job.progress.history[0]["loss"]
    photo = job.watched[0].photo
    assert not np.allclose(job.trained.probability(photo), fcn.load().probability(photo), atol=0.01)


def test_a_training_beside_another_gives_what_it_gives_alone(both, pairs):
    alone = FcnJob(pairs, settings())
    assert alone.wait(120)
    for ours, theirs in zip(alone.trained.model.get_weights(), both[0].trained.model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_new_weights_depend_on_their_seed_alone():
    first, same, other = (fresh(seed).get_layer("stage3_conv1").get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_training_stops_when_asked_and_keeps_what_it_learned(pairs):
    job = FcnJob(pairs[:1], settings(epochs=10_000))
    deadline = time.monotonic() + 120
    while not (job.progress and job.progress.history) and time.monotonic() < deadline:
        time.sleep(0.05)
    job.stop()
    assert job.wait(60)
    assert job.progress.epoch < 10_000
    assert job.trained.probability(pairs[0].photo).shape == (64, 64)


def test_a_loss_that_is_no_number_is_a_sentence(pairs):
    job = FcnJob(pairs[:1], settings(rate=1e30, epochs=30))
    assert job.wait(120)
    assert job.trained is None
    assert "learning rate" in job.problem


def test_a_network_that_was_taken_away_comes_back_the_same(both, pairs):
    file = model_file.to_bytes(both[0].trained)
    assert len(file) < model_file.LARGEST
    back = model_file.from_bytes(file)
    np.testing.assert_array_equal(back.coarse_map(pairs[0].photo), both[0].trained.coarse_map(pairs[0].photo))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.pop("weight_005"), "another network"),
        (lambda a: a.update(weight_000=np.zeros((3, 3, 3, 7), np.float32)), "another network"),
        (lambda a: a["weight_003"].fill(np.nan), "not all numbers"),
        (lambda a: a.pop("working_size"), "how large"),
        (lambda a: a.update(working_size=np.array(10_000)), "how large"),
        (lambda a: a.update(working_size=np.array([80, 80])), "how large"),
        (lambda a: a.update(extra=np.zeros(1_000_000)), "too large"),
    ],
)
def test_a_file_that_is_no_network_is_a_sentence(both, change, words):
    with np.load(io.BytesIO(model_file.to_bytes(both[0].trained))) as file:
        arrays = dict(file)
    change(arrays)
    made = io.BytesIO()
    np.savez(made, **arrays)
    with pytest.raises(OwnModelError, match=words):
        model_file.from_bytes(made.getvalue())
