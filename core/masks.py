"""Masks: agreement with the true mask, connected regions, and the pictures that are made from a mask.

All measures of agreement raise ValueError if the two arrays have different shapes.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.sparse import coo_array, csgraph
from scipy.spatial import KDTree

from core import full_size

TOLERANCE = 0.02
"""Largest distance at which a boundary pixel still counts as correct: a fraction of the picture's diagonal."""


LABELLED = 2**22
"""Pixels of a strip in which regions are labelled."""


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
    return _regions_with(mask, mask, max(1, smallest * mask.size))


def _regions_with(area: np.ndarray, inside: np.ndarray, least: float) -> tuple[np.ndarray, int]:
    """The connected regions of `area` with at least `least` pixels of `inside`, and their number.

    Both are (H, W) bool. Regions are labelled in strips, and those that touch across a border are joined: the labels of
    a large picture would need as much memory as its photo.
    """
    rows = list(full_size.strips(area.shape, LABELLED))
    whole_picture = _labels(area) if len(rows) == 1 else None  # labelled once
    counts: list[np.ndarray] = []
    joined: list[np.ndarray] = []
    above = None
    for strip in rows:
        labels, count = whole_picture or _labels(area[strip])
        first = sum(map(len, counts))
        counts.append(np.bincount(labels[inside[strip]], minlength=count + 1))
        if above is not None:
            joined += _touching(above, np.where(labels[0], labels[0] + first, 0))
        above = np.where(labels[-1], labels[-1] + first, 0)
    total = np.concatenate(counts)
    ends = np.concatenate([np.empty((2, 0), int), *joined], axis=1)
    graph = coo_array((np.ones(ends.shape[1], bool), ends), shape=(total.size,) * 2)
    _, whole = csgraph.connected_components(graph, directed=False)
    total = np.bincount(whole, total)
    keep = total >= least
    starts = np.cumsum([0, *(len(each) for each in counts)])
    keep[whole[starts[:-1]]] = False  # in each strip, the label of what is not in `area`
    large = np.empty(area.shape, bool)
    for strip, (start, end) in zip(rows, pairwise(starts), strict=True):
        labels, _ = whole_picture or _labels(area[strip])
        large[strip] = keep[whole[start:end]][labels]
    return large, int(keep.sum())


def _labels(area: np.ndarray) -> tuple[np.ndarray, int]:
    return ndimage.label(area, np.ones((3, 3)))


def _touching(above: np.ndarray, below: np.ndarray) -> list[np.ndarray]:
    """The pairs of labels, (2, n) each, that touch by a side or a corner in two neighbouring rows; 0 is no label."""
    width = len(above)
    pairs = (np.stack([above[max(0, -i) : width - i], below[max(0, i) : width + i]]) for i in (-1, 0, 1))
    return [np.unique(pair[:, pair.all(axis=0)], axis=1) for pair in pairs]


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


def soft_edge(probability: Callable[[slice], np.ndarray], mask: np.ndarray, threshold: float) -> np.ndarray:
    """How opaque the object is on a transparent background, (H, W) uint8.

    The edge is softer where the network is less certain: 0 up to half the threshold, 1/2 of 255 at the threshold and
    255 from halfway between the threshold and 1, linear in between, and at most 1/2 outside the mask.

    Args:
        probability: rows -> their probabilities, (rows, W) float, 0..1.
        mask: (H, W) bool, the regions of `probability > threshold` to keep, each with its soft edge.
        threshold: between 0 and 1.
    """
    alpha = np.empty(mask.shape, np.uint8)
    for rows in full_size.strips(mask.shape):
        ramp = np.interp(probability(rows), [threshold / 2, threshold, (1 + threshold) / 2], [0, 127.5, 255])
        alpha[rows] = np.where(mask[rows], ramp, np.minimum(ramp, 127.5)).round()
    alpha *= _regions_with(alpha > 0, mask, 1)[0]
    return alpha


def cut_out(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The object of a photo (H, W, 3) uint8 with the opacity (H, W) uint8, (H, W, 4) uint8: red, green, blue, alpha.

    Transparent pixels are black, so that nothing of the background remains.
    """
    return np.dstack([photo * (alpha > 0)[..., None], alpha])


def share(mask: np.ndarray) -> float:
    """Fraction of the picture that a (H, W) bool mask covers, 0..1."""
    return float(mask.mean())


def enlarged(coarse: np.ndarray, size: tuple[int, int], rows: slice = slice(None)) -> np.ndarray:
    """A (h, w) float32 map in 0..1, resized bilinearly to `size` (H, W); of that only some rows."""
    return np.clip(resized(coarse, size, rows), 0.0, 1.0)


def resized(values: np.ndarray, size: tuple[int, int], rows: slice = slice(None), *, smooth: bool = True) -> np.ndarray:
    """A (h, w) float32 map resized to `size` (H, W), bilinearly or, if not `smooth`, with each cell as a rectangle.

    Args:
        rows: of the result, which alone are computed; they equal those of the whole.
    """
    (height, width), (top, bottom, _) = values.shape, rows.indices(size[0])
    box = (0, top * height / size[0], width, bottom * height / size[0])  # the filter reaches beyond it
    kernel = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(values).resize((size[1], bottom - top), kernel, box))


def shrunk(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A mask (H, W) bool reduced to `size` (h, w), bool: the object where it covers at least half of a pixel."""
    if mask.shape == size:
        return mask
    image = Image.fromarray(np.uint8(255) * mask)
    return np.asarray(image.resize(size[::-1], Image.Resampling.BOX)) > 127
