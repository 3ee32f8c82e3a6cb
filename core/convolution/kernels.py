"""Well-known kernels, and the feature map that a layer with one of them computes from a picture."""

import numpy as np

from core.convolution.layer import Layer

SIZES = (3, 5, 7)

_CLASSICS = {
    "Identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "Sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "Sobel, vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "Sobel, horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "Emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}
NAMES = (*_CLASSICS, "Blur", "Random")


def named(name: str, size: int = 3, seed: int = 1) -> np.ndarray:
    """A kernel of `NAMES`, (size, size) float64; `size` is odd and at least 3.

    "Blur" is the binomial filter. "Random" is normal noise of length 1 from `seed`. The others are 3 × 3, padded with
    zeros. KeyError for an unknown name, ValueError for a size that is even or below 3.
    """
    if size < 3 or size % 2 == 0:
        raise ValueError(f"The kernel size must be odd and at least 3, not {size}.")
    if name == "Blur":
        row = np.ones(1)
        for _ in range(size - 1):
            row = np.convolve(row, [0.5, 0.5])
        return np.outer(row, row)
    if name == "Random":
        noise = np.random.default_rng(seed).normal(size=(size, size))
        return np.round(noise / np.linalg.norm(noise), 2)
    return np.pad(np.array(_CLASSICS[name], float), (size - 3) // 2)


def feature_map(picture: np.ndarray, kernel: np.ndarray, layer: Layer) -> np.ndarray:
    """The output of `layer` with one channel and this kernel for a picture.

    Args:
        picture: (H, W) in 0 .. 1.
        kernel: (kh, kw); it replaces the layer's own kernel size and filters.

    Returns:
        (H', W') float32, any range. ValueError with the numbers if Keras refuses the layer.
    """
    x, k = picture[..., None].astype(np.float32), kernel[..., None, None].astype(np.float32)
    return layer.sums(x, k)[..., 0]


def visible(feature: np.ndarray) -> np.ndarray:
    """A feature map as grey levels, (H', W') uint8. Zero is black, or mid-grey if there are negative values.

    The largest hundredth of the values is clipped to white or black. Otherwise a padded edge would take all contrast.
    """
    peak = float(np.quantile(np.abs(feature), 0.99)) or float(np.abs(feature).max()) or 1.0
    level = feature / peak if feature.min() >= 0 else (feature / peak + 1) / 2
    return np.round(255 * np.clip(level, 0, 1)).astype(np.uint8)
