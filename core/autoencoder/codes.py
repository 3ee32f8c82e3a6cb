"""Codes of many digits: points of the latent plane with the class each digit has, and what can be asked of them.

The shipped ones are numbers only. The pictures they were encoded from are MNIST's and stay out of the project; `index`
finds them again in MNIST's file.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import weights
from core.autoencoder import digits
from core.autoencoder.digits import Digits

FILE = "cae.codes.npz"
FACTS = {"data": "codes and labels of MNIST's test and training digits"}
"""What the manifest says of it."""
SHOWN = 500  # test digits drawn in the plane, as in the lesson


@dataclass(frozen=True)
class Codes:
    """Digits in the latent plane: points (n, 2) float32, labels (n,) uint8, index (n,) their rows in the source."""

    points: np.ndarray
    labels: np.ndarray
    index: np.ndarray


def drawn(data: Digits) -> np.ndarray:
    """Rows of the SHOWN test digits, fewer where there are fewer: drawn at random, always the same, in their order."""
    count = len(data.test_labels)
    return np.sort(np.random.default_rng(0).choice(count, min(SHOWN, count), replace=False))


def encoded(autoencoder, data: Digits) -> tuple[Codes, Codes]:
    """(SHOWN test digits, all training digits) of `data`, encoded."""
    rows = drawn(data)
    shown = Codes(
        autoencoder.encode(digits.unit(data.test_images[rows])), data.test_labels[rows], data.test_index[rows]
    )
    known = Codes(autoencoder.encode(digits.unit(data.train_images)), data.train_labels, data.train_index)
    return shown, known


def write(path: Path, pair: tuple[Codes, Codes]) -> None:
    """Write what `load` reads."""
    arrays = {
        f"{name}_{field}": np.asarray(getattr(part, field), dtype)
        for name, part in zip(("test", "train"), pair, strict=True)
        for field, dtype in (("points", np.float32), ("labels", np.uint8), ("index", np.uint16))
    }
    np.savez_compressed(path, **arrays)


def load() -> tuple[Codes, Codes]:
    """The shipped codes: (500 test digits, all 18,081 training digits).

    Raises:
        WeightsError: the file is missing, cut, altered, or holds something else.
    """
    arrays = weights.arrays(FILE)
    try:
        return tuple(
            Codes(*(arrays[f"{name}_{field}"] for field in ("points", "labels", "index"))) for name in ("test", "train")
        )
    except KeyError as error:
        raise weights.WeightsError(f"The weights file {FILE} has no latent codes. {weights.REPAIR}") from error
