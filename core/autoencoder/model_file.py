"""A user's own autoencoder as a file to download and to load again."""

from dataclasses import dataclass

import numpy as np

from core import weights
from core.autoencoder import codes, digits
from core.autoencoder.codes import Codes
from core.autoencoder.network import SHAPES, Autoencoder

LARGEST = 8 << 20  # bytes; a model of all ten classes with its codes needs less than two million


@dataclass(frozen=True)
class TrainedAutoencoder:
    """A model with the codes of 500 test digits (`test_codes`) and of all training digits (`known`).

    `source` names where the digits come from, a key of `core.autoencoder.digits.SOURCES`.
    """

    autoencoder: Autoencoder
    test_codes: Codes
    known: Codes
    source: str


def to_bytes(trained: TrainedAutoencoder) -> bytes:
    """The model as the bytes of an `.npz` file."""
    numbers = dict(zip(SHAPES, trained.autoencoder.numbers, strict=True))
    points = codes.to_arrays(shown=trained.test_codes, known=trained.known)
    return weights.packed(numbers | points | {"source": np.array(trained.source)})


def from_bytes(data: bytes) -> TrainedAutoencoder:
    """The model that `to_bytes` wrote.

    Raises:
        WeightsError: too large, not such a file, weights of another shape, NaN, infinite or huge values, or no codes of
            digits of a known source.
    """
    arrays = weights.read(data, "This file", LARGEST)
    source = str(arrays.pop("source", ""))
    if source not in digits.SOURCES:
        raise weights.WeightsError("This file names no known source of digits: choose a file that was made here.")
    train, every = digits.SOURCES[source]
    test_codes, known = (
        codes.from_arrays(arrays, name, rows, "This file") for name, rows in (("shown", every), ("known", train))
    )
    weights.check(arrays, SHAPES, "this file")
    return TrainedAutoencoder(Autoencoder([arrays[name] for name in SHAPES]), test_codes, known, source)
