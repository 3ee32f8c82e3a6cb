"""The features of a frozen encoder, computed once for all epochs of a training."""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf


def features(
    encoder: keras.Model, photos: np.ndarray, batch: int, dtype: type = np.float32
) -> Iterator[tuple[float, list[np.ndarray]]]:
    """Run an encoder over photos (N, height, width, 3).

    Yields after each batch (the share of the photos that is done, the arrays of the encoder's outputs, each
    (N, h, w, channels), complete at the end).

    Args:
        batch: photos at once.
        dtype: float16 halves the memory and rounds by 5e-4 at most.
    """
    encode = tf.function(lambda x: encoder(x, training=False), reduce_retracing=True)
    arrays: list[np.ndarray] = []
    for start in range(0, len(photos), batch):
        outputs = encode(tf.constant(photos[start : start + batch], tf.float32))
        arrays = arrays or [np.empty((len(photos), *output.shape[1:]), dtype) for output in outputs]
        for array, output in zip(arrays, outputs, strict=True):
            array[start : start + batch] = output
        yield min(1.0, (start + batch) / len(photos)), arrays
