"""What a mask is worth: agreement with the true one, share of the picture, and how it is laid over a photo."""

import numpy as np
from PIL import Image


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two boolean (H, W) arrays, 0..1; 1 where both are empty.

    Raises:
        ValueError: the shapes differ.
    """
    if mask.shape != truth.shape:
        raise ValueError(f"Two masks of one photo have one shape. Received: {mask.shape} and {truth.shape}.")
    union = np.count_nonzero(mask | truth)
    return float(np.count_nonzero(mask & truth) / union) if union else 1.0


def mean_absolute_error(probability: np.ndarray, truth: np.ndarray) -> float:
    """Mean of |probability - truth| over the pixels, 0..1, for (H, W) float in 0..1 and (H, W) bool."""
    return float(np.abs(probability - truth).mean())


def f_measure(mask: np.ndarray, truth: np.ndarray, beta_squared: float = 0.3) -> float:
    """Weighted harmonic mean of precision and recall of two boolean (H, W) arrays, 0..1; 1 where both are empty.

    beta^2 = 0.3 favours precision: Achanta et al., "Frequency-tuned salient region detection", 2009.
    """
    hits, found, wanted = (np.count_nonzero(m) for m in (mask & truth, mask, truth))
    if not found + wanted:
        return 1.0
    return float((1 + beta_squared) * hits / (beta_squared * wanted + found))


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
    tinted = (1 - opacity) * photo[mask] + opacity * np.asarray(colour, np.float32)
    covered[mask] = tinted.round().astype(np.uint8)
    return covered


def share(mask: np.ndarray) -> float:
    """Part of the picture that a (H, W) bool mask covers, 0..1."""
    return float(mask.mean())


def enlarged(coarse: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A (h, w) float32 map in 0..1, interpolated bilinearly to `size` (H, W)."""
    full = Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BILINEAR)
    return np.clip(np.asarray(full), 0.0, 1.0)
