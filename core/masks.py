"""What a mask is worth: agreement with the true one, share of the picture, and how it is laid over a photo."""

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.spatial import KDTree

TOLERANCE = 0.02
"""How far a boundary may lie off the true one to count as found: a share of the picture's diagonal."""


def _refuse_two_shapes(mask: np.ndarray, truth: np.ndarray) -> None:
    if mask.shape != truth.shape:
        raise ValueError(f"Two masks of one photo have one shape. Received: {mask.shape} and {truth.shape}.")


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two boolean (H, W) arrays, 0..1; 1 where both are empty.

    Raises:
        ValueError: the shapes differ.
    """
    _refuse_two_shapes(mask, truth)
    union = np.count_nonzero(mask | truth)
    return float(np.count_nonzero(mask & truth) / union) if union else 1.0


def mean_absolute_error(probability: np.ndarray, truth: np.ndarray) -> float:
    """Mean of |probability - truth| over the pixels, 0..1, for (H, W) float in 0..1 and (H, W) bool.

    Raises:
        ValueError: the shapes differ.
    """
    _refuse_two_shapes(probability, truth)
    return float(np.abs(probability - truth).mean())


def f_measure(mask: np.ndarray, truth: np.ndarray, beta_squared: float = 0.3) -> float:
    """Weighted harmonic mean of precision and recall of two boolean (H, W) arrays, 0..1; 1 where both are empty.

    beta^2 = 0.3 favours precision: Achanta et al., "Frequency-tuned salient region detection", 2009.

    Raises:
        ValueError: the shapes differ.
    """
    _refuse_two_shapes(mask, truth)
    hits, found, wanted = (np.count_nonzero(m) for m in (mask & truth, mask, truth))
    if not found + wanted:
        return 1.0
    return float((1 + beta_squared) * hits / (beta_squared * wanted + found))


def dice(mask: np.ndarray, truth: np.ndarray) -> float:
    """Dice's coefficient 2 |A and B| / (|A| + |B|) of two boolean (H, W) arrays, 0..1; 1 where both are empty.

    It is the F-measure that weighs precision and recall alike. ValueError where the shapes differ.
    """
    return f_measure(mask, truth, beta_squared=1.0)


def pixel_accuracy(mask: np.ndarray, truth: np.ndarray) -> float:
    """Share of the pixels on which two boolean (H, W) arrays agree, 0..1; ValueError where the shapes differ."""
    _refuse_two_shapes(mask, truth)
    return float(np.mean(mask == truth))


def boundary_f(mask: np.ndarray, truth: np.ndarray, tolerance: float = TOLERANCE) -> float:
    """How well the boundary of one boolean (H, W) array follows that of another, 0..1.

    The harmonic mean of precision, the share of found boundary pixels no further than the tolerance from a true one,
    and recall, the reverse. 1 where neither has a boundary, 0 where one has none. The picture's own edge is none.
    Source: Martin, Fowlkes & Malik, "Learning to detect natural image boundaries" (2004), with the nearest pixel in
    place of a matching, as Perazzi et al., "A benchmark dataset for video object segmentation" (2016), do.

    Args:
        tolerance: a share of the picture's diagonal.

    Raises:
        ValueError: the shapes differ.
    """
    _refuse_two_shapes(mask, truth)
    found, wanted = (np.argwhere(outline(m)) for m in (mask, truth))
    if not len(found) or not len(wanted):
        return float(len(found) == len(wanted))
    reach = tolerance * np.hypot(*mask.shape)
    precision, recall = (
        np.mean(KDTree(goal).query(points)[0] <= reach) for points, goal in ((found, wanted), (wanted, found))
    )
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def outline(mask: np.ndarray, width: int = 1) -> np.ndarray:
    """The object's inner rim: its pixels with background no further than `width` pixels away, diagonals counted as one.

    (H, W) bool -> (H, W) bool. Where the object leaves the picture there is no rim.
    """
    inner = ndimage.minimum_filter(mask.view(np.uint8), 2 * width + 1, mode="nearest").view(bool)
    return mask & ~inner


def regions(mask: np.ndarray, smallest: float = 0.0) -> tuple[np.ndarray, int]:
    """The object's connected regions, those too small dropped.

    Args:
        mask: (H, W) bool; pixels touch at sides and corners.
        smallest: a region is dropped when it covers less than this share of the picture, 0..1.

    Returns:
        The regions kept, (H, W) bool, and how many they are.
    """
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    keep = np.bincount(labels.ravel(), minlength=count + 1) >= max(1, smallest * mask.size)
    keep[0] = False  # the background
    return keep[labels], int(keep.sum())


def overlay(photo: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int], opacity: float) -> np.ndarray:
    """The photo with `colour` laid over the object.

    Args:
        photo: (H, W, 3) uint8.
        mask: (H, W) bool.
        colour: red, green, blue, 0..255.
        opacity: 0 leaves the photo, 1 hides the object.

    Returns:
        (H, W, 3) uint8. Off the object the photo's own bytes.
    """
    covered = photo.copy()
    for channel, value in enumerate(colour):
        tinted = ((1 - opacity) * np.arange(256) + opacity * value).round().astype(np.uint8)  # of every byte there is
        np.copyto(covered[..., channel], tinted[photo[..., channel]], where=mask)
    return covered


def cut_out(photo: np.ndarray, probability: np.ndarray, mask: np.ndarray, threshold: float) -> np.ndarray:
    """The object alone, its edges as soft as the network is unsure.

    Alpha is 0 up to half the threshold, 1/2 at the threshold, 1 from halfway between it and certainty, straight in
    between; off the mask at most 1/2. What is transparent is black underneath: no trace of the background is handed on.

    Args:
        photo: (H, W, 3) uint8.
        probability: (H, W) float, 0..1.
        mask: (H, W) bool, the part of `probability > threshold` to keep with the soft fringe around it.
        threshold: between 0 and 1.

    Returns:
        (H, W, 4) uint8, red, green, blue, alpha.
    """
    ramp = np.interp(probability, [threshold / 2, threshold, (1 + threshold) / 2], [0, 127.5, 255])
    alpha = np.where(mask, ramp, np.minimum(ramp, 127.5)).round().astype(np.uint8)
    labels, count = ndimage.label(alpha, np.ones((3, 3)))
    kept = np.zeros(count + 1, bool)
    kept[labels[mask]] = True
    kept[0] = False
    alpha *= kept[labels]
    return np.dstack([photo * (alpha > 0)[..., None], alpha])


def share(mask: np.ndarray) -> float:
    """Part of the picture that a (H, W) bool mask covers, 0..1."""
    return float(mask.mean())


def enlarged(coarse: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A (h, w) float32 map in 0..1, interpolated bilinearly to `size` (H, W)."""
    return np.clip(resized(coarse, size), 0.0, 1.0)


def resized(
    values: np.ndarray, size: tuple[int, int], extent: tuple[float, float] | None = None, *, smooth: bool = True
) -> np.ndarray:
    """A (h, w) float32 map brought to `size` (H, W): interpolated bilinearly, or each cell as a rectangle.

    Args:
        extent: the upper left part of the map to bring there, (rows, columns) with fractions; all of it where None.
    """
    rows, columns = extent or values.shape
    kernel = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(values).resize(size[::-1], kernel, box=(0, 0, columns, rows)))
