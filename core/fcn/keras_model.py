"""The segmentation network in Keras and TensorFlow: the reference for every other engine, and what trains it."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from core import weights
from core.fcn import segmenter


class BatchNormalization(layers.BatchNormalization):
    """Keras' own layer, a batch normalised by TensorFlow's one fused operation in place of a dozen small ones.

    A training step of the network takes a sixth less time, in bfloat16 a third. The class bears Keras' name because
    weights files find a layer by the name of its class.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """(N, H, W, C) -> the same shape, by the mean and variance of the batch, or the running ones."""
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
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaling")(photo)
    skips = []
    for stage, (channels, convolutions) in enumerate(segmenter.STAGES, start=1):
        for i in range(1, convolutions + 1):
            x = _convolution(x, channels, f"stage{stage}_conv{i}")
        skips.append(x)
        x = layers.MaxPooling2D(2, name=f"stage{stage}_pool")(x)
    channels, convolutions = segmenter.CONTEXT
    for i in range(1, convolutions + 1):
        x = _convolution(x, channels, f"context_conv{i}")

    score = layers.Conv2D(1, 1, name="score32")(x)
    scores = [score]
    for stride, channels, features in zip(segmenter.STRIDES[1:], segmenter.DECODER, reversed(skips), strict=True):
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


class Segmenter(segmenter.Segmenter):
    """`segmenter.Segmenter` over a model of `build`, whose weights may change: the next answer is by the new ones."""

    def __init__(self, model: keras.Model, inference: segmenter.Inference | None = None):
        super().__init__(inference)
        self.model = model
        self._halves = None
        signature = [tf.TensorSpec((None, None, None, 3), tf.float32)]
        self._pass = tf.function(lambda x: model(x, training=False)[-1], input_signature=signature)

    def _logits(self, pairs: np.ndarray) -> np.ndarray:
        logits = self._pass(tf.constant(pairs.reshape(-1, *pairs.shape[2:]))).numpy()
        return logits.reshape(*pairs.shape[:2], *logits.shape[1:])

    def _inside(self, pair: np.ndarray, skips: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        with self._lock:
            self._halves = self._halves or self._in_halves()
        features, scores = self._halves(tf.constant(pair), tf.constant(skips))
        return [f.numpy() for f in features], [score.numpy() for score in scores]

    def _in_halves(self):
        """The network cut where its skips start: (2, H, W, 3), (5,) numbers -> features of all stages, score maps.

        Layers and weights are the model's own. A skip is linear and has no bias: fed zeros it adds zeros.
        """
        model = self.model
        stages = segmenter.ENCODER_STAGES, segmenter.DECODER_STAGES
        down, up = ([model.get_layer(name).output for _, name in s.values()] for s in stages)
        encoder = keras.Model(model.input, down)
        decoder = keras.Model(down, [up, model.outputs])

        def forward(pair, switches):
            features = encoder(pair, training=False)
            *skips, context = features
            fed = [f * on for f, on in zip(skips, tf.unstack(switches[::-1], len(segmenter.DECODER)), strict=True)]
            ups, scores = decoder([*fed, context], training=False)
            return [f[:1] for f in [*features, *ups]], scores

        specs = [tf.TensorSpec((2, None, None, 3), tf.float32), tf.TensorSpec((len(segmenter.DECODER),), tf.float32)]
        return tf.function(forward, input_signature=specs)


def load() -> Segmenter:
    """The shipped network with its trained weights.

    Raises:
        weights.WeightsError: the weights are missing, cut or altered.
    """
    model = build()
    weights.load(model, segmenter.WEIGHTS)
    return Segmenter(model, segmenter.inference())
