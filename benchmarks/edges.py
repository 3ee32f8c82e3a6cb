"""What refining the network's map with the full-size photo changes: edges, time and memory.

    python -m benchmarks.edges --data PATH
    python -m benchmarks.edges --data PATH --choose

Two sets of photos: the samples with their drawn masks, and the half of the validation photos in PATH on which no
constant of `core.refinement` was chosen, with the network at 96 pixels, so that the map is enlarged as much as for the
samples. Without --data only the samples are measured. --choose prints the table for other constants, one at a time, on
the other half: from it they were chosen.
"""

import argparse
import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.start import peak, status_of
from core import fcn, masks, refinement
from core.data import datasets, sample_photos
from core.fcn.evaluation import Reliability
from core.fcn.segmenter import Segmenter

TOLERANCE = 0.005
"""Of the boundary F: a fraction of the diagonal."""
SMALL = 96
OTHERS = {"TRUST": (0.03, 0.3), "NOISE": (1e-5, 1e-3), "STEPS": (5, 10, 30)}
"""Values of the constants of `core.refinement` to compare the shipped ones with."""
SIZE = (4000, 3000)
HEAD = (
    "| photos | map | IoU | boundary F (0.5 %) | wrong pixels | error of the map | calibration error |\n"
    "|---|---|---|---|---|---|---|"
)


def validation(data: Path) -> tuple[list[datasets.Pair], list[datasets.Pair]]:
    """The validation photos of the shipped network in two halves: for choices, and for figures."""
    from core.fcn import training  # imports TensorFlow

    pairs = training.divided(datasets.load(data))[1]
    return pairs[0::2], pairs[1::2]


def figures(maps: Iterable[tuple[datasets.Pair, np.ndarray]]) -> list[float]:
    """Means over photos with their maps (H, W): the columns of HEAD after the second."""
    rows, reliability = [], Reliability()
    for pair, probability in maps:
        mask = probability > 0.5
        reliability.add(probability, pair.mask)
        rows.append(
            (
                masks.iou(mask, pair.mask),
                masks.boundary_f(mask, pair.mask, TOLERANCE),
                1 - masks.pixel_accuracy(mask, pair.mask),
                masks.mean_absolute_error(probability, pair.mask),
            )
        )
    return [*np.mean(rows, axis=0), reliability.expected_calibration_error]


def compare(what: str, segmenter: Segmenter, pairs: list[datasets.Pair]) -> None:
    """Print a row for the enlarged and one for the refined maps."""
    coarse = [segmenter.coarse_map(pair.photo) for pair in pairs]
    for name, method in (
        ("enlarged", lambda each, photo: masks.enlarged(each, photo.shape[:2])),
        ("refined", refinement.refined),
    ):
        values = figures((pair, method(each, pair.photo)) for pair, each in zip(pairs, coarse, strict=True))
        print(f"| {what} | {name} | " + " | ".join(f"{value:.4f}" for value in values) + " |", flush=True)


def cost() -> None:
    """Print processor time and memory for a photo of SIZE."""
    photo = np.asarray(Image.fromarray(sample_photos.pairs()[2].photo).resize(SIZE, Image.Resampling.BICUBIC))
    coarse = fcn.load().coarse_map(photo)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # Linux: the peak starts again from here
    before, begun = peak(status_of(os.getpid())), time.process_time()
    model = refinement.colour_model(coarse, photo)
    middle = time.process_time()
    refinement.enlarged(model, photo)
    end, after = time.process_time(), peak(status_of(os.getpid()))
    print(
        f"{SIZE[0] * SIZE[1] / 1e6:.0f} megapixels: {middle - begun:.2f} s at {coarse.shape}, then {end - middle:.2f} s"
        f"; peak memory + {after - before:.0f} MB, the map's {photo[..., 0].size * 4 / 1e6:.0f} MB included"
    )


def choose(segmenter: Segmenter, pairs: list[datasets.Pair]) -> None:
    """Print a row for each constant's value of OTHERS, the other constants as they are."""
    coarse = [segmenter.coarse_map(pair.photo) for pair in pairs]
    for name, values in OTHERS.items():
        shipped = getattr(refinement, name)
        for value in sorted({shipped, *values}):
            setattr(refinement, name, value)
            columns = figures(
                (pair, refinement.refined(each, pair.photo)) for pair, each in zip(pairs, coarse, strict=True)
            )
            print(f"| {len(pairs)} | {name} = {value:g} | " + " | ".join(f"{each:.4f}" for each in columns) + " |")
        setattr(refinement, name, shipped)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="photos with masks that the shipped network was trained on")
    parser.add_argument("--choose", action="store_true", help="compare constants of the refinement; needs --data")
    options = parser.parse_args()
    segmenter = fcn.load()
    small = Segmenter(segmenter.network, replace(segmenter.inference, working_size=SMALL))
    if options.choose:
        print(HEAD)
        choose(small, validation(options.data)[0])
        return
    cost()  # first: later the process has free memory
    print(HEAD)
    compare("4 samples", segmenter, sample_photos.pairs())
    if options.data:
        half = validation(options.data)[1]
        compare(f"{len(half)} validation, network at {SMALL}", small, half)
        compare(f"{len(half)} validation, network at {segmenter.inference.working_size}", segmenter, half)


if __name__ == "__main__":
    main()
