"""What a mask is worth: agreement with the true one, share of the picture, and how it is laid over a photo."""

import numpy as np


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
