"""Training on several machines: here two processes on one machine, connected by TF_CONFIG.

Run as a program, this file is one of the two processes.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from core import fcn, weights
from core.data import synthetic_shapes
from core.fcn import architecture, encoders, keras_model
from core.fcn import training as fcn_training
from core.serving import workers as serving_workers
from core.serving.workers import ALONE
from core.training import __main__ as command_line
from core.training.fit import cosine, fit
from tests.support.hostile.watch import assert_one_clean_sentence
from tests.support.networks import SHALLOW

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.ci


def fitted(workers, *, normalised):
    """Weights and losses of a small network after ten steps, each on this worker's share of 16 rows."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(1, 2, size=(5, 16, 1, 1, 4)).astype(np.float32)
    targets = (inputs @ rng.normal(size=(4, 1)).astype(np.float32)) ** 2
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()  # layer names count from zero again
    layers = [keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((1, 1, 4)), *[keras_model.BatchNormalization()] * normalised, *layers])
    share = slice(workers.index, None, workers.count)
    *_, last = fit(
        model,
        lambda truth, output: keras.ops.mean((truth - output) ** 2),
        keras.optimizers.AdamW(cosine(0.05, 10, 3), weight_decay=0.01, global_clipnorm=0.1),
        lambda _epoch: ((inputs[i, share], targets[i, share]) for i in range(5)),
        epochs=2,
        steps=5,
        workers=workers,
    )
    return {weight.path: weight.numpy() for weight in model.variables} | {
        "loss": np.array([figures["loss"] for figures in last.history])
    }


def command(folder):
    """`python -m core.training fcn` on a tiny dataset; it writes everything below `folder`."""
    command_line.CACHE, weights.FOLDER = folder / "cache", folder / "weights"
    fcn_training.HELD_OUT = fcn_training.VALIDATION = 2
    fcn_training.WORKING_SIZES = (32,)
    fcn_training.ROUNDS = (fcn_training.Round(1, 1e-3, ((1.0, 32),)),)
    encoders.LITE0_BLOCKS = SHALLOW
    network = architecture.app_network()
    encoders.load_lite0 = lambda _path: keras_model.arrays(keras_model.build(network), network)
    command_line.main(["fcn", "--data", str(folder / "data"), "--encoder", "lite0.npz"])


def one_of_two(folder):
    workers = serving_workers.join()
    for kind in ("plain", "normalised"):
        np.savez(folder / f"{kind}{workers.index}.npz", **fitted(workers, normalised=kind == "normalised"))
    np.save(folder / f"agreed{workers.index}.npy", [workers.agree(3), workers.agree(workers.index)])
    serving_workers.join = lambda: workers  # a process can join only once
    command(folder)
    if workers.index == 0:  # the same command again, while the other worker exits
        fcn_training.train_shipped = waiting
        command(folder)
    os.kill(os.getpid(), signal.SIGTERM)


def waiting(*_data, workers, **_options):
    while True:
        workers.wait()
    yield


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The folder in which two workers trained, and the output of each."""
    folder = tmp_path_factory.mktemp("workers")
    for name in ("weights", "data/images", "data/masks"):
        (folder / name).mkdir(parents=True)
    for pair in synthetic_shapes.drawn(37, side=48):  # 33 to train on: an odd number
        Image.fromarray(pair.photo).save(folder / "data" / "images" / f"{pair.name}.png")
        Image.fromarray(np.uint8(255) * pair.mask).save(folder / "data" / "masks" / f"{pair.name}.png")
    sockets = [socket.create_server(("localhost", 0)) for _ in range(2)]
    hosts = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    processes = []
    for index in range(2):
        place = {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}}
        settings = {"TF_CONFIG": json.dumps(place), "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, __file__, folder],
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
    try:
        outputs = [process.communicate(timeout=240)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [1, -signal.SIGTERM], "\n".join(outputs)
    return folder, outputs


def test_two_workers_learn_the_same_as_one_from_the_same_batches(two):
    """The mean of the gradients of two halves is the gradient of the batch, also after clipping.

    Batch normalization on halves is another network, but the mean of the halves' means is the mean of the batch.
    """
    folder, _ = two
    for kind in ("plain", "normalised"):
        alone = fitted(ALONE, normalised=kind == "normalised")
        first, second = (np.load(folder / f"{kind}{index}.npz") for index in range(2))
        assert set(first.files) == set(alone)
        for name, expected in alone.items():
            np.testing.assert_array_equal(first[name], second[name])
            if kind == "plain" or "moving_mean" in name:
                np.testing.assert_allclose(first[name], expected, rtol=1e-4, atol=1e-5)


def test_workers_know_whether_a_number_is_the_same_on_all(two):
    for index in range(2):
        assert np.load(two[0] / f"agreed{index}.npy").tolist() == [True, False]


def test_the_command_trains_the_network_on_two_workers(two, monkeypatch):
    """One of them saves it, with the figures of the run; neither leaves a checkpoint."""
    folder, outputs = two
    epochs = [
        [line.split("seconds")[0] for line in lines.splitlines() if line.startswith("epoch")] for lines in outputs
    ]
    assert epochs[0] == epochs[1]
    monkeypatch.setattr(encoders, "LITE0_BLOCKS", SHALLOW)
    monkeypatch.setattr(weights, "FOLDER", folder / "weights")
    (figures,) = weights.facts(weights.FCN)["rounds"][0]["history"]
    assert f"loss {figures['loss']:.4f}" in epochs[0][0]
    fcn.load()
    assert not list((folder / "cache").iterdir())


def test_a_worker_that_loses_the_other_ends_with_a_sentence(two):
    output = two[1][0]
    assert_one_clean_sentence(output.splitlines()[-1])
    assert "Traceback" not in output


if __name__ == "__main__":
    one_of_two(Path(sys.argv[1]))
