"""What the starting points of the segmentation page's Train tab reach on 100 photos in a minute.

    python -m benchmarks.starting_points --data PATH [--start frozen] [--epochs N] [--rate R] [--crop SIDE]

The page's own trainings, three times with other photos of the training part of PATH and other seeds. Each is measured
on the 200 validation photos, at their own size. The time is that of the whole training, from the click to its end
without the import of TensorFlow: ImageNet's features, the graph, the epochs and the figures after each. The shipped
network has learned from all of these photos: its row says that nothing is lost, not how well it learns.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.table import Row, show
from core.data import datasets
from core.fcn import training, training_job
from core.fcn.evaluation import mean_iou
from core.fcn.training_job import MOST_HELD_OUT, FcnJob, Settings

PHOTOS, SEEDS, SECONDS = 100, 3, 60
CHOSEN = {"frozen": (5, 3e-3, 128), "shipped": (4, 3e-4, 128), "random": (4, 1e-3, 128)}
"""Epochs, peak learning rate and side of a crop that fit into SECONDS on two cores."""


def measured(
    pairs: list[datasets.Pair], validation: list[datasets.Pair], settings: Settings
) -> tuple[float, float, list[float]]:
    """Seconds of one training on `pairs`, IoU on the validation photos, and the page's IoU after each epoch."""
    begun = time.monotonic()
    job = FcnJob(pairs, settings)
    job.wait(20 * SECONDS)
    seconds = time.monotonic() - begun
    if job.problem:
        raise RuntimeError(job.problem)
    return seconds, mean_iou(job.trained, validation), [figures["iou"] for figures in job.progress.history]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="photos with masks that the network was trained on")
    parser.add_argument("--start", choices=training_job.STARTS, action="append", help="all without this option")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--crop", type=int)
    options = parser.parse_args()
    pairs, validation, _ = training.divided(datasets.load(options.data))
    rows = []
    for start in options.start or training_job.STARTS:
        epochs, rate, crop = CHOSEN[start]
        settings = Settings(start, options.epochs or epochs, options.rate or rate, options.crop or crop, 0)
        results = []
        for seed in range(SEEDS):
            numbers = np.random.default_rng(seed).choice(len(pairs), PHOTOS + MOST_HELD_OUT, replace=False)
            result = measured([pairs[i] for i in numbers], validation, replace(settings, seed=seed))
            results.append(result)
        seconds, ious, histories = zip(*results, strict=True)
        print(f"{start}, {settings}: seconds {np.round(seconds, 1)}, IoU {np.round(ious, 3)}", *histories, sep="\n  ")
        rows.append(
            Row(
                f"start “{start}”: {PHOTOS} photos, {settings.epochs} epochs, IoU on {len(validation)} photos (mean of "
                f"{SEEDS} seeds), time against {SECONDS} s",
                max(seconds) / SECONDS,
                f"IoU {np.mean(ious):.3f} ({min(ious):.3f} to {max(ious):.3f}), {max(seconds):.0f} s at most",
            )
        )
    show(rows)


if __name__ == "__main__":
    main()
