"""The command line that trains and measures the networks.

    python -m core.training cae                     the autoencoder of the latent space page
    python -m core.training fcn --data PATH         the network of the segmentation page, from nothing
    python -m core.training fcn --data PATH --further       another round of passes over the same photos
    python -m core.training evaluate                the segmentation network on the sample photos
    python -m core.training evaluate --data PATH    and on the photos that were held out
    python -m core.training lesson --data PATH      the head of the lesson's FCN, on a frozen VGG16

Where TF_CONFIG names several machines, `fcn` started on each of them trains one network on all: see
core.serving.workers.
"""

import argparse
import errno
import os
import sys
from pathlib import Path

import tensorflow as tf

from core.autoencoder.digits import DigitsError
from core.data.datasets import DatasetError
from core.serving.workers import join
from core.weights import WeightsError

CACHE = Path(__file__).resolve().parents[2] / ".cache"
"""What can be made again: checkpoints, downloads. Never committed."""


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
    from core.autoencoder import digits
    from core.autoencoder import training as autoencoder_training
    from core.fcn import lesson as lesson_fcn
    from core.fcn import training as fcn_training

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
