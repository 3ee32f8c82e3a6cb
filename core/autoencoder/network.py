"""The lesson's convolutional autoencoder: it encodes a digit of 28x28 pixels as two numbers and decodes them.

    encoder, 25,090 parameters                decoder, 26,369 parameters
    (28, 28, 1)                               (1, 1, 2)
    Conv2D 32, 3x3 /2 SAME, relu  (14, 14)    Conv2DTranspose 64, 7x7 VALID, relu    (7, 7)
    Conv2D 64, 3x3 /2 SAME, relu  (7, 7)      Conv2DTranspose 32, 3x3 /2 SAME, relu  (14, 14)
    Conv2D 2, 7x7 VALID           (1, 1)      Conv2DTranspose 1, 7x7 /2 SAME         (28, 28)

The two numbers are the digit's code, a point (z1, z2) of the latent plane. The decoder's last layer is linear, so a
decoded pixel can be slightly outside 0..1; clip it before drawing.

The layers come from `core.convolution.stack.PRESETS` and are computed by `core.convolution`.
`core.autoencoder.keras_model` builds the same network in Keras, for training and as the reference of the tests.
"""

from collections.abc import Iterator

import numpy as np

from core import weights
from core.autoencoder import digits
from core.convolution.layer import Layer, activate
from core.convolution.stack import PRESETS

WEIGHTS = "cae.npz"
LATENT = 2  # numbers in a code
CHUNK = 64  # rows computed together: with more, the values between two layers do not fit into the processor's cache

ENCODER, DECODER = (PRESETS[f"Autoencoder: {half}"] for half in ("encoder", "decoder"))
"""(layers, input shape) of each half."""


def _shapes(half: str, layers: list[Layer], shape: tuple[int, int, int]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for number, layer in enumerate(layers, start=1):
        yield f"{half}_conv{number}/kernel", layer.kernel_shape(shape[2])
        yield f"{half}_conv{number}/bias", (layer.filters,)
        shape = layer.output_shape(shape)


SHAPES = dict([*_shapes("encoder", *ENCODER), *_shapes("decoder", *DECODER)])
"""Name in the weights file -> shape of each array, in Keras' order: the encoder first."""


class Autoencoder:
    """Encode and decode with fixed weights. Nothing in it changes, so threads can share it.

    Images are (n, 28, 28) float32 in 0..1, codes (n, 2) float32; n may be 0.
    """

    def __init__(self, numbers: list[np.ndarray]):
        """`numbers` are float32 arrays of `SHAPES`, as `keras.Model.get_weights` returns them; else ValueError."""
        if [array.shape for array in numbers] != list(SHAPES.values()):
            raise ValueError(f"Expected arrays of {SHAPES}. Received: {[array.shape for array in numbers]}")
        half = 2 * len(ENCODER[0])
        self.numbers, self.encoder, self.decoder = numbers, numbers[:half], numbers[half:]

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Images (n, 28, 28) in 0..1 -> their codes (n, 2). ValueError for another shape."""
        return _computed(ENCODER, self.encoder, images, (digits.SIDE, digits.SIDE), (LATENT,))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Codes (n, 2) -> images (n, 28, 28), about 0..1, not clipped. ValueError for a wrong shape or NaN."""
        if not np.isfinite(codes).all():
            raise ValueError("A code must be two finite numbers.")
        return _computed(DECODER, self.decoder, codes, (LATENT,), (digits.SIDE, digits.SIDE))

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Images (n, 28, 28) in 0..1 -> the images (n, 28, 28) decoded from their codes."""
        return self.decode(self.encode(images))


def _computed(half: tuple, numbers: list[np.ndarray], rows: np.ndarray, row_in: tuple, row_out: tuple) -> np.ndarray:
    """Compute the layers of one half: (n, *row_in) -> (n, *row_out)."""
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
    """The pre-trained autoencoder. core.weights.WeightsError if its file is missing, damaged or of another network."""
    arrays = weights.arrays(WEIGHTS, SHAPES)
    return Autoencoder([arrays[name] for name in SHAPES])
