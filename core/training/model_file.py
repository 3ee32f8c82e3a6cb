"""A user's own model as a file: named arrays in the bytes of an `.npz` file, nothing that could be executed."""

import io
from collections.abc import Mapping

import numpy as np

from core.data import archives
from core.weights import WeightsError

MOST_ARRAYS = 1000


def to_npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of an `.npz` file with these arrays."""
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy's stub takes every keyword for allow_pickle
    return file.getvalue()


def from_npz(data: bytes, largest: int) -> dict[str, np.ndarray]:
    """The arrays of a file that a user uploaded, by name.

    Args:
        largest: bytes that the file may have, packed or unpacked.

    Raises:
        WeightsError: the file is too large or not an `.npz` file of plain arrays.
    """
    try:
        return archives.read_npz(data, archives.Ceiling(MOST_ARRAYS, largest, largest))
    except archives.TooMuchError:
        problem = "This file is too large to be a model of this page"
    except archives.NoArchiveError:
        problem = "This file is not a model of this page"
    raise WeightsError(f"{problem}: choose an .npz file that was downloaded here.")
