"""The lesson's convolutional autoencoder: a digit of 28x28 pixels squeezed into two numbers and drawn again from them.

    encoder, 25,090 parameters                decoder, 26,369 parameters
    (28, 28, 1)                               (1, 1, 2)
    Conv2D 32, 3x3 /2 SAME, relu  (14, 14)    Conv2DTranspose 64, 7x7 VALID, relu    (7, 7)
    Conv2D 64, 3x3 /2 SAME, relu  (7, 7)      Conv2DTranspose 32, 3x3 /2 SAME, relu  (14, 14)
    Conv2D 2, 7x7 VALID           (1, 1)      Conv2DTranspose 1, 7x7 /2 SAME         (28, 28)

The two numbers are the digit's code, a point (z1, z2) of the latent plane. The decoder's last layer is linear, so a
decoded pixel may lie a little outside 0..1; who draws it clips it.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from core import digits, weights

WEIGHTS = "cae.weights.h5"
LATENT = 2  # numbers in a code
CHUNK = 1024  # images a call of the network, so that 18,081 of them do not need gigabytes


def build(seed: int = 0) -> keras.Sequential:
    """The untrained autoencoder, (n, 28, 28, 1) -> (n, 28, 28, 1); its two layers are the encoder and the decoder.

    The seed belongs to this model alone: Keras' global one stays as it is, so two visitors do not meet in it.
    """
    seeds = iter(range(seed * 6, seed * 6 + 6))

    def conv(layer, filters, kernel, **options):
        return layer(filters, kernel, kernel_initializer=keras.initializers.GlorotUniform(next(seeds)), **options)

    encoder = keras.Sequential(
        [
            layers.Input((digits.SIDE, digits.SIDE, 1)),
            conv(layers.Conv2D, 32, 3, strides=2, padding="same", activation="relu"),  # (n, 14, 14, 32)
            conv(layers.Conv2D, 64, 3, strides=2, padding="same", activation="relu"),  # (n, 7, 7, 64)
            conv(layers.Conv2D, LATENT, 7),  # (n, 1, 1, 2)
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            layers.Input((1, 1, LATENT)),
            conv(layers.Conv2DTranspose, 64, 7, activation="relu"),  # (n, 7, 7, 64)
            conv(layers.Conv2DTranspose, 32, 3, strides=2, padding="same", activation="relu"),  # (n, 14, 14, 32)
            conv(layers.Conv2DTranspose, 1, 7, strides=2, padding="same"),  # (n, 28, 28, 1)
        ],
        name="decoder",
    )
    return keras.Sequential([encoder, decoder], name="autoencoder")


class Autoencoder:
    """Encode and decode with a trained model; safe to share between threads, traced once.

    Images are (n, 28, 28) float32 in 0..1, codes (n, 2) float32; n may be 0.
    """

    def __init__(self, model: keras.Sequential):
        self.model = model
        encoder, decoder = model.layers
        # One signature for every n: no later call traces again, which is also what makes the calls thread-safe.
        self._encode = tf.function(
            lambda images: encoder(images[..., tf.newaxis], training=False)[:, 0, 0, :],
            input_signature=[tf.TensorSpec((None, digits.SIDE, digits.SIDE), tf.float32)],
        )
        self._decode = tf.function(
            lambda codes: decoder(codes[:, tf.newaxis, tf.newaxis, :], training=False)[..., 0],
            input_signature=[tf.TensorSpec((None, LATENT), tf.float32)],
        )
        self._encode.get_concrete_function()
        self._decode.get_concrete_function()

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Images (n, 28, 28) in 0..1 -> their codes (n, 2). ValueError for another shape."""
        return _in_chunks(self._encode, images, (digits.SIDE, digits.SIDE), (LATENT,))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Codes (n, 2) -> images (n, 28, 28), about 0..1, not clipped. ValueError for another shape or not finite."""
        if not np.isfinite(codes).all():
            raise ValueError("A code must be two finite numbers.")
        return _in_chunks(self._decode, codes, (LATENT,), (digits.SIDE, digits.SIDE))

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Images (n, 28, 28) in 0..1 -> what the decoder makes of their codes, likewise."""
        return self.decode(self.encode(images))


def _in_chunks(call, rows: np.ndarray, row_in: tuple, row_out: tuple) -> np.ndarray:
    rows = np.asarray(rows, np.float32)
    if rows.shape[1:] != row_in:
        raise ValueError(f"Expected shape (n, {', '.join(map(str, row_in))}). Received: shape={rows.shape}")
    out = np.empty((len(rows), *row_out), np.float32)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        out[part] = call(tf.constant(rows[part])).numpy()
    return out


def squared_error(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Mean squared error of each image over its pixels: two (n, 28, 28) arrays -> (n,) float64."""
    return np.square(images.astype(np.float64) - reconstructions).mean(axis=(1, 2))


def load() -> Autoencoder:
    """The shipped autoencoder. core.weights.WeightsError where its file is missing, cut or altered."""
    model = build()
    weights.load(model, WEIGHTS)
    return Autoencoder(model)
