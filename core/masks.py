"""Masks: agreement with the true mask, connected regions, and the pictures that are made from a mask.

All measures of agreement raise ValueError if the two arrays have different shapes.
"""

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.spatial import KDTree

TOLERANCE = 0.02
"""Largest distance at which a boundary pixel still counts as correct: a fraction of the picture's diagonal."""


def _check_shapes(mask: np.ndarray, truth: np.ndarray) -> None:
    if mask.shape != truth.shape:
        raise ValueError(f"The masks must have the same shape. Received: {mask.shape} and {truth.shape}.")


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two boolean (H, W) arrays, 0..1; 1 where both are empty."""
    _check_shapes(mask, truth)
    union = np.count_nonzero(mask | truth)
    return float(np.count_nonzero(mask & truth) / union) if union else 1.0


def mean_absolute_error(probability: np.ndarray, truth: np.ndarray) -> float:
    """Mean of |probability - truth| over the pixels, 0..1, for (H, W) float in 0..1 and (H, W) bool."""
    _check_shapes(probability, truth)
    return float(np.abs(probability - truth).mean())


def f_measure(mask: np.ndarray, truth: np.ndarray, beta_squared: float = 0.3) -> float:
    """Weighted harmonic mean of precision and recall of two boolean (H, W) arrays, 0..1; 1 where both are empty.

    beta^2 = 0.3 favours precision: Achanta et al., "Frequency-tuned salient region detection" (2009).
    """
    _check_shapes(mask, truth)
    correct, predicted, actual = (np.count_nonzero(m) for m in (mask & truth, mask, truth))
    if not predicted + actual:
        return 1.0
    return float((1 + beta_squared) * correct / (beta_squared * actual + predicted))


def dice(mask: np.ndarray, truth: np.ndarray) -> float:
    """Dice coefficient 2 |A and B| / (|A| + |B|) of two boolean (H, W) arrays, 0..1; 1 where both are empty.

    It equals the F-measure with beta^2 = 1.
    """
    return f_measure(mask, truth, beta_squared=1.0)


def pixel_accuracy(mask: np.ndarray, truth: np.ndarray) -> float:
    """Fraction of the pixels on which two boolean (H, W) arrays agree, 0..1."""
    _check_shapes(mask, truth)
    return float(np.mean(mask == truth))


def boundary_f(mask: np.ndarray, truth: np.ndarray, tolerance: float = TOLERANCE) -> float:
    """Agreement of the boundaries of two boolean (H, W) arrays, 0..1.

    The harmonic mean of precision and recall. Precision is the fraction of the mask's boundary pixels within
    `tolerance`, a fraction of the picture's diagonal, of a true boundary pixel; recall swaps the two. 1 where neither
    mask has a boundary, 0 where only one has. The picture's own edge is not a boundary.
    Source: Martin, Fowlkes & Malik, "Learning to detect natural image boundaries" (2004), with the nearest pixel
    instead of a matching, as in Perazzi et al., "A benchmark dataset for video object segmentation" (2016).
    """
    _check_shapes(mask, truth)
    predicted, actual = (np.argwhere(outline(m)) for m in (mask, truth))
    if not len(predicted) or not len(actual):
        return float(len(predicted) == len(actual))
    radius = tolerance * np.hypot(*mask.shape)
    precision, recall = (
        np.mean(KDTree(target).query(points)[0] <= radius)
        for points, target in ((predicted, actual), (actual, predicted))
    )
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def outline(mask: np.ndarray, width: int = 1) -> np.ndarray:
    """The object's inner outline: its pixels within `width` pixels of the background, a diagonal step counted as one.

    (H, W) bool -> (H, W) bool. There is no outline where the object leaves the picture.
    """
    inner = ndimage.minimum_filter(mask.view(np.uint8), 2 * width + 1, mode="nearest").view(bool)
    return mask & ~inner


def regions(mask: np.ndarray, smallest: float = 0.0) -> tuple[np.ndarray, int]:
    """The connected regions of a mask (H, W) bool without the small ones, (H, W) bool, and their number.

    Pixels are connected by sides and corners. Regions that cover less than the fraction `smallest`, 0..1, of the
    picture are removed.
    """
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    keep = np.bincount(labels.ravel(), minlength=count + 1) >= max(1, smallest * mask.size)
    keep[0] = False  # the background
    return keep[labels], int(keep.sum())


def overlay(photo: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int], opacity: float) -> np.ndarray:
    """A photo (H, W, 3) uint8 with the object of a mask (H, W) bool tinted; background pixels are unchanged.

    Args:
        colour: red, green, blue, 0..255.
        opacity: 0 leaves the photo unchanged, 1 hides the object.
    """
    tinted = photo.copy()
    for channel, value in enumerate(colour):
        table = ((1 - opacity) * np.arange(256) + opacity * value).round().astype(np.uint8)  # one entry for each byte
        np.copyto(tinted[..., channel], table[photo[..., channel]], where=mask)
    return tinted


def cut_out(photo: np.ndarray, probability: np.ndarray, mask: np.ndarray, threshold: float) -> np.ndarray:
    """The object of a photo (H, W, 3) uint8 on a transparent background, (H, W, 4) uint8: red, green, blue, alpha.

    The edge is softer where the network is less certain: alpha is 0 up to half the threshold, 1/2 at the threshold and
    1 from halfway between the threshold and 1, linear in between, and at most 1/2 outside the mask. Transparent pixels
    are black, so that nothing of the background remains.

    Args:
        probability: (H, W) float, 0..1.
        mask: (H, W) bool, the regions of `probability > threshold` to keep, each with its soft edge.
        threshold: between 0 and 1.
    """
    ramp = np.interp(probability, [threshold / 2, threshold, (1 + threshold) / 2], [0, 127.5, 255])
    alpha = np.where(mask, ramp, np.minimum(ramp, 127.5)).round().astype(np.uint8)
    labels, count = ndimage.label(alpha, np.ones((3, 3)))
    keep = np.zeros(count + 1, bool)
    keep[labels[mask]] = True
    keep[0] = False  # the background
    alpha *= keep[labels]
    return np.dstack([photo * (alpha > 0)[..., None], alpha])


def share(mask: np.ndarray) -> float:
    """Fraction of the picture that a (H, W) bool mask covers, 0..1."""
    return float(mask.mean())


def enlarged(coarse: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A (h, w) float32 map in 0..1, resized bilinearly to `size` (H, W)."""
    return np.clip(resized(coarse, size), 0.0, 1.0)


def resized(values: np.ndarray, size: tuple[int, int], *, smooth: bool = True) -> np.ndarray:
    """A (h, w) float32 map resized to `size` (H, W), bilinearly or, if not `smooth`, with each cell as a rectangle."""
    kernel = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(values).resize(size[::-1], kernel))
