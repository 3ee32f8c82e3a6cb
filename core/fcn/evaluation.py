"""How good a segmentation network is: figures on photos with true masks, and whether its probabilities are right."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from core import masks
from core.data.datasets import Pair
from core.fcn.segmenter import Inference, Segmenter

BINS = 20
"""Of a reliability diagram, equal steps of probability."""
Figures = dict[str, float | list[list[float]]]
"""Of `evaluate`: means by name, and the reliability diagram."""
PIXELS_PER_PHOTO = 2000
"""A regular sample of each validation photo, for `calibrated`."""


class Reliability:
    """Counts for a reliability diagram; every photo counts as one.

    `counts` is (3, BINS): in each of BINS steps of probability the number of pixels, the sum of their probabilities,
    and the number of those that are object.
    """

    def __init__(self):
        self.counts = np.zeros((3, BINS))

    def add(self, probability: np.ndarray, truth: np.ndarray) -> None:
        """Count the pixels of one photo: (H, W) float in 0..1 and (H, W) bool."""
        steps = np.minimum((probability.ravel() * BINS).astype(int), BINS - 1)
        added = [np.bincount(steps, each, BINS) for each in (None, probability.ravel(), truth.ravel())]
        self.counts += np.stack(added) / truth.size

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance of probability and share of object, weighted by pixels: 0 is perfect (Naeini et al., 2015)."""
        pixels, predicted, positive = self.counts
        return float(np.abs(predicted - positive).sum() / max(pixels.sum(), 1e-12))

    @property
    def diagram(self) -> np.ndarray:
        """For each step the share of the pixels, their mean probability and the share that is object, (BINS, 3)."""
        pixels, *sums = self.counts
        return np.stack([pixels / pixels.sum(), *(each / np.maximum(pixels, 1e-12) for each in sums)], axis=1)


def evaluate(segmenter: Segmenter, pairs: Iterable[Pair]) -> Figures:
    """Means over photos, each at its own size, and the reliability diagram's shares.

    "iou", "f_measure", "boundary_f" and "wrong_pixels" are of the mask at 0.5, "mean_absolute_error" of the probability
    map, "iou_stride_S" of each level's mask. "expected_calibration_error" and "reliability", a list of [share of the
    pixels, mean probability, share that is object] for each step of probability, weigh every photo alike.
    """
    rows, reliability = [], Reliability()
    for pair in pairs:
        truth = pair.mask
        levels = segmenter.levels(pair.photo)
        probability = np.clip(levels[-1].at(truth.shape), 0.0, 1.0)
        mask = probability > 0.5
        reliability.add(probability, truth)
        figures = {
            "iou": masks.iou(mask, truth),
            "f_measure": masks.f_measure(mask, truth),
            "boundary_f": masks.boundary_f(mask, truth),
            "wrong_pixels": 1 - masks.pixel_accuracy(mask, truth),
            "mean_absolute_error": masks.mean_absolute_error(probability, truth),
        }
        for level in levels:
            figures[f"iou_stride_{level.stride}"] = masks.iou(level.at(truth.shape) > 0.5, truth)
        rows.append(figures)
    means: Figures = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    return means | {
        "expected_calibration_error": reliability.expected_calibration_error,
        "reliability": reliability.diagram.round(5).tolist(),
    }


def mean_iou(segmenter: Segmenter, pairs: Sequence[Pair]) -> float:
    """Mean IoU of the masks at 0.5, each photo at its own size."""
    return float(np.mean([masks.iou(segmenter.probability(p.photo) > 0.5, p.mask) for p in pairs]))


def calibrated(segmenter: Segmenter, pairs: Sequence[Pair]) -> Inference:
    """The segmenter's inference with the shift and temperature of the least cross-entropy over `pairs`.

    Every photo weighs the same: PIXELS_PER_PHOTO of its pixels, at its own size, count.
    """
    logits, truths = [], []
    plain = replace(segmenter.inference, shift=0.0, temperature=1.0)
    for pair in pairs:
        score = segmenter.network.scores(segmenter.prepared(pair.photo)[None])[-1][0, ..., 0]
        rows = np.linspace(0, pair.mask.size - 1, PIXELS_PER_PHOTO).astype(int)
        logits.append(masks.resized(score, pair.mask.shape).ravel()[rows])
        truths.append(pair.mask.ravel()[rows])
    z, y = np.concatenate(logits).astype(np.float64), np.concatenate(truths).astype(np.float64)

    def cross_entropy(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scale, offset = parameters
        a = scale * z + offset
        error = expit(a) - y
        return float(np.mean(np.logaddexp(0, a) - y * a)), np.array([np.mean(error * z), np.mean(error)])

    scale, offset = minimize(cross_entropy, [1.0, 0.0], jac=True, method="BFGS").x
    return replace(plain, shift=float(-offset / scale), temperature=float(1 / scale))
