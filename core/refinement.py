"""Refinement: the edges of a coarse map of probabilities move to the edges of the photo.

    coarse map (h, w) and the photo reduced to (h, w)
        -> the map that changes where the photo's colours change, (h, w)
        -> in each cell a linear function of the colour that gives this map: three slopes and an offset, (4, h, w)
        -> the slopes and offsets enlarged to the photo's size (H, W), applied to its own colours

In a small window the map is taken to be a linear function of the colour (Levin, Lischinski & Weiss, "A closed-form
solution to natural image matting", 2008). The map that fits this best and stays near the network's map where that is
certain is the solution of a linear system, found by conjugate gradients with box filters alone (He, Sun & Tang, "Fast
matting using large kernel matting Laplacian matrices", 2010). Only the last step sees the large photo (He & Sun, "Fast
guided filter", 2015).

The constants were chosen on photos that train no network: `python -m benchmarks.edges --choose`.
"""

import numpy as np
from PIL import Image

from core import full_size, masks

NOISE = 1e-4
"""Variance of the colours, 0..1, below which a window counts as one colour."""
TRUST = 0.1
"""How strongly the solution is held to the network's map where that is 0 or 1; 0 where it is 1/2."""
LEAST_TRUST = 1e-3
"""Of TRUST, everywhere: the system has one solution."""
STEPS = 15
"""Of conjugate gradients."""
STRIP = 2**18
"""Pixels of the photo that are computed at a time."""


def refined(coarse: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """A coarse map of probabilities, enlarged along the edges of the photo.

    Args:
        coarse: (h, w) float32, 0..1; it covers the whole photo.
        photo: (H, W, 3) uint8.

    Returns:
        (H, W) float32, 0..1. A photo of one colour gives a smooth map.
    """
    return enlarged(colour_model(coarse, photo), photo)


def colour_model(coarse: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The probability in each cell as a linear function of the colour.

    Args:
        coarse: (h, w) float32, 0..1.
        photo: (H, W, 3) uint8 of any size.

    Returns:
        (4, h, w) float32: the slopes of red, green and blue in 0..255, and the offset.
    """
    size = coarse.shape[1], coarse.shape[0]
    reduced = Image.fromarray(photo).resize(size, Image.Resampling.BOX)
    windows = _Windows(np.asarray(reduced, np.float32).transpose(2, 0, 1) / 255)
    model = _box(windows.fit(np.clip(_solution(windows, coarse), 0, 1)))
    model[:3] /= 255
    return model


def enlarged(model: np.ndarray, photo: np.ndarray, rows: slice = slice(None)) -> np.ndarray:
    """The probability of each pixel of the photo, computed in strips.

    Args:
        model: (4, h, w) float32, as `colour_model` gives it; it covers the whole photo.
        photo: (H, W, 3) uint8.
        rows: of the photo, which alone are computed.

    Returns:
        (H, W) float32, 0..1, or as many rows of it.
    """
    height, width = photo.shape[:2]
    first, last, _ = rows.indices(height)
    probability = np.empty((last - first, width), np.float32)
    for strip in full_size.strips(probability.shape, STRIP):
        top, bottom = first + strip.start, first + strip.stop
        *slopes, offset = (masks.resized(plane, (height, width), slice(top, bottom)) for plane in model)
        total = offset.copy()
        for channel, slope in enumerate(slopes):
            total += slope * photo[top:bottom, :, channel]
        np.clip(total, 0, 1, out=probability[strip])
    return probability


class _Windows:
    """A window around each cell of a photo (3, h, w), 0..1: mean and inverse covariance of its colours."""

    def __init__(self, photo: np.ndarray):
        r, g, b = self.photo = np.ascontiguousarray(photo)
        mean = self.mean = _box(self.photo)
        rr, rg, rb, gg, gb, bb = _box(np.stack([r * r, r * g, r * b, g * g, g * b, b * b])) - np.stack(
            [
                mean[0] * mean[0],
                mean[0] * mean[1],
                mean[0] * mean[2],
                mean[1] * mean[1],
                mean[1] * mean[2],
                mean[2] ** 2,
            ]
        )
        rr, gg, bb = rr + NOISE, gg + NOISE, bb + NOISE
        cofactors = np.stack(
            [
                gg * bb - gb * gb,
                rb * gb - rg * bb,
                rg * gb - rb * gg,
                rr * bb - rb * rb,
                rg * rb - rr * gb,
                rr * gg - rg * rg,
            ]
        )
        self.inverse = cofactors / (rr * cofactors[0] + rg * cofactors[1] + rb * cofactors[2])

    def fit(self, values: np.ndarray) -> np.ndarray:
        """The linear function of the colour that fits values (h, w) best in each window: slopes, offset, (4, h, w)."""
        mean, *products = _box(np.stack([values, *(self.photo * values)]))
        r, g, b = products - self.mean * mean
        rr, rg, rb, gg, gb, bb = self.inverse
        slopes = np.stack([rr * r + rg * g + rb * b, rg * r + gg * g + gb * b, rb * r + gb * g + bb * b])
        return np.stack([*slopes, mean - (slopes * self.mean).sum(axis=0)])

    def smoothed(self, values: np.ndarray) -> np.ndarray:
        """The guided filter: in each cell, the mean of the functions of all windows around it. (h, w) -> (h, w)."""
        *slopes, offset = _box(self.fit(values))
        return (np.stack(slopes) * self.photo).sum(axis=0) + offset


def _solution(windows: _Windows, coarse: np.ndarray) -> np.ndarray:
    """x of (1 - guided filter + trust) x = trust * coarse, (h, w), by conjugate gradients that start from `coarse`."""
    trust = TRUST * (np.square(2 * coarse - 1) + LEAST_TRUST)

    def product(x: np.ndarray) -> np.ndarray:
        return x - windows.smoothed(x) + trust * x

    x = coarse.copy()
    residual = trust * coarse - product(x)
    direction = residual / (1 + trust)
    size = np.vdot(residual, direction)
    for _ in range(STEPS):
        step = product(direction)
        along = np.vdot(direction, step)
        if along <= 1e-12:
            break
        x += size / along * direction
        residual -= size / along * step
        scaled = residual / (1 + trust)
        size, previous = np.vdot(residual, scaled), size
        direction = scaled + size / previous * direction
    return x


def _box(planes: np.ndarray) -> np.ndarray:
    """Means over windows of 3 x 3 cells of each plane, (n, h, w) -> (n, h, w); four times as fast as SciPy's filter."""
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)), "edge")
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) * np.float32(1 / 9)
