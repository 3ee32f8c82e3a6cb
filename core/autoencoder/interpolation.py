"""Regular ways through the latent plane: a mosaic of it, and a walk along points."""

from itertools import pairwise

import numpy as np

View = tuple[float, float, float, float]
"""(z1 min, z1 max, z2 min, z2 max)."""


def atlas(autoencoder, view: View, columns: int) -> tuple[np.ndarray, View]:
    """The visible plane as a mosaic: in each square cell, the digit decoded from the cell's middle.

    Args:
        autoencoder: anything with `decode`.
        columns: cells from left to right; the rows follow, since a cell is square.

    Returns:
        The mosaic, (28 rows, 28 columns) float32, its top row at the largest z2, and the view it fills: that of the
        argument, but for a last row that may reach below it.

    Raises:
        ValueError: a view without area.
    """
    left, right, bottom, top = view
    if not (right > left and top > bottom):
        raise ValueError(f"A view needs min < max on both axes. Received: view={view}")
    side = (right - left) / columns
    rows = int(np.ceil((top - bottom) / side - 1e-9))
    z1 = left + side * (np.arange(columns) + 0.5)
    z2 = top - side * (np.arange(rows) + 0.5)
    points = np.stack(np.meshgrid(z1, z2), axis=-1).reshape(-1, 2)
    tiles = autoencoder.decode(points).reshape(rows, columns, 28, 28)
    return tiles.transpose(0, 2, 1, 3).reshape(28 * rows, 28 * columns), (left, right, top - side * rows, top)


def walk(points: np.ndarray, steps: int) -> np.ndarray:
    """`steps` points along the straight lines from each of `points` (n, 2) to the next, both ends included, (steps, 2).

    The steps are of equal length in the plane. Where all points are the same, so are the steps. ValueError for fewer
    than two points or steps.
    """
    points = np.asarray(points, np.float64)
    if len(points) < 2 or steps < 2:
        raise ValueError(f"A walk needs two points and two steps. Received: points={len(points)}, steps={steps}")
    lengths = [np.linalg.norm(b - a) for a, b in pairwise(points)]
    way = np.concatenate([[0], np.cumsum(lengths)])
    at = np.linspace(0, way[-1], steps)
    return np.stack([np.interp(at, way, points[:, axis]) for axis in (0, 1)], axis=1)
