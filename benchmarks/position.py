"""How much a mask depends on where its object is: the photo mirrored, moved by one pixel, padded on one side.

    python -m benchmarks.position --data PATH

Nothing in the app pads a photo: both sides are scaled to multiples of 32, which treats left and right alike. Each row
compares two masks of the same photo, of 100 photos in PATH that chose how the shipped network is used.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.edges import validation
from core import fcn, masks
from core.fcn.segmenter import MULTIPLE, Segmenter

PHOTOS = 100
PADDING = 16  # pixels; the longest side of these photos has 256
MODES = ("edge", "reflect", "constant")
SIDES = {"left and right": ((0, 0), (PADDING, 0), (0, 0)), "above and below": ((PADDING, 0), (0, 0), (0, 0))}


def mirrored(segmenter: Segmenter, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The maps of a photo and of its mirror image, the latter mirrored back."""
    return segmenter.probability(photo), segmenter.probability(photo[:, ::-1])[:, ::-1]


def whole_cells(segmenter: Segmenter, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same for the part whose sides are multiples of 32, which is not scaled at all."""
    height, width = (side // MULTIPLE * MULTIPLE for side in photo.shape[:2])
    part = photo[:height, :width].astype(np.float32)
    both = (segmenter.forward(each[None])[0, ..., 0] for each in (part, part[:, ::-1]))
    return next(both), next(both)[:, ::-1]


def moved(segmenter: Segmenter, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The maps of all columns but the last and of all but the first, where both have a column; not scaled."""
    width = (photo.shape[1] - 1) // MULTIPLE * MULTIPLE
    height = photo.shape[0] // MULTIPLE * MULTIPLE
    parts = (photo[:height, left : left + width].astype(np.float32) for left in (0, 1))
    first, second = (segmenter.forward(part[None])[0, ..., 0] for part in parts)
    return first[:, 1:], second[:, :-1]


def padded(mode: str, side: str) -> Callable[[Segmenter, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The maps of a photo padded on the first and on the second side, without the padding."""

    def maps(segmenter: Segmenter, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width = photo.shape[:2]
        first = segmenter.probability(np.pad(photo, SIDES[side], mode))[-height:, -width:]
        second = segmenter.probability(np.pad(photo, [each[::-1] for each in SIDES[side]], mode))[:height, :width]
        return first, second

    return maps


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="photos that the shipped network was trained on")
    halves = validation(parser.parse_args().data)
    photos = [pair.photo for half in halves for pair in half][:PHOTOS]
    segmenter = fcn.load()
    rows = {"mirrored": mirrored, "mirrored, sides are multiples of 32": whole_cells, "moved by one pixel": moved}
    rows |= {f"padded {side}, {mode}": padded(mode, side) for mode in MODES for side in SIDES}
    print("| masks compared | mean IoU | median | least |\n|---|---|---|---|")
    for name, maps in rows.items():
        ious = [masks.iou(first > 0.5, second > 0.5) for first, second in (maps(segmenter, each) for each in photos)]
        print(f"| {name} | {np.mean(ious):.3f} | {np.median(ious):.3f} | {np.min(ious):.3f} |", flush=True)


if __name__ == "__main__":
    main()
