"""The pre-trained networks that exercises ask about, loaded once, and what they compute.

Every function raises core.weights.WeightsError if a file in weights/ is missing or altered.
"""

from functools import cache, lru_cache

import numpy as np

from core import autoencoder, fcn, photos
from core.autoencoder import codes
from core.autoencoder.density import Density
from core.autoencoder.network import Autoencoder
from core.data import sample_photos
from core.fcn.segmenter import Maps, Segmenter

NEIGHBOURS = 25
CLEAR = 0.9  # share of the neighbours that have one class where the class of a point is clear

LatentPoint = tuple[float, float]
LESSON_POINT: LatentPoint = (2.0, -4.0)


@cache
def digits() -> Autoencoder:
    """The autoencoder."""
    return autoencoder.load()


@cache
def density() -> Density:
    """The density of the training digits in the latent plane."""
    return Density(codes.load()[1])


@lru_cache(maxsize=1024)
def neighbours(point: LatentPoint) -> tuple[int, int]:
    """The most frequent class among the NEIGHBOURS training digits nearest to a point, and how many of them it has."""
    rows, _ = density().nearest(point, NEIGHBOURS)
    classes, counts = np.unique(density().known.labels[rows], return_counts=True)
    return int(classes[counts.argmax()]), int(counts.max())


@cache
def clear_points() -> tuple[LatentPoint, ...]:
    """The lesson's point, and the codes of test digits, rounded, where training digits of one class are dense."""
    test_codes, _ = codes.load()
    points = [LESSON_POINT, *map(tuple, test_codes.points.astype(float).round(1).tolist())]
    dense = [point for point in points if density().level(point) == "dense"]
    return tuple(point for point in dense if neighbours(point)[1] >= CLEAR * NEIGHBOURS)


def decoded(*points: LatentPoint) -> np.ndarray:
    """The digits (n, 28, 28) float32 that the decoder draws at some points, clipped to 0..1."""
    return digits().decode(np.array(points, np.float32)).clip(0, 1)


@cache
def segmenter() -> Segmenter:
    """The network that the app runs."""
    return fcn.load()


@lru_cache(maxsize=32)  # 0.4 MB each
def score_maps(photo: str, skips: tuple[bool, ...] | None = None) -> tuple[Maps, ...]:
    """The six score maps of a sample photo as probabilities, coarse to fine; `skips` as in `Segmenter.insight`."""
    return segmenter().levels(photos.decode(sample_photos.sample(photo)), skips)
