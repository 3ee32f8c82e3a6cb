"""A fully convolutional network that answers, for every pixel of a photo, "does the object cover it?".

The plan, after Long, Shelhamer & Darrell, "Fully convolutional networks for semantic segmentation"
(2015) and Ronneberger et al., "U-Net" (2015):

    photo -> encoder: five stages of 3x3 convolutions, each ending in a 2x2 max pooling  ("what")
          -> context: two more convolutions at stride 32
          -> decoder: five transposed convolutions, each doubling height and width; the features
             of the encoder's stage of that size, the skip connection, are added          ("where")

At each of the six strides 32, 16, 8, 4, 2, 1 stands a score map: the one below it enlarged, plus a
correction read off that level's features. All six are trained, so each can be looked at. There is
no dense layer, so a photo may have any size.
"""

import threading

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from core import weights

STRIDES = (32, 16, 8, 4, 2, 1)
"""Of the six score maps, in the order in which the network returns them."""

STAGES = ((16, 2), (32, 2), (96, 2), (192, 3), (256, 3))
"""(channels, convolutions) of the encoder's stages, at strides 1, 2, 4, 8, 16."""
CONTEXT = (256, 2)
"""(channels, convolutions) at stride 32."""
DECODER = (128, 96, 64, 32, 8)
"""Channels of the decoder at strides 16, 8, 4, 2, 1."""

WORKING_SIZE = 192
"""Longest side in pixels at which the shipped network looks at a photo: near the scale that it was trained at."""

WEIGHTS = "fcn.weights.h5"


def build() -> keras.Model:
    """The shipped network, with random weights.

    Input: (N, H, W, 3), RGB, 0..255, H and W multiples of 32. Outputs: six score maps, the logits of
    "object", (N, H/s, W/s, 1) for s in `STRIDES`.
    """
    photo = keras.Input((None, None, 3), name="photo")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(photo)
    skips = []
    for stage, (channels, convolutions) in enumerate(STAGES, start=1):
        for i in range(1, convolutions + 1):
            x = _convolution(x, channels, f"stage{stage}_conv{i}")
        skips.append(x)
        x = layers.MaxPooling2D(2, name=f"stage{stage}_pool")(x)
    channels, convolutions = CONTEXT
    for i in range(1, convolutions + 1):
        x = _convolution(x, channels, f"context_conv{i}")

    score = layers.Conv2D(1, 1, name="score32")(x)
    scores = [score]
    for stride, channels, features in zip(STRIDES[1:], DECODER, reversed(skips), strict=True):
        up = layers.Conv2DTranspose(channels, 4, strides=2, padding="same", use_bias=False, name=f"up{stride}")(x)
        skip = layers.Conv2D(channels, 1, use_bias=False, name=f"skip{stride}")(features)
        x = _normalised(layers.Add(name=f"join{stride}")([up, skip]), f"join{stride}")
        x = _convolution(x, channels, f"merge{stride}")
        enlarged = layers.Conv2DTranspose(
            1, 4, strides=2, padding="same", use_bias=False, kernel_initializer=bilinear, name=f"enlarged{stride}"
        )(score)
        correction = layers.Conv2D(1, 1, name=f"correction{stride}")(x)
        score = layers.Add(name=f"score{stride}")([enlarged, correction])
        scores.append(score)
    return keras.Model(photo, scores, name="fcn")


def bilinear(shape: tuple[int, int, int, int], dtype=None) -> np.ndarray:
    """Kernel of a transposed convolution that doubles height and width by bilinear interpolation.

    (4, 4, out, in), the same for every pair of channels. Source: Long, Shelhamer & Darrell, section 3.3.
    """
    ramp = np.array([0.25, 0.75, 0.75, 0.25])
    return np.broadcast_to(np.outer(ramp, ramp)[:, :, None, None], shape).astype(dtype or "float32")


def _convolution(x, channels: int, name: str):
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=name)(x)
    return _normalised(x, name)


def _normalised(x, name: str):
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


class Segmenter:
    """One network, shared by every visitor: photo in, probability map out. Safe to call from many threads."""

    def __init__(self, model: keras.Model, working_size: int = WORKING_SIZE):
        self.model = model
        self.working_size = working_size
        self.calls = 0
        """How often the network ran: what only redraws must not raise it."""
        self._lock = threading.Lock()
        signature = [tf.TensorSpec((None, None, None, 3), tf.float32)]
        self._forward = tf.function(lambda x: tf.sigmoid(model(x, training=False)[-1]), input_signature=signature)

    def probability(self, photo: np.ndarray) -> np.ndarray:
        """Probability that the object covers a pixel.

        The photo is scaled, aspect kept, to the working size, padded at the right and the bottom to
        multiples of 32, and the map is cropped and scaled back.

        Args:
            photo: (H, W, 3) uint8, RGB, 0..255.

        Returns:
            (H, W) float32, 0..1.

        Raises:
            ValueError: another shape or type.
        """
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or 0 in photo.shape:
            raise ValueError(f"A photo is an (H, W, 3) uint8 array. Received: {photo.shape} {photo.dtype}.")
        height, width = photo.shape[:2]
        scale = self.working_size / max(height, width)
        small = (max(1, round(width * scale)), max(1, round(height * scale)))
        x = np.asarray(Image.fromarray(photo).resize(small, Image.Resampling.BILINEAR), np.float32)
        padding = [(0, -x.shape[0] % STRIDES[0]), (0, -x.shape[1] % STRIDES[0]), (0, 0)]
        x = np.pad(x, padding, mode="edge")[None]
        with self._lock:
            self.calls += 1
        # (1, h, w, 1) -> (h, w) without the padding -> (H, W)
        small_map = self._forward(tf.constant(x)).numpy()[0, : small[1], : small[0], 0]
        full = Image.fromarray(small_map, mode="F").resize((width, height), Image.Resampling.BILINEAR)
        return np.clip(np.asarray(full, np.float32), 0.0, 1.0)


def load() -> Segmenter:
    """The shipped network with its trained weights.

    Raises:
        weights.WeightsError: the weights are missing, cut or altered.
    """
    model = build()
    weights.load(model, WEIGHTS)
    return Segmenter(model)
