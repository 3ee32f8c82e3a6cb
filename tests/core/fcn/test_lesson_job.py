"""A user's training of the lesson's FCN, and the network that it becomes."""

import numpy as np
import pytest

from core import memory, weights
from core.data import datasets, synthetic_shapes
from core.fcn import architecture, keras_model, lesson_network
from core.fcn.lesson_job import LessonJob, Settings


def settings(**changes):
    return Settings(**({"hidden": 256, "repaired": False, "epochs": 1, "seed": 1} | changes))


@pytest.fixture(scope="module")
def pairs():
    """Shapes; a narrow photo; one that is all object; one without object."""
    drawn = synthetic_shapes.drawn(3, side=64)
    empty = datasets.Pair("empty", drawn[0].photo, np.zeros((64, 64), bool))
    full = datasets.Pair("full", drawn[1].photo, np.ones((64, 64), bool))
    narrow = datasets.Pair("narrow", drawn[2].photo[:, :9], drawn[2].mask[:, :9])
    return [*drawn, empty, full, narrow]


@pytest.mark.slow
@pytest.mark.parametrize("repaired", [False, True])
def test_the_result_runs_in_the_engine_as_keras_computes_it(pairs, repaired):
    job = LessonJob(pairs, settings(repaired=repaired, epochs=2))
    assert job.wait(300)
    assert not job.problem
    assert job.prepared == 1
    assert [set(epoch) for epoch in job.progress.history] == [{"loss", "seconds", "accuracy"}] * 2
    assert all(np.isfinite(list(epoch.values())).all() for epoch in job.progress.history)
    network = architecture.lesson_fcn(256, repaired=repaired)
    model = keras_model.build(network)
    keras_model.assign(model, network, job.trained.network.arrays)
    photo = pairs[0].photo
    inputs, _ = lesson_network.arrays(pairs[:1], largest=255 if repaired else 1)
    ours = job.trained.probability(photo)
    assert (ours.shape, ours.dtype) == ((224, 224), np.float32)
    np.testing.assert_allclose(ours, model(inputs).numpy()[0, :, :, 1], atol=1e-4)


def test_a_training_that_needs_more_memory_than_is_free_says_so(pairs, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1.2e9)
    job = LessonJob(pairs, settings(hidden=4096))
    assert job.wait(60)
    assert "1.2 GB" in job.problem
    assert job.trained is None


def test_a_training_of_one_photo_can_be_stopped_before_its_first_step(pairs):
    job = LessonJob(pairs[:1], settings())
    job.stop()
    assert job.wait(60)
    assert (job.problem, job.progress, job.trained) == ("", None, None)


def test_a_head_of_another_network_is_refused():
    shapes = architecture.lesson_fcn(8).weight_shapes
    head = {name: np.zeros(shape, np.float32) for name, shape in shapes.items() if name.startswith("fc6")}
    with pytest.raises(weights.WeightsError):
        lesson_network.network(head, 256, repaired=True)
