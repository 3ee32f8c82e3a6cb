"""A visitor's autoencoder as one file to take away and bring back: numbers only, nothing in it can be executed."""

import io

import numpy as np

from core import weights
from core.autoencoder.codes import Codes
from core.autoencoder.network import SHAPES, Autoencoder
from core.data import archives

LARGEST = 8_000_000  # bytes, packed or unpacked: ten classes with all their codes need less than two million
MOST_ARRAYS = 500  # in a file: the segmentation network has 142


class OwnModelError(ValueError):
    """A file that is no model of this app; the text is one sentence for the visitor."""


def to_bytes(autoencoder: Autoencoder, shown: Codes, known: Codes, source: str) -> bytes:
    """The model with its codes as the bytes of an .npz file."""
    arrays = named(autoencoder.numbers)
    for name, part in (("shown", shown), ("known", known)):
        arrays |= {f"{name}_points": part.points, f"{name}_labels": part.labels, f"{name}_index": part.index}
    file = io.BytesIO()
    np.savez_compressed(file, source=np.array(source), **arrays)
    return file.getvalue()


def from_bytes(data: bytes) -> tuple[Autoencoder, Codes, Codes, str]:
    """(autoencoder, shown codes, known codes, source of the digits) from what `to_bytes` made.

    Raises:
        OwnModelError: too large, not such a file, weights of another shape, or numbers that are none.
    """
    arrays = read_arrays(data, LARGEST)
    autoencoder = Autoencoder(weights_among(arrays, SHAPES))
    shown, known = (_codes(arrays, name) for name in ("shown", "known"))
    source = str(arrays.get("source", ""))
    return autoencoder, shown, known, source[:40]


def named(numbers: list) -> dict:
    """What belongs to the weights of a network, in the order of `keras.Model.get_weights`, by their names in a file."""
    return {f"weight_{i:03d}": each for i, each in enumerate(numbers)}


def weights_among(arrays: dict[str, np.ndarray], shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """The weights in a file, in their order.

    Raises:
        OwnModelError: they are of other shapes, or numbers that are none.
    """
    given = {name: array for name, array in arrays.items() if name.startswith("weight_")}
    expected = named(shapes)
    try:
        weights.check(given, expected, "this file")
    except weights.WeightsError as error:
        raise OwnModelError(str(error)) from None
    return [given[name] for name in expected]


def read_arrays(data: bytes, largest: int) -> dict[str, np.ndarray]:
    """What an .npz file holds, its bytes no more than `largest`, packed or unpacked; OwnModelError where it is none."""
    too_large = OwnModelError("This file is too large to be a model of this page: choose an .npz file that it made.")
    if len(data) > largest:
        raise too_large
    try:
        files = archives.members(data, archives.Ceiling(MOST_ARRAYS, largest, largest))
        return {name.removesuffix(".npy"): archives.array(read()) for name, read in files.items()}
    except archives.TooMuchError:
        raise too_large from None
    except Exception:  # noqa: BLE001 - zipfile and zlib each have their own for a broken file
        raise OwnModelError("This file is no model of this page: choose an .npz file that it made.") from None


def _codes(arrays: dict[str, np.ndarray], name: str) -> Codes:
    try:
        points, labels, index = (arrays[f"{name}_{field}"] for field in ("points", "labels", "index"))
    except KeyError:
        raise OwnModelError("The codes are missing in this file: choose a file that this page made.") from None
    count = len(points) if points.ndim else 0
    whole = labels.dtype.kind == index.dtype.kind == "u" or (labels.dtype.kind, index.dtype.kind) == ("u", "i")
    if (
        count < 2
        or points.shape != (count, 2)
        or points.dtype != np.float32
        or not weights.sound(points)
        or not whole
        or labels.shape != (count,)
        or index.shape != (count,)
        or labels.max() > 9
        or not 0 <= index.min() <= index.max() < 70_000
    ):
        raise OwnModelError("The codes in this file are no points with digits: choose a file that this page made.")
    return Codes(points, labels.astype(np.uint8), index.astype(np.int64))
