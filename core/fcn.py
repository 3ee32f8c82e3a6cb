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
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from core import lesson_fcn, masks, weights

STRIDES = (32, 16, 8, 4, 2, 1)
"""Of the six score maps, in the order in which the network returns them."""

STAGES = ((16, 2), (32, 2), (96, 2), (192, 3), (256, 3))
"""(channels, convolutions) of the encoder's stages, at strides 1, 2, 4, 8, 16."""
CONTEXT = (256, 2)
"""(channels, convolutions) at stride 32."""
DECODER = (128, 96, 64, 32, 8)
"""Channels of the decoder at strides 16, 8, 4, 2, 1."""

ENCODER_STAGES = {f"stage{i}": (2 ** (i - 1), f"stage{i}_conv{n}_relu") for i, (_, n) in enumerate(STAGES, start=1)} | {
    "context": (STRIDES[0], f"context_conv{CONTEXT[1]}_relu")
}
"""Stage by stage down: name -> (stride, the layer whose features leave it)."""
DECODER_STAGES = {f"merge{s}": (s, f"merge{s}_relu") for s in STRIDES[1:]}
"""Likewise up."""
ALL_SKIPS = (True,) * len(DECODER)
"""Skips at strides 16, 8, 4, 2, 1, each on."""

WEIGHTS = "fcn.weights.h5"

build_lesson_fcn = lesson_fcn.build
"""The lesson's own network: see core.lesson_fcn."""


class BatchNormalization(layers.BatchNormalization):
    """Keras' own layer, a batch normalised by TensorFlow's one fused operation in place of a dozen small ones.

    A training step of the network takes a sixth less time, in bfloat16 a third. The class bears Keras' name because
    weights files find a layer by the name of its class.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """(N, H, W, C) -> the same shape, by the batch's mean and variance when `training`, else the running ones."""
        if not training or not self.trainable:
            return super().call(inputs, training=False)
        scale, offset = (tf.cast(v, tf.float32) for v in (self.gamma, self.beta))
        outputs, mean, variance, *_ = tf.compat.v1.nn.fused_batch_norm(inputs, scale, offset, epsilon=self.epsilon)
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * batch)
        return outputs


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
    x = BatchNormalization(name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def padded(size: tuple[int, int]) -> tuple[int, int]:
    """A working size (height, width) rounded up to what can be halved five times: multiples of 32."""
    height, width = (-(-side // STRIDES[0]) * STRIDES[0] for side in size)
    return height, width


@dataclass(frozen=True)
class Maps:
    """What the network holds of a photo at one stride.

    `values` is (rows, columns, channels) float32; the photo covers `extent` of them, (rows, columns) with fractions:
    the last cells look at its edge and at padding.
    """

    stride: int
    values: np.ndarray
    extent: tuple[float, float]

    def at(self, size: tuple[int, int], channel: int = 0, *, smooth: bool = True) -> np.ndarray:
        """One channel at `size` (H, W), float32: interpolated bilinearly, or its cells as they are."""
        return masks.resized(self.values[..., channel], size, self.extent, smooth=smooth)


@dataclass(frozen=True)
class Insight:
    """One pass over a photo, seen from inside.

    `levels` are the six score maps as probabilities, 0..1, in the order of `STRIDES`, one channel each; `features` what
    leaves each of `ENCODER_STAGES` and `DECODER_STAGES`, by name, at least 0.
    """

    levels: tuple[Maps, ...]
    features: dict[str, Maps]


@dataclass(frozen=True)
class Inference:
    """How a trained network is asked. The shipped one's is chosen on photos for validation, never on the held-out ones.

    A photo is scaled to `working_size` pixels, its longest side. `shift` is taken off the logits: a network
    trained on intersection over union covers too much. What is left is multiplied by `sharpness`, since mean absolute
    error counts every doubt; above 1 the probabilities are surer than they are often right.
    """

    working_size: int = 160
    shift: float = 0.0
    sharpness: float = 1.0


class Segmenter:
    """One network, shared by every visitor: photo in, probability map out. Safe to call from many threads.

    It sees each photo twice, as it is and mirrored, and its two answers are averaged.
    """

    def __init__(self, model: keras.Model, inference: Inference | None = None):
        self.model = model
        self.inference = inference or Inference()
        self.calls = 0
        """How often the network ran: what only redraws must not raise it."""
        self._lock = threading.Lock()
        self._halves = None
        signature = [tf.TensorSpec((None, None, None, 3), tf.float32)]
        self.forward = tf.function(
            lambda x: self._probability(model(_with_mirrored(x), training=False)[-1]), input_signature=signature
        )
        """The compiled pass: photos as `prepared` gives them (N, h+, w+, 3) -> probabilities (N, h+, w+, 1)."""

    def coarse_map(self, photo: np.ndarray) -> np.ndarray:
        """Probability of "object" at the working size.

        The photo is scaled, aspect kept, to the working size and padded at the right and the bottom
        to multiples of 32; the map is cropped again.

        Args:
            photo: (H, W, 3) uint8, RGB, 0..255.

        Returns:
            (h, w) float32, 0..1, with max(h, w) the working size.

        Raises:
            ValueError: another shape or type.
        """
        return self.coarse_maps([photo])[0]

    def coarse_maps(self, photos: list[np.ndarray]) -> list[np.ndarray]:
        """`coarse_map` of each photo; those that share a padded size share a run of the network."""
        prepared = [self.prepared(photo) for photo in photos]
        found = {}
        for shape in {x.shape for x, _ in prepared}:
            alike = [i for i, (x, _) in enumerate(prepared) if x.shape == shape]
            answers = self._run(self.forward, np.stack([prepared[i][0] for i in alike])).numpy()
            found |= zip(alike, answers, strict=True)  # each (h+, w+, 1)
        return [found[i][:h, :w, 0] for i, (_, (h, w)) in enumerate(prepared)]

    def probability(self, photo: np.ndarray) -> np.ndarray:
        """Probability that the object covers a pixel: (H, W, 3) uint8 RGB -> (H, W) float32, 0..1.

        Raises:
            ValueError: another shape or type.
        """
        return masks.enlarged(self.coarse_map(photo), photo.shape[:2])

    def insight(self, photo: np.ndarray, skips: tuple[bool, ...] = ALL_SKIPS) -> Insight:
        """All score maps and features from one run of the network, skips switched off where asked.

        Args:
            photo: (H, W, 3) uint8, RGB, 0..255.
            skips: whether the skip at stride 16, 8, 4, 2, 1 carries features across; off, it adds zeros.

        Raises:
            ValueError: another shape or type, or not five switches.
        """
        if len(skips) != len(DECODER):
            raise ValueError(f"There are {len(DECODER)} skips to switch. Received: {len(skips)} switches.")
        x, (h, w) = self.prepared(photo)
        with self._lock:
            self._halves = self._halves or self._in_halves()
        features, scores = self._run(self._halves, x[None], np.asarray(skips, np.float32))

        def maps(stride: int, values: tf.Tensor) -> Maps:
            extent = h / stride, w / stride
            rows, columns = (int(np.ceil(side)) for side in extent)
            return Maps(stride, values.numpy()[0, :rows, :columns], extent)

        stages = ENCODER_STAGES | DECODER_STAGES
        return Insight(
            tuple(map(maps, STRIDES, scores)),
            {name: maps(stride, f) for (name, (stride, _)), f in zip(stages.items(), features, strict=True)},
        )

    def prepared(self, photo: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
        """The photo as the network takes it, (h+, w+, 3) float32, and the part (h, w) of it that is no padding."""
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or 0 in photo.shape:
            raise ValueError(f"A photo is an (H, W, 3) uint8 array. Received: {photo.shape} {photo.dtype}.")
        height, width = photo.shape[:2]
        scale = self.inference.working_size / max(height, width)
        w, h = max(1, round(width * scale)), max(1, round(height * scale))
        x = np.asarray(Image.fromarray(photo).resize((w, h), Image.Resampling.BILINEAR, reducing_gap=3.0), np.float32)
        below, beside = np.subtract(padded((h, w)), (h, w))
        return np.pad(x, [(0, below), (0, beside), (0, 0)], mode="edge"), (h, w)

    def _probability(self, logits: tf.Tensor) -> tf.Tensor:
        """Logits of photos and their mirror images (2 N, H, W, 1) -> probabilities of the photos (N, H, W, 1)."""
        straight, mirrored = tf.split(logits, 2)
        mean = (straight + tf.reverse(mirrored, [2])) / 2
        return tf.sigmoid(self.inference.sharpness * (mean - self.inference.shift))

    def _in_halves(self):
        """The network cut where its skips start: (1, H, W, 3), (5,) switches -> features of all stages, probabilities.

        Layers and weights are the model's own. A skip is linear and has no bias: fed zeros it adds zeros.
        """
        model = self.model
        down, up = ([model.get_layer(name).output for _, name in s.values()] for s in (ENCODER_STAGES, DECODER_STAGES))
        encoder = keras.Model(model.input, down)
        decoder = keras.Model(down, [up, model.outputs])

        def forward(photo, switches):
            features = encoder(_with_mirrored(photo), training=False)
            *skips, context = features
            fed = [f * on for f, on in zip(skips, tf.unstack(switches[::-1], len(DECODER)), strict=True)]
            ups, scores = decoder([*fed, context], training=False)
            return [f[:1] for f in [*features, *ups]], [self._probability(score) for score in scores]

        specs = [tf.TensorSpec((None, None, None, 3), tf.float32), tf.TensorSpec((len(DECODER),), tf.float32)]
        return tf.function(forward, input_signature=specs)

    def _run(self, forward, *arrays: np.ndarray):
        with self._lock:
            self.calls += 1
        return forward(*map(tf.constant, arrays))


def _with_mirrored(x: tf.Tensor) -> tf.Tensor:
    """(N, H, W, 3) -> (2 N, H, W, 3): the photos, then the same mirrored left to right."""
    return tf.concat([x, tf.reverse(x, [2])], axis=0)


def load() -> Segmenter:
    """The shipped network with its trained weights.

    Raises:
        weights.WeightsError: the weights are missing, cut or altered.
    """
    model = build()
    weights.load(model, WEIGHTS)
    return Segmenter(model, Inference(**weights.facts(WEIGHTS).get("inference", {})))
