"""Codes of many digits: their points in the latent plane and their classes.

The file of the pre-trained model's codes holds no images, since MNIST is not part of this project. `index` gives each
digit's row in MNIST's file.
"""

from dataclasses import dataclass

import numpy as np

from core import weights
from core.autoencoder import digits
from core.autoencoder.digits import Digits

FILE = "cae.codes.npz"
FACTS = {"data": "codes and labels of MNIST's test and training digits"}
"""The entry of FILE in the manifest."""
FIELDS = ("points", "labels", "index")
SHOWN = 500  # test digits in the plane, as in the lesson


@dataclass(frozen=True)
class Codes:
    """Points (n, 2) float32 of digits, their labels (n,) uint8 and their rows (n,) in the data set."""

    points: np.ndarray
    labels: np.ndarray
    index: np.ndarray


def shown_rows(data: Digits) -> np.ndarray:
    """Rows of up to SHOWN test digits, (n,) int64 in ascending order: a random sample, always the same."""
    count = len(data.test_labels)
    return np.sort(np.random.default_rng(0).choice(count, min(SHOWN, count), replace=False))


def encoded(autoencoder, data: Digits) -> tuple[Codes, Codes]:
    """Encode digits: the codes of up to SHOWN test digits, and of all training digits."""
    rows = shown_rows(data)
    test_codes = Codes(
        autoencoder.encode(digits.unit(data.test_images[rows])), data.test_labels[rows], data.test_index[rows]
    )
    known = Codes(autoencoder.encode(digits.unit(data.train_images)), data.train_labels, data.train_index)
    return test_codes, known


def to_arrays(**codes: Codes) -> dict[str, np.ndarray]:
    """The arrays of codes in a file: "NAME_points", "NAME_labels" and "NAME_index" of each."""
    return {f"{name}_{field}": getattr(part, field) for name, part in codes.items() for field in FIELDS}


def from_arrays(arrays: dict[str, np.ndarray], name: str, rows: int, source: str) -> Codes:
    """Take the codes of one name out of a file's arrays; they are of digits in a data set of `rows`.

    Raises:
        WeightsError: they are missing, or are not two or more points with labels and rows; the text names `source`.
    """
    points, labels, index = (arrays.pop(f"{name}_{field}", np.zeros(0)) for field in FIELDS)
    count = len(points) if points.ndim else 0
    if (
        count < 2
        or points.shape != (count, 2)
        or points.dtype != np.float32
        or not weights.is_finite(points)
        or labels.dtype.kind != "u"
        or index.dtype.kind not in "ui"
        or labels.shape != (count,)
        or index.shape != (count,)
        or labels.max() > 9
        or not 0 <= index.min() <= index.max() < rows
    ):
        raise weights.WeightsError(f"{source} has no latent codes of digits: choose an .npz file that was made here.")
    return Codes(points, labels.astype(np.uint8), index.astype(np.int64))


def load() -> tuple[Codes, Codes]:
    """The pre-trained model's codes: of 500 test digits, and of all 18,081 training digits.

    Raises:
        WeightsError: the file is missing, cut off, altered, or holds something else.
    """
    arrays = weights.arrays(FILE)
    train, every = digits.SOURCES[digits.MNIST]
    return from_arrays(arrays, "test", every, FILE), from_arrays(arrays, "train", train, FILE)
