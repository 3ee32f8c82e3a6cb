"""Regular points of the latent plane: a grid of decoded digits, and a path from point to point."""

import numpy as np

View = tuple[float, float, float, float]
"""(z1 min, z1 max, z2 min, z2 max)."""
MOST_CELLS = 100
"""Rows, and columns, of an atlas: more than a screen shows as digits."""


def atlas(autoencoder, view: View, columns: int) -> tuple[np.ndarray, View]:
    """Decode a grid of points: a mosaic in which each square cell shows the digit decoded at the cell's centre.

    Args:
        autoencoder: an object with `decode`.
        columns: number of cells from left to right; it fixes the number of rows, since a cell is square. Cells of a
            narrow view are larger, so that there are at most MOST_CELLS rows.

    Returns:
        The mosaic, (28 rows, 28 columns) float32, with the largest z2 in its top row, and its own view: its last row
        and column may reach beyond the view of the argument.

    Raises:
        ValueError: the view has no area, or is not finite.
    """
    left, right, bottom, top = view
    width, height = right - left, top - bottom
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise ValueError(f"A view needs finite min < max on both axes. Received: view={view}")
    side = max(width / min(columns, MOST_CELLS), height / MOST_CELLS)
    columns, rows = (int(np.ceil(length / side - 1e-9)) or 1 for length in (width, height))
    z1 = left + side * (np.arange(columns) + 0.5)
    z2 = top - side * (np.arange(rows) + 0.5)
    points = np.stack(np.meshgrid(z1, z2), axis=-1).reshape(-1, 2)
    tiles = autoencoder.decode(points).reshape(rows, columns, 28, 28)
    own_view = left, left + side * columns, top - side * rows, top
    return tiles.transpose(0, 2, 1, 3).reshape(28 * rows, 28 * columns), own_view


def walk(points: np.ndarray, steps: int) -> np.ndarray:
    """Equally spaced points, (steps, 2), on the straight lines from each of `points` (n, 2) to the next.

    The first and the last point are included. ValueError for fewer than two points or steps.
    """
    points = np.asarray(points, np.float64)
    if len(points) < 2 or steps < 2:
        raise ValueError(f"A walk needs two points and two steps. Received: points={len(points)}, steps={steps}")
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    distances = np.concatenate([[0], np.cumsum(lengths)])
    at = np.linspace(0, distances[-1], steps)
    return np.stack([np.interp(at, distances, points[:, axis]) for axis in (0, 1)], axis=1)
