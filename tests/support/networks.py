"""Small data and random networks for tests of `core.fcn`."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

from core.data.datasets import Pair
from core.fcn import keras_model
from core.fcn.graph import Architecture

SHALLOW = ((3, 1, 1, 16, 1), (3, 2, 1, 24, 1), (3, 2, 1, 40, 1), (3, 2, 1, 80, 1), (3, 2, 1, 96, 1))
"""In the place of `core.fcn.encoders.LITE0_BLOCKS`: one block a stride, whose training starts in half the time."""


@contextmanager
def eager() -> Iterator[None]:
    """TensorFlow computes each operation at once: the graph of a training takes longer than the few steps of a test."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def discs(count, seed=0, side=96):
    """Pairs that a network can learn in seconds: a bright disc on dark noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    pairs = []
    for i in range(count):
        cy, cx, r = rng.uniform((30, 30, 14), (side - 30, side - 30, 26))
        mask = (y - cy) ** 2 + (x - cx) ** 2 < r**2
        photo = rng.integers(0, 90, (side, side, 3)) + 150 * mask[..., None]
        pairs.append(Pair(f"disc{i:02d}", photo.astype(np.uint8), mask))
    return pairs


def random_model(architecture: Architecture, size=(None, None), seed=1) -> keras.Model:
    """A Keras model in which no array has its initial value, so that none can be left out unnoticed."""
    keras.utils.set_random_seed(seed)
    model, rng = keras_model.build(architecture, size), np.random.default_rng(seed)
    shifts = (rng.uniform(0, 0.1, w.shape) if w.ndim == 1 else 0 for w in model.get_weights())
    model.set_weights(
        [w * rng.uniform(0.8, 1.2, w.shape) + shift for w, shift in zip(model.get_weights(), shifts, strict=True)]
    )
    return model


def published_lite0(arrays):
    """EfficientNet-Lite0's arrays under their published names, the dense layer's kernel as a matrix."""
    layers = {"stem_conv": "conv_stem", "stem_bn": "bn0", "head_conv": "conv_head", "head_bn": "bn1"}
    norms = {"expand_bn": "bn0", "depthwise_bn": "bn1", "project_bn": "bn2"}
    statistics = {"moving_mean": "running_mean", "moving_variance": "running_var"}
    parts = {"kernel": "weight", "gamma": "weight", "beta": "bias"} | statistics
    published = {}
    for name, values in arrays.items():
        layer, part = name.split("/")
        if layer.startswith("block"):
            block, rest = layer.split("_", 1)
            layer = f"{block}/{norms.get(rest, rest)}"
        matrix = name == "fc/kernel"
        published[f"{layers.get(layer, layer)}.{parts.get(part, part)}"] = values[0, 0] if matrix else values
    return published
