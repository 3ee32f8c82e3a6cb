"""The lesson's convolutional autoencoder: a digit of 28x28 pixels squeezed into two numbers and drawn again from them.

    encoder, 25,090 parameters                decoder, 26,369 parameters
    (28, 28, 1)                               (1, 1, 2)
    Conv2D 32, 3x3 /2 SAME, relu  (14, 14)    Conv2DTranspose 64, 7x7 VALID, relu    (7, 7)
    Conv2D 64, 3x3 /2 SAME, relu  (7, 7)      Conv2DTranspose 32, 3x3 /2 SAME, relu  (14, 14)
    Conv2D 2, 7x7 VALID           (1, 1)      Conv2DTranspose 1, 7x7 /2 SAME         (28, 28)

The two numbers are the digit's code, a point (z1, z2) of the latent plane. The decoder's last layer is linear, so a
decoded pixel may lie a little outside 0..1; who draws it clips it.

The layers are those that the convolution page's tab "A stack" lists, and what computes them here is what that page
draws: `core.convolution`. `core.autoencoder.keras_model` has the same network in Keras, the reference, which also
trains.
"""

from collections.abc import Iterator

import numpy as np

from core import weights
from core.autoencoder import digits
from core.convolution.layer import Layer, activate
from core.convolution.stack import PRESETS

WEIGHTS = "cae.npz"
LATENT = 2  # numbers in a code
CHUNK = 64  # rows that are computed together: of more, what stands between two layers outgrows the processor's cache

ENCODER, DECODER = (PRESETS[f"Autoencoder: {half}"] for half in ("encoder", "decoder"))
"""(layers, input shape) of each half."""


def _shapes(layers: list[Layer], shape: tuple[int, int, int]) -> Iterator[tuple[int, ...]]:
    for layer in layers:
        yield layer.kernel_shape(shape[2])
        yield (layer.filters,)
        shape = layer.output_shape(shape)


SHAPES = [*_shapes(*ENCODER), *_shapes(*DECODER)]
"""Of the network's weights, in Keras' order: kernel and bias of each layer, the encoder's first."""


NAMES = [
    f"{half}_conv{number}/{part}"
    for half, (layers, _) in (("encoder", ENCODER), ("decoder", DECODER))
    for number in range(1, len(layers) + 1)
    for part in ("kernel", "bias")
]
"""Of the arrays in the weights file, in the same order."""


class Autoencoder:
    """Encode and decode with given weights; safe to share between threads, for nothing in it changes.

    Images are (n, 28, 28) float32 in 0..1, codes (n, 2) float32; n may be 0.
    """

    def __init__(self, numbers: list[np.ndarray]):
        """`numbers` are float32 arrays of `SHAPES`, as `get_weights` of a Keras model gives them; else ValueError."""
        if [array.shape for array in numbers] != SHAPES:
            raise ValueError(f"Expected arrays of {SHAPES}. Received: {[array.shape for array in numbers]}")
        half = 2 * len(ENCODER[0])
        self.numbers, self.encoder, self.decoder = numbers, numbers[:half], numbers[half:]

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Images (n, 28, 28) in 0..1 -> their codes (n, 2). ValueError for another shape."""
        return _computed(ENCODER, self.encoder, images, (digits.SIDE, digits.SIDE), (LATENT,))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Codes (n, 2) -> images (n, 28, 28), about 0..1, not clipped. ValueError for another shape or not finite."""
        if not np.isfinite(codes).all():
            raise ValueError("A code must be two finite numbers.")
        return _computed(DECODER, self.decoder, codes, (LATENT,), (digits.SIDE, digits.SIDE))

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Images (n, 28, 28) in 0..1 -> what the decoder makes of their codes, likewise."""
        return self.decode(self.encode(images))


def _computed(half: tuple, numbers: list[np.ndarray], rows: np.ndarray, row_in: tuple, row_out: tuple) -> np.ndarray:
    """Rows (n, *row_in) through the layers of one half: (n, *row_out)."""
    rows = np.asarray(rows, np.float32)
    if rows.shape[1:] != row_in:
        raise ValueError(f"Expected shape (n, {', '.join(map(str, row_in))}). Received: shape={rows.shape}")
    layers, shape = half
    out = np.empty((len(rows), *row_out), np.float32)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        x = rows[part].reshape(-1, *shape)
        for layer, kernel, bias in zip(layers, numbers[::2], numbers[1::2], strict=True):
            x = activate(layer.sums(x, kernel) + bias, layer.activation)
        out[part] = x.reshape(-1, *row_out)
    return out


def squared_error(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Mean squared error of each image over its pixels: two (n, 28, 28) arrays -> (n,) float64."""
    return np.square(images.astype(np.float64) - reconstructions).mean(axis=(1, 2))


def load() -> Autoencoder:
    """The shipped autoencoder. core.weights.WeightsError where its file is missing, cut, altered or another's."""
    arrays = weights.arrays(WEIGHTS, dict(zip(NAMES, SHAPES, strict=True)))
    return Autoencoder([arrays[name] for name in NAMES])
