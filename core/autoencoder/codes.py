"""Codes of many digits: their points in the latent plane and their classes.

The file of the pre-trained model's codes holds no images, since MNIST is not part of this project. `index` gives each
digit's row in MNIST's file.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import weights
from core.autoencoder import digits
from core.autoencoder.digits import Digits

FILE = "cae.codes.npz"
FACTS = {"data": "codes and labels of MNIST's test and training digits"}
"""The entry of FILE in the manifest."""
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


def write(path: Path, pair: tuple[Codes, Codes]) -> None:
    """Write the file that `load` reads."""
    arrays = {
        f"{name}_{field}": np.asarray(getattr(part, field), dtype)
        for name, part in zip(("test", "train"), pair, strict=True)
        for field, dtype in (("points", np.float32), ("labels", np.uint8), ("index", np.uint16))
    }
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # numpy's stub takes every keyword for allow_pickle


def load() -> tuple[Codes, Codes]:
    """The pre-trained model's codes: of 500 test digits, and of all 18,081 training digits.

    Raises:
        WeightsError: the file is missing, cut off, altered, or holds something else.
    """
    arrays = weights.arrays(FILE)
    try:
        test, train = (
            Codes(*(arrays[f"{name}_{field}"] for field in ("points", "labels", "index"))) for name in ("test", "train")
        )
    except KeyError as error:
        raise weights.WeightsError(f"The weights file {FILE} has no latent codes. {weights.REPAIR}") from error
    return test, train
