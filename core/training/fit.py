"""The one training loop.

`fit` is a generator: it yields after every step, so its caller decides what to do with the progress (print it, draw it)
and stops the training by leaving the loop. Whatever was learned stays in the model. With a checkpoint, a run that was
killed continues where it was last saved and ends with the very weights it would have had: the order and the
augmentation of an epoch's batches must depend on nothing but the seed and the epoch's number.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import keras
import numpy as np
import tensorflow as tf

from core.serving.workers import ALONE, Workers
from core.weights import WeightsError

Batch = tuple[Any, Any]
"""Inputs and targets, each an array or a list of arrays."""

CHECKPOINT_SECONDS = 600
"""Between two checkpoints within an epoch; one is written after every epoch as well."""


@dataclass(frozen=True)
class Progress:
    """State of a training after one step.

    `epoch` and `step` count from 1; `loss` is the mean over the steps of this epoch so far; `history` holds one dict of
    figures for each finished epoch, "loss" among them. `seconds_left` is None after the first step of several: it takes
    longer than the others.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    seconds_left: float | None
    history: tuple[dict[str, float], ...]

    @property
    def fraction(self) -> float:
        """The part of the whole training that is done, 0..1."""
        return ((self.epoch - 1) * self.steps + self.step) / (self.epochs * self.steps)


Training = Generator[Progress, None, tuple[dict[str, float], ...]]
"""A running training: yields after every step, and returns the history."""


class MovingAverage:
    """Exponential moving average of variables, one update a step: smoother than the weights of any single step.

    Args:
        variables: all of a model's, batch normalization's statistics included.
        decay: weight of the average so far; smaller during the first steps, for the average to leave its start.
    """

    def __init__(self, variables: list, decay: float):
        self.decay = decay
        self.steps = tf.Variable(0.0)
        self.averages = [tf.Variable(variable.value) for variable in variables]
        self._followed = [variable.value for variable in variables]

    @property
    def variables(self) -> list[tf.Variable]:
        """What a checkpoint has to hold."""
        return [self.steps, *self.averages]

    def update(self) -> None:
        """Take in the present values; may be called inside a `tf.function`."""
        steps = self.steps.assign_add(1.0)
        keep = tf.minimum(self.decay, (1.0 + steps) / (10.0 + steps))
        for average, variable in zip(self.averages, self._followed, strict=True):
            average.assign(keep * average + (1.0 - keep) * variable)

    def values(self) -> list[np.ndarray]:
        """The averages, in the order of the variables."""
        return [average.numpy() for average in self.averages]


def cosine(peak: float, steps: int, warmup: int = 0) -> keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate that rises linearly to `peak` in `warmup` steps and falls to zero along a half cosine.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    """
    if warmup == 0:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(0.0, max(steps - warmup, 1), warmup_target=peak, warmup_steps=warmup)


def fit(
    model: keras.Model,
    loss: Callable[[Any, Any], tf.Tensor],
    optimizer: keras.optimizers.Optimizer,
    batches: Callable[[int], Iterable[Batch]],
    *,
    epochs: int,
    steps: int,
    after_epoch: Callable[[int], dict[str, float]] | None = None,
    average: MovingAverage | None = None,
    checkpoint: Path | None = None,
    fingerprint: str = "",
    workers: Workers = ALONE,
) -> Training:
    """Train `model`, yielding a `Progress` after every step, and return the history; leave the loop to stop.

    Args:
        loss: `loss(targets, outputs)` -> scalar tensor.
        batches: for an epoch's number (from 0), its `steps` batches `(inputs, targets)`.
        after_epoch: more figures for the history, from the epoch's number (from 0).
        average: updated after every step.
        checkpoint: a `.npz` file, written after every epoch and every CHECKPOINT_SECONDS, and continued from where it
            exists.
        fingerprint: identifies the network and the plan; a checkpoint with another one is refused.
        workers: who trains together; `batches` are this one's shares, the network starts equal on all.

    Raises:
        WeightsError: the checkpoint belongs to another network or optimizer, or to another epoch than the other
            workers'.
    """
    optimizer.build(model.trainable_variables)
    variables = [*model.variables, *optimizer.variables, *(average.variables if average else [])]
    saved = _Checkpoint(checkpoint, variables, fingerprint)
    history, first_step, total = saved.restore()
    if not workers.agree(len(history)):
        raise WeightsError("The workers' checkpoints are of different epochs: copy the first worker's to the others.")

    @tf.function(reduce_retracing=True)
    def update(inputs, targets):
        with tf.GradientTape() as tape:
            value = loss(targets, model(inputs, training=True))
        value, *gradients = workers.mean([value, *tape.gradient(value, model.trainable_variables)])
        optimizer.apply(gradients, model.trainable_variables)
        if average:
            average.update()
        return value

    if len(history) >= epochs:  # killed after its last epoch, before its result was stored
        yield Progress(epochs, epochs, steps, steps, history[-1]["loss"], 0.0, tuple(history))
    clock = _Clock(epochs * steps - len(history) * steps - first_step)
    for epoch in range(len(history), epochs):
        epoch_begun = time.monotonic()
        for step, (inputs, targets) in enumerate(islice(batches(epoch), first_step, None), start=first_step + 1):
            total += float(update(inputs, targets))
            clock.count_step()
            if step < steps:
                if workers.count == 1:
                    saved.save_if_due(history, step, total)
                yield Progress(epoch + 1, epochs, step, steps, total / step, clock.seconds_left, tuple(history))
        workers.share(model.variables)
        figures = {"loss": total / steps, "seconds": time.monotonic() - epoch_begun}
        history.append(figures | (after_epoch(epoch) if after_epoch else {}))
        saved.save(history, 0, 0.0)
        yield Progress(epoch + 1, epochs, steps, steps, total / steps, clock.seconds_left, tuple(history))
        first_step, total = 0, 0.0
    return tuple(history)


class _Clock:
    """How long `steps` steps take, by all that came after the first one: that one builds TensorFlow's graph, too."""

    def __init__(self, steps: int):
        self.steps, self.done, self.begun = steps, 0, 0.0

    def count_step(self) -> None:
        self.done += 1
        if self.done == 1:
            self.begun = time.monotonic()

    @property
    def seconds_left(self) -> float | None:
        left = self.steps - self.done
        if left and self.done == 1:
            return None
        return left and (time.monotonic() - self.begun) / (self.done - 1) * left


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


class _Checkpoint:
    """The file from which a killed run continues; none where `path` is None."""

    def __init__(self, path: Path | None, variables: list, fingerprint: str):
        self.path, self.variables, self.fingerprint = path, variables, fingerprint
        self.saved_at = time.monotonic()

    def save_if_due(self, history: list[dict[str, float]], step: int, total: float) -> None:
        """`save` where the last one is CHECKPOINT_SECONDS old."""
        if time.monotonic() - self.saved_at > CHECKPOINT_SECONDS:
            self.save(history, step, total)

    def save(self, history: list[dict[str, float]], step: int, total: float) -> None:
        """Store the variables; `step` steps of the epoch behind `history` are done, their losses add up to `total`."""
        self.saved_at = time.monotonic()
        if self.path is None:
            return
        place = {"history": history, "step": step, "total": total, "fingerprint": self.fingerprint}
        with written_whole(self.path) as file:
            arrays = {f"v{i:04d}": variable.numpy() for i, variable in enumerate(self.variables)}
            np.savez(file, place=np.array(json.dumps(place)), **arrays)

    def restore(self) -> tuple[list[dict[str, float]], int, float]:
        """(history, step, total) of the last `save`, the variables filled; nothing done where there is no file."""
        if self.path is None or not self.path.exists():
            return [], 0, 0.0
        with np.load(self.path, allow_pickle=False) as saved:
            place = json.loads(str(saved["place"])) if "place" in saved else {}
            values = [saved[name] for name in sorted(saved.files) if name != "place"]
        shapes = [tuple(variable.shape) for variable in self.variables]
        if place.get("fingerprint") != self.fingerprint or [v.shape for v in values] != shapes:
            raise WeightsError(
                f"The checkpoint {self.path.name} belongs to another network: remove it, or name another file."
            )
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        return place["history"], place["step"], place["total"]
