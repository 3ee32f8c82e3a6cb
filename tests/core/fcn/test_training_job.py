"""A user's own segmentation network: trained, stopped, downloaded and loaded again."""

import io
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core import fcn, weights
from core.data import datasets, synthetic_shapes
from core.fcn import architecture, frozen_encoder, keras_model, model_file, short_training
from core.fcn.segmenter import Segmenter
from core.fcn.short_training import initialize
from core.fcn.training_job import FcnJob, Settings
from core.training import background_job
from core.training.features import features
from core.weights import WeightsError
from tests.support.networks import eager

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


def settings(**changes):
    return Settings(**({"start": "random", "epochs": 2, "rate": 1e-3, "crop": 64, "seed": 1} | changes))


@pytest.fixture(scope="module")
def pairs():
    return synthetic_shapes.drawn(10, side=64)


@pytest.fixture(scope="module")
def both(pairs):
    """Two trainings at once: new weights, and the shipped ones."""
    shipped = (weights.FOLDER / weights.FCN).read_bytes()
    jobs = FcnJob(pairs, settings()), FcnJob(pairs, settings(start="shipped", seed=2, epochs=6))
    for job in jobs:
        assert job.wait(240)
    assert (weights.FOLDER / weights.FCN).read_bytes() == shipped
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
        assert len(job.held_out) == 2
        assert {"loss", "iou", "accuracy"} <= job.progress.history[-1].keys()
        assert 0 <= job.before["iou"] <= job.before["accuracy"] <= 1
    assert job.progress.history[-1]["loss"] < job.progress.history[0]["loss"]
    photo = job.held_out[0].photo
    assert not np.allclose(job.trained.probability(photo), fcn.load().probability(photo), atol=0.01)


def test_a_training_beside_another_gives_what_it_gives_alone(both, pairs):
    with eager():
        alone = FcnJob(pairs, settings())
        assert alone.wait(120)
    for name, array in alone.trained.network.arrays.items():
        np.testing.assert_allclose(array, both[0].trained.network.arrays[name], atol=1e-3, err_msg=name)


def test_the_result_runs_in_the_engine_as_keras_computes_it(both, pairs):
    network = architecture.app_network()
    for job in both:
        model = keras_model.build(network)
        keras_model.assign(model, network, job.trained.network.arrays)
        reference = Segmenter(keras_model.KerasNetwork(model, network), job.trained.inference)
        for pair in pairs[:3]:
            np.testing.assert_allclose(job.trained.coarse_map(pair.photo), reference.coarse_map(pair.photo), atol=1e-4)


def random_arrays(seed):
    network = architecture.app_network()
    model = keras_model.build(network)
    initialize(model, seed)
    return keras_model.arrays(model, network)


def test_random_weights_depend_on_their_seed_alone():
    first, same, other = (random_arrays(seed) for seed in (1, 1, 2))
    fixed = set()
    for name, array in first.items():
        np.testing.assert_array_equal(array, same[name], err_msg=name)
        if np.array_equal(array, other[name]):
            fixed.add(name)
    assert not {name for name in fixed if name.endswith("/kernel") and not name.startswith("enlarged")}


def test_a_training_stops_when_asked_and_keeps_what_it_learned(pairs):
    with eager():
        job = FcnJob(pairs[:1], settings(epochs=10_000))
        deadline = time.monotonic() + 120
        while not (job.progress and job.progress.history) and time.monotonic() < deadline:
            time.sleep(0.05)
        job.stop()
        assert job.wait(60)
    assert job.progress.epoch < 10_000
    assert job.trained.probability(pairs[0].photo).shape == (64, 64)


def test_a_loss_that_is_not_finite_gives_no_network(pairs):
    with eager():
        job = FcnJob(pairs[:1], settings(rate=1e30, epochs=30))
        assert job.wait(120)
    assert job.trained is None
    assert job.problem == background_job.NOT_FINITE


def test_an_error_in_the_data_is_its_own_sentence(pairs, monkeypatch):
    def unreadable(*_):
        raise datasets.DatasetError("The photos cannot be used.")

    monkeypatch.setattr(short_training, "measured", unreadable)
    job = FcnJob(pairs[:1], settings())
    assert job.wait(120)
    assert job.problem == "The photos cannot be used."


def test_a_network_is_the_same_after_download_and_upload(both, pairs):
    file = model_file.to_bytes(both[0].trained)
    assert len(file) < model_file.LARGEST
    loaded = model_file.from_bytes(file)
    assert loaded.inference == both[0].trained.inference
    np.testing.assert_array_equal(loaded.coarse_map(pairs[0].photo), both[0].trained.coarse_map(pairs[0].photo))


def test_loading_and_running_a_network_needs_no_tensorflow(both, tmp_path):
    (tmp_path / "mine.npz").write_bytes(model_file.to_bytes(both[0].trained))
    program = (
        "import sys; from pathlib import Path; import numpy as np; from core.fcn import model_file;"
        f"loaded = model_file.from_bytes(Path({str(tmp_path / 'mine.npz')!r}).read_bytes());"
        "print(loaded.coarse_map(np.zeros((64, 64, 3), np.uint8)).shape, model_file.to_bytes(loaded)[:2],"
        "[name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )
    output = subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True, timeout=120)
    assert output.strip() == "(64, 64) b'PK' []"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.pop("score32/bias"), "another network"),
        (lambda a: a.update({"score32/kernel": np.zeros((1, 1, 1, 7), np.float32)}), "another network"),
        (lambda a: a.update(architecture=np.array("0" * 64)), "another network"),
        (lambda a: a.pop("architecture"), "another network"),
        (lambda a: a["score32/kernel"].fill(np.nan), "NaN"),
        (lambda a: a.pop("working_size"), "working size"),
        (lambda a: a.update(working_size=np.array(10_000)), "working size"),
        (lambda a: a.update(working_size=np.array([80, 80])), "working size"),
        (lambda a: a.update(extra=np.zeros(1_000_000)), "too large"),
    ],
)
def test_a_file_of_something_else_is_a_sentence(both, change, words):
    with np.load(io.BytesIO(model_file.to_bytes(both[0].trained))) as file:
        arrays = dict(file)
    change(arrays)
    with pytest.raises(WeightsError, match=words):
        model_file.from_bytes(weights.packed(arrays))


def test_a_frozen_encoder_keeps_its_imagenet_weights_and_the_decoder_learns(pairs):
    job = FcnJob(pairs, settings(start="frozen", epochs=8))
    assert job.wait(240)
    assert not job.problem
    assert job.prepared == 1
    arrays, imagenet = job.trained.network.arrays, frozen_encoder.imagenet_arrays(architecture.app_network())
    assert len(imagenet) > 100
    for name, array in imagenet.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    assert job.progress.history[-1]["loss"] < job.progress.history[0]["loss"]


def test_the_two_halves_are_the_whole_network(pairs):
    network = architecture.app_network()
    model = keras_model.shipped()
    encoder, decoder = frozen_encoder.halves(model, network)
    photos, truth = frozen_encoder.views(pairs[:2], 64)
    assert (photos.shape, truth.shape) == ((4, 64, 64, 3), (4, 64, 64, 1))
    np.testing.assert_array_equal(photos[2:], photos[:2, :, ::-1])
    *_, (_, arrays) = features(encoder, photos, short_training.BATCH)
    for ours, theirs in zip(decoder(arrays, training=False), model(photos, training=False), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)
    assert sum(v.shape.num_elements() for v in decoder.trainable_variables) < model.count_params() / 2
