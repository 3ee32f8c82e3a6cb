"""The one fit loop, for every network that is trained here.

`fit` is a generator: it yields after every step, so the one who trains decides what to do with the
progress (print it, draw it) and stops the training by leaving the loop. Whatever was learned stays
in the model. With a checkpoint, a run that was killed goes on after its last whole epoch and ends
with the very weights it would have had: the order and the augmentation of an epoch's batches may
depend on nothing but the seed and the epoch's number.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import keras
import numpy as np
import tensorflow as tf

from core.serving.workers import ALONE, Workers
from core.weights import WeightsError

Batch = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Progress:
    """Where a training stands, after one step.

    `epoch` and `step` count from 1; `loss` is the mean over the steps of this epoch so far;
    `history` holds one dict of figures for each finished epoch, "loss" among them.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    seconds_left: float
    history: tuple[dict[str, float], ...]

    @property
    def fraction(self) -> float:
        """The part of the whole training that is done, 0..1."""
        return ((self.epoch - 1) * self.steps + self.step) / (self.epochs * self.steps)


def cosine(peak: float, steps: int, warmup: int = 0) -> keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate that rises linearly to `peak` in `warmup` steps and falls to zero along a half cosine.

    Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    """
    if warmup == 0:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(0.0, max(steps - warmup, 1), warmup_target=peak, warmup_steps=warmup)


def fit(
    model: keras.Model,
    loss: Callable[[tf.Tensor, object], tf.Tensor],
    optimizer: keras.optimizers.Optimizer,
    batches: Callable[[int], Iterable[Batch]],
    *,
    epochs: int,
    steps: int,
    after_epoch: Callable[[int], dict[str, float]] | None = None,
    checkpoint: Path | None = None,
    workers: Workers = ALONE,
) -> Iterator[Progress]:
    """Train `model`, yielding a `Progress` after every step; leave the loop to stop.

    Args:
        loss: `loss(targets, outputs)` -> scalar tensor.
        batches: for an epoch's number (from 0), its `steps` batches `(inputs, targets)`.
        after_epoch: more figures for the history, from the epoch's number (from 0).
        checkpoint: a `.npz` file, written after every epoch and, where it exists, started from.
        workers: who learns together; `batches` are this one's shares, the network starts equal on all.

    Raises:
        WeightsError: the checkpoint is of another network or optimizer, or of another epoch than the other workers'.
    """
    optimizer.build(model.trainable_variables)
    variables = [*model.variables, *optimizer.variables]
    history = _restore(checkpoint, variables) if checkpoint and checkpoint.exists() else []
    if not workers.agree(len(history)):
        raise WeightsError("The workers' checkpoints are of different epochs: copy the first worker's to the others.")

    @tf.function(reduce_retracing=True)
    def update(inputs, targets):
        with tf.GradientTape() as tape:
            value = loss(targets, model(inputs, training=True))
        value, *gradients = workers.mean([value, *tape.gradient(value, model.trainable_variables)])
        optimizer.apply(gradients, model.trainable_variables)
        return value

    if len(history) >= epochs:  # killed after its last epoch, before its result was put away
        yield Progress(epochs, epochs, steps, steps, history[-1]["loss"], 0.0, tuple(history))
    begun, first = time.monotonic(), len(history) * steps
    for epoch in range(len(history), epochs):
        total, epoch_begun = 0.0, time.monotonic()
        for step, (inputs, targets) in enumerate(batches(epoch), start=1):
            total += float(update(inputs, targets))
            done = epoch * steps + step
            left = (time.monotonic() - begun) / (done - first) * (epochs * steps - done)
            if step < steps:
                yield Progress(epoch + 1, epochs, step, steps, total / step, left, tuple(history))
        workers.share(model.variables)
        figures = {"loss": total / steps, "seconds": time.monotonic() - epoch_begun}
        history.append(figures | (after_epoch(epoch) if after_epoch else {}))
        if checkpoint:
            _save(checkpoint, variables, history)
        yield Progress(epoch + 1, epochs, steps, steps, total / steps, left, tuple(history))


def prefetched(batches: Iterable[Batch], count: int = 4) -> Iterator[Batch]:
    """The same batches, up to `count` of them made in a thread while the network learns from an earlier one.

    `tf.data` would do the same, but its generators undo what `keep_freed_memory` sets.
    """
    source = iter(batches)
    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(next, source, None) for _ in range(count))
        while (batch := waiting.popleft().result()) is not None:
            waiting.append(thread.submit(next, source, None))
            yield batch


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` at the end: a kill or an error leaves the old file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _save(path: Path, variables: list, history: list[dict[str, float]]) -> None:
    with written_whole(path) as file:
        arrays = {f"v{i:04d}": variable.numpy() for i, variable in enumerate(variables)}
        np.savez(file, history=np.array(json.dumps(history)), **arrays)


def _restore(path: Path, variables: list) -> list[dict[str, float]]:
    with np.load(path, allow_pickle=False) as saved:
        values = [saved[name] for name in sorted(saved.files) if name != "history"]
        if [v.shape for v in values] != [tuple(v.shape) for v in variables]:
            raise WeightsError(
                f"The checkpoint {path.name} belongs to another network: remove it, or name another file."
            )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return json.loads(str(saved["history"]))
