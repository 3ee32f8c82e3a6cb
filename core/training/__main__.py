"""The command line that trains and measures the networks.

    python -m core.training cae                             the autoencoder of the latent space page
    python -m core.training fcn --data PATH --encoder FILE  the network of the segmentation page, first round
    python -m core.training fcn --data PATH                 its next round, from the shipped weights
    python -m core.training lesson --data PATH              the head of the lesson's FCN, on a frozen VGG16
    python -m core.training lesson --data PATH --small      the small one that the app ships
    python -m core.training lesson --data PATH --compare    what an encoder with ImageNet weights is worth
    python -m core.training evaluate [--data PATH]          the segmentation network on unseen photos

If TF_CONFIG names several machines, start `fcn` on each of them to train one network together: see
core.serving.workers.
"""

import argparse
import errno
import os
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from core.autoencoder.digits import DigitsError
from core.data.datasets import DatasetError
from core.weights import WeightsError

CACHE = Path(__file__).resolve().parents[2] / ".cache"
"""Files that can be made again: checkpoints and downloads. Never committed."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells define it."""


def main(arguments: list[str] | None = None) -> None:
    """Run one command; trained weights go to weights/, checkpoints to CACHE.

    Unusable data or weights, a lost worker and a full disk end it with one sentence and exit status 1, Ctrl-C with one
    sentence and exit status INTERRUPTED. Every other error is unexpected and propagates.
    """
    options = _parser().parse_args(arguments)
    again = "run the same command again: cae and fcn continue from the last checkpoint."
    try:
        options.run(options)
    except (DatasetError, DigitsError, WeightsError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.stderr.write(f"Interrupted. To go on, {again}\n")
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(f"The disk is full; the old weights are unchanged. Free some space and {again}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.training", description="Train or measure the networks.")
    commands = parser.add_subparsers(required=True)
    cae = commands.add_parser("cae", help="train the autoencoder on the MNIST digits 1, 5 and 6")
    cae.add_argument("--mnist", type=Path, help="mnist.npz; default: MNIST_FILE, Keras' cache or a download")
    fcn = commands.add_parser("fcn", help="train one round of the segmentation network")
    lite0 = "first round: EfficientNet-Lite0's ImageNet weights; default: next round, from the shipped weights"
    fcn.add_argument("--encoder", type=Path, metavar="FILE", help=lite0)
    fcn.add_argument("--epochs", type=int, help="passes over the photos; to continue a run, give the same number")
    lesson = commands.add_parser("lesson", help="train the head of the lesson's FCN on a frozen VGG16")
    vgg16 = "VGG16's weights: random (default), those in weights/, or those in a file"
    lesson.add_argument("--encoder", default="none", metavar="{none,imagenet,FILE}", help=vgg16)
    lesson.add_argument("--repaired", action="store_true", help="preprocess as VGG16 expects; no ReLU on the scores")
    lesson.add_argument("--epochs", type=int, help="passes over the photos; default: the recipe's")
    shipped = lesson.add_mutually_exclusive_group()
    shipped.add_argument("--small", action="store_true", help="train the small repaired head that the app ships")
    shipped.add_argument("--compare", action="store_true", help="train on each kind of encoder; the app's chart")
    lesson.add_argument("--save", type=Path, default=CACHE / "lesson_fcn.npz", help="file for the trained head")
    evaluate = commands.add_parser("evaluate", help="measure the shipped segmentation network on unseen photos")
    data = "a folder or zip with images/ and masks/, or with the lesson's .npy files"
    for command in (fcn, lesson, evaluate):
        command.add_argument("--data", type=Path, required=command is not evaluate, help=data)
    for command in (cae, fcn, lesson):
        command.add_argument("--seed", type=int, default=0, help="of all random numbers")
    for command, run in ((cae, _train_cae), (fcn, _train_fcn), (lesson, _train_lesson), (evaluate, _evaluate)):
        command.set_defaults(run=run)
    return parser


def _train_cae(options: argparse.Namespace) -> None:
    from core.autoencoder import digits, training

    data = digits.load(options.mnist)
    _report(training.train_shipped(data, seed=options.seed, checkpoint=CACHE / "cae.checkpoint.npz"))


def _train_fcn(options: argparse.Namespace) -> None:
    import tensorflow as tf

    from core.fcn import training
    from core.serving import workers

    train = partial(training.train_shipped, options.data, encoder=options.encoder, epochs=options.epochs)
    try:
        joined = workers.join()
        checkpoint = CACHE / f"fcn-{'first' if options.encoder else 'next'}{joined.suffix}.checkpoint.npz"
        _report(train(seed=options.seed, checkpoint=checkpoint, workers=joined))
    except tf.errors.UnavailableError:
        sys.exit(
            "The connection to another worker is lost. Run the same command again on every machine: the training "
            "continues from the last checkpoint."
        )


def _train_lesson(options: argparse.Namespace) -> None:
    from core.fcn import lesson, lesson_training

    recipe = {"seed": options.seed} | ({"epochs": options.epochs} if options.epochs else {})
    if options.small:
        _report(lesson_training.train_shipped(options.data, **recipe))
    elif options.compare:
        _report(lesson_training.compare(options.data, **recipe))
    else:
        train = partial(lesson.train_and_save, options.data, options.save, repaired=options.repaired)
        _report(train(encoder_weights=None if options.encoder == "none" else options.encoder, **recipe))


def _evaluate(options: argparse.Namespace) -> None:
    from core import fcn
    from core.fcn import training

    segmenter = fcn.load()
    print("IoU of the sample photos:", _line(training.evaluate_samples(segmenter)))
    if options.data:
        print(_line(training.evaluate_shipped(segmenter, options.data)))


def _report(run: Iterable) -> None:
    """Train to the end; print every 20th `core.training.fit.Progress` and the figures of every epoch."""
    for progress in run:
        if progress.step == progress.steps:
            print(_line({"epoch": progress.epoch} | progress.history[-1]), flush=True)
        elif progress.step % 20 == 0 and progress.seconds_left is not None:
            print(
                f"epoch {progress.epoch}/{progress.epochs}  step {progress.step}/{progress.steps}  "
                f"loss {progress.loss:.4f}  {progress.seconds_left / 60:.0f} min left",
                flush=True,
            )


def _line(figures: Mapping[str, float | list]) -> str:
    numbers = {name: value for name, value in figures.items() if not isinstance(value, list)}
    return "  ".join(f"{name} {value:.4f}" if value % 1 else f"{name} {value:.0f}" for name, value in numbers.items())


def keep_freed_memory() -> None:
    """Start this command again with glibc settings that keep freed memory for the next step; once, on Linux only.

    By default glibc returns the tensors of a step to the kernel, and the next step faults them in again, page by page:
    240,000 faults instead of 2,000 in a step of the segmentation network, half of the processor time. glibc reads these
    settings only when a process starts.
    """
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        sizes = {"MMAP_THRESHOLD": 2**25, "TRIM_THRESHOLD": 2**33, "TOP_PAD": 2**28}
        settings = {f"MALLOC_{name}_": str(size) for name, size in sizes.items()}
        os.execve(sys.executable, sys.orig_argv, os.environ | settings | {"MALLOC_ARENA_MAX": "1"})  # noqa: S606


if __name__ == "__main__":
    keep_freed_memory()
    main()
