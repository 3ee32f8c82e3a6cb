"""The density of codes in the plane, and the nearest neighbours of a point."""

from functools import cached_property

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import KDTree

from core.autoencoder.codes import Codes

CELLS = 256  # per side of the grid that stores the density
DENSE_SHARE = 0.9  # "dense" is a density that this share of the known digits reaches
REACH_QUANTILE = 0.999  # of the distances from a known digit to its nearest neighbour


class Density:
    """Density of codes in the plane, in digits per unit area, and the neighbours of a point.

    A Gaussian kernel density estimate (Silverman, "Density Estimation for Statistics and Data Analysis", 1986). The
    bandwidth is Scott's n^(-1/6) times the mean standard deviation within a class, so that classes stay apart. Codes
    are counted in the cells of a grid, which is then blurred; the tests compare this with the exact sum.
    """

    def __init__(self, known: Codes):
        self.known = known
        points = known.points.astype(np.float64)
        spread = np.mean([points[known.labels == label].std() for label in np.unique(known.labels)])
        self.bandwidth = max(float(spread * len(points) ** (-1 / 6)), 1e-3)
        low, high = points.min(axis=0) - 4 * self.bandwidth, points.max(axis=0) + 4 * self.bandwidth
        self._low, self._step = low, (high - low) / CELLS
        counts, *_ = np.histogram2d(points[:, 0], points[:, 1], CELLS, list(zip(low, high, strict=True)))
        self._grid = gaussian_filter(counts, self.bandwidth / self._step, mode="constant") / self._step.prod()
        self._tree = KDTree(points)

    def at(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) -> digits per unit area (n,); 0 outside the grid."""
        places = (np.asarray(points, np.float64) - self._low) / self._step - 0.5
        return np.maximum(map_coordinates(self._grid, places.T, order=1, mode="constant"), 0)

    def nearest(self, point, count: int = 8) -> tuple[np.ndarray, np.ndarray]:
        """(rows of `known`, distances), both (count,), of the codes nearest to a point; the nearest is the first."""
        distances, rows = self._tree.query(point, np.arange(min(count, len(self.known.labels))) + 1)
        return rows, distances

    @cached_property
    def dense(self) -> float:
        """The density that a DENSE_SHARE of the known codes reaches."""
        return float(np.quantile(self.at(self.known.points), 1 - DENSE_SHARE))

    @cached_property
    def reach(self) -> float:
        """The distance within which a share REACH_QUANTILE of the known codes has a neighbour."""
        distances, _ = self._tree.query(self._tree.data, [2])  # the nearest is the code itself
        return float(np.quantile(distances, REACH_QUANTILE))

    def level(self, point) -> str:
        """The density at a point: "dense", "sparse", or "empty" if no known code is within `reach`."""
        _, distances = self.nearest(point, 1)
        if distances[0] > self.reach:
            return "empty"
        return "dense" if self.at(np.reshape(point, (1, 2)))[0] >= self.dense else "sparse"
