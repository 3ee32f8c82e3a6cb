"""A user's own autoencoder as a file to download and to load again."""

from dataclasses import dataclass

import numpy as np

from core import weights
from core.autoencoder.codes import Codes
from core.autoencoder.network import NAMES, SHAPES, Autoencoder
from core.training import model_file
from core.weights import WeightsError

LARGEST = 8_000_000  # bytes; a model of all ten classes with its codes needs less than two million


@dataclass(frozen=True)
class TrainedAutoencoder:
    """A model with the codes of 500 test digits (`test_codes`) and of all training digits (`known`).

    `source` names where the digits come from, as `core.autoencoder.digits.Digits` does.
    """

    autoencoder: Autoencoder
    test_codes: Codes
    known: Codes
    source: str


def to_bytes(trained: TrainedAutoencoder) -> bytes:
    """The model as the bytes of an `.npz` file."""
    arrays = dict(zip(NAMES, trained.autoencoder.numbers, strict=True)) | {"source": np.array(trained.source)}
    for name, codes in (("shown", trained.test_codes), ("known", trained.known)):
        arrays |= {f"{name}_points": codes.points, f"{name}_labels": codes.labels, f"{name}_index": codes.index}
    return model_file.to_npz(arrays)


def from_bytes(data: bytes) -> TrainedAutoencoder:
    """The model that `to_bytes` wrote.

    Raises:
        WeightsError: too large, not such a file, weights of another shape, NaN, infinite or huge values, or no codes.
    """
    arrays = model_file.from_npz(data, LARGEST)
    source = str(arrays.pop("source", ""))[:40]
    test_codes, known = (_codes(arrays, name) for name in ("shown", "known"))
    weights.check(arrays, dict(zip(NAMES, SHAPES, strict=True)), "this file")
    return TrainedAutoencoder(Autoencoder([arrays[name] for name in NAMES]), test_codes, known, source)


def _codes(arrays: dict[str, np.ndarray], name: str) -> Codes:
    """Take one set of codes out of the arrays."""
    try:
        points, labels, index = (arrays.pop(f"{name}_{field}") for field in ("points", "labels", "index"))
    except KeyError:
        raise WeightsError(
            "This file has no latent codes of an autoencoder: choose a file that was downloaded here."
        ) from None
    count = len(points) if points.ndim else 0
    integers = labels.dtype.kind == "u" and index.dtype.kind in "ui"
    if (
        count < 2
        or points.shape != (count, 2)
        or points.dtype != np.float32
        or not weights.is_finite(points)
        or not integers
        or labels.shape != (count,)
        or index.shape != (count,)
        or labels.max() > 9
        or not 0 <= index.min() <= index.max() < 70_000
    ):
        raise WeightsError("The latent codes in this file are damaged: choose a file that was downloaded here.")
    return Codes(points, labels.astype(np.uint8), index.astype(np.int64))
