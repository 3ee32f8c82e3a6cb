"""Training on several machines, here two processes of this one, joined as TF_CONFIG says.

Started as a program, this file is one of them.
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
from core.fcn import keras_model, segmenter
from core.fcn import training as fcn_training
from core.serving.workers import ALONE
from core.training import __main__ as command_line
from core.training.fit import cosine, fit

ROOT = Path(__file__).parents[3]


def fitted(workers, *, normalised):
    """A small network after ten steps, each over this worker's share of 16 rows: its weights and its losses."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(1, 2, size=(5, 16, 1, 1, 4)).astype(np.float32)
    targets = (inputs @ rng.normal(size=(4, 1)).astype(np.float32)) ** 2
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()  # names count from the start, whatever was built in this process before
    layers = [keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((1, 1, 4)), *[keras_model.BatchNormalization()] * normalised, *layers])
    share = slice(workers.index, None, workers.count)
    *_, last = fit(
        model,
        lambda truth, found: keras.ops.mean((truth - found) ** 2),
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
    """`python -m core.training fcn` on tiny data, everything that it writes below `folder`."""
    command_line.CACHE, weights.FOLDER = folder / "cache", folder / "weights"
    fcn_training.HELD_OUT = fcn_training.VALIDATION = 2
    fcn_training.WORKING_SIZES, fcn_training.SHIFTS = (32,), (0.0,)
    fcn_training.FIRST = fcn_training.Round(1, 1e-3, ((1.0, 32),))
    command_line.main(["fcn", "--data", str(folder / "data")])


def one_of_two(folder):
    workers = command_line.join()
    for kind in ("plain", "normalised"):
        np.savez(folder / f"{kind}{workers.index}.npz", **fitted(workers, normalised=kind == "normalised"))
    np.save(folder / f"agreed{workers.index}.npy", [workers.agree(3), workers.agree(workers.index)])
    command_line.join = lambda: workers  # a process joins once
    command(folder)
    if workers.index == 0:  # the command again, while the other one leaves
        fcn_training.train_shipped = waiting
        command(folder)
    os.kill(os.getpid(), signal.SIGTERM)


def waiting(*_data, workers, **_options):
    while True:
        workers.wait()
    yield


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The folder in which two workers have worked, and what each of them printed."""
    folder = tmp_path_factory.mktemp("workers")
    for name in ("weights", "data/images", "data/masks"):
        (folder / name).mkdir(parents=True)
    for pair in synthetic_shapes.drawn(37, side=48):  # 33 to learn from: the last one is left over
        Image.fromarray(pair.photo).save(folder / "data" / "images" / f"{pair.name}.png")
        Image.fromarray(np.uint8(255) * pair.mask).save(folder / "data" / "masks" / f"{pair.name}.png")
    sockets = [socket.create_server(("localhost", 0)) for _ in range(2)]
    addresses = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    processes = []
    for index in range(2):
        place = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
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
        told = [process.communicate(timeout=240)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [1, -signal.SIGTERM], "\n".join(told)
    return folder, told


def test_two_workers_learn_what_one_learns_from_the_same_batches(two):
    """The mean of two halves' gradients is the whole batch's, clipped as if nothing had been shared.

    Batch normalisation by halves is another network, but the mean of the halves' means is the whole batch's.
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


def test_workers_know_whether_they_stand_at_the_same_epoch(two):
    for index in range(2):
        assert np.load(two[0] / f"agreed{index}.npy").tolist() == [True, False]


def test_the_command_trains_the_network_on_two_workers(two, monkeypatch):
    """One of them saves it, with the figures of the run; neither leaves a checkpoint."""
    folder, told = two
    epochs = [[line.split("seconds")[0] for line in lines.splitlines() if line.startswith("epoch")] for lines in told]
    assert epochs[0] == epochs[1]
    monkeypatch.setattr(weights, "FOLDER", folder / "weights")
    (figures,) = weights.facts(segmenter.WEIGHTS)["rounds"][0]["history"]
    assert f"loss {figures['loss']:.4f}" in epochs[0][0]
    fcn.load()
    assert not list((folder / "cache").iterdir())


def test_a_worker_that_is_left_alone_ends_with_a_sentence(two):
    told = two[1][0]
    assert "\nAnother worker is gone, and this training with it: start the same command again" in told
    assert "Traceback" not in told


if __name__ == "__main__":
    one_of_two(Path(sys.argv[1]))
