"""One fit loop for both networks, and the command line that runs it.

    python -m core.training cae                     the autoencoder of the latent space page
    python -m core.training fcn --data PATH         the network of the segmentation page, from nothing
    python -m core.training fcn --data PATH --further       another round of passes over the same photos
    python -m core.training evaluate                the segmentation network on the sample photos
    python -m core.training evaluate --data PATH    and on the photos that were held out
    python -m core.training lesson --data PATH      the head of the lesson's FCN, on a frozen VGG16

Where TF_CONFIG names several machines, `fcn` started on each of them trains one network on all: see core.workers.

`fit` is a generator: it yields after every step, so the one who trains decides what to do with the
progress (print it, draw it) and stops the training by leaving the loop. Whatever was learned stays
in the model. With a checkpoint, a run that was killed goes on after its last whole epoch and ends
with the very weights it would have had: the order and the augmentation of an epoch's batches may
depend on nothing but the seed and the epoch's number.
"""

import argparse
import errno
import json
import os
import sys
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

from core.datasets import DatasetError
from core.digits import DigitsError
from core.weights import WeightsError
from core.workers import ALONE, Workers, join

CACHE = Path(__file__).resolve().parent.parent / ".cache"
"""What can be made again: checkpoints, downloads. Never committed."""

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


def main(arguments: list[str] | None = None) -> None:
    """The command line; what it trains is saved among the weights, its checkpoints in the project's cache.

    What it cannot use, a worker that is lost and a disk that is full end it with a sentence and exit status 1.
    """
    parser = argparse.ArgumentParser(prog="python -m core.training", description="Train or measure the networks.")
    commands = parser.add_subparsers(dest="command", required=True)
    cae = commands.add_parser("cae", help="train the autoencoder on MNIST's digits 1, 5 and 6")
    cae.add_argument("--mnist", type=Path, help="mnist.npz; else MNIST_FILE, Keras' cache or its download")
    fcn = commands.add_parser("fcn", help="train the segmentation network")
    fcn.add_argument("--further", action="store_true", help="start from the shipped weights, not from nothing")
    fcn.add_argument("--epochs", type=int, help="passes over the photos; a killed run goes on with the same number")
    evaluate = commands.add_parser("evaluate", help="measure the shipped segmentation network on photos it never saw")
    lesson = commands.add_parser("lesson", help="train the head of the lesson's FCN; it is saved, VGG16 is not")
    lesson.add_argument("--encoder", help="VGG16's weights: imagenet for Keras' download, or a file; else random")
    lesson.add_argument("--repaired", action="store_true", help="preprocess for VGG16, and no ReLU on the scores")
    lesson.add_argument("--epochs", type=int, default=5)
    lesson.add_argument("--save", type=Path, default=CACHE / "lesson_fcn.npz", help="where the head's numbers go")
    for command in (fcn, evaluate, lesson):
        command.add_argument(
            "--data",
            type=Path,
            required=command is not evaluate,
            help="folder or zip with images/ and masks/, or with the .npy triple",
        )
    for command in (cae, fcn, lesson):
        command.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except (DatasetError, DigitsError, WeightsError) as error:
        sys.exit(str(error))
    except tf.errors.UnavailableError:
        sys.exit(
            "Another worker is gone, and this training with it: start the same command again on every machine, and it "
            "goes on after the last whole epoch."
        )
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(
            "The disk is full and the old weights are untouched. Free some space and run the same command again: cae "
            "and fcn go on after the last epoch that they saved."
        )


def _run(options: argparse.Namespace) -> None:
    from core import autoencoder_training, digits, fcn_training, lesson_fcn

    if options.command == "evaluate":
        from core import fcn

        print("IoU of the sample photos:", _figures(fcn_training.evaluate_samples(fcn.load())))
        if options.data:
            print(_figures(fcn_training.evaluate_shipped(options.data)))
        return
    if options.command == "cae":
        run = autoencoder_training.train_shipped(
            digits.load(options.mnist), seed=options.seed, checkpoint=CACHE / "cae.checkpoint.npz"
        )
    elif options.command == "lesson":
        run = lesson_fcn.train_and_save(
            options.data,
            options.save,
            encoder_weights=options.encoder,
            repaired=options.repaired,
            epochs=options.epochs,
            seed=options.seed,
        )
    else:
        workers = join()
        run = fcn_training.train_shipped(
            options.data,
            further=options.further,
            epochs=options.epochs,
            seed=options.seed,
            checkpoint=CACHE / f"fcn{'-further' * options.further}{workers.suffix}.checkpoint.npz",
            workers=workers,
        )
    for progress in run:
        if progress.step % 20 == 0:
            print(
                f"epoch {progress.epoch}/{progress.epochs}  step {progress.step}/{progress.steps}  "
                f"loss {progress.loss:.4f}  {progress.seconds_left / 60:.0f} min left",
                flush=True,
            )
        elif progress.step == progress.steps:
            print(_figures({"epoch": progress.epoch} | progress.history[-1]), flush=True)


def _figures(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4f}" if value % 1 else f"{name} {value:.0f}" for name, value in figures.items())


def keep_freed_memory() -> None:
    """Start this command again with a glibc that keeps what one step frees for the next; once, on Linux alone.

    As it comes, glibc hands the tensors of a step back to the kernel and the next step faults them in again, page by
    page: 240,000 faults a step of the segmentation network against 2,000, and half of the processor's time. glibc
    reads these settings when a process starts, hence the new start.
    """
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        kept = {"MMAP_THRESHOLD": 2**25, "TRIM_THRESHOLD": 2**33, "TOP_PAD": 2**28}
        settings = {f"MALLOC_{name}_": str(value) for name, value in kept.items()}
        os.execve(sys.executable, sys.orig_argv, os.environ | settings | {"MALLOC_ARENA_MAX": "1"})  # noqa: S606


if __name__ == "__main__":
    keep_freed_memory()
    main()
