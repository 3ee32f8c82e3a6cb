"""A training of the app's network on a user's few photos: first weights, steps, what is measured after an epoch."""

from collections.abc import Callable, Iterator

import keras
import numpy as np

from core import masks
from core.data.datasets import Pair
from core.fcn import architecture, keras_model, training
from core.fcn.segmenter import Segmenter
from core.training.acceleration import FusedAdam
from core.training.fit import Batch, Training, cosine, fit

BATCH = 8
WEIGHT_DECAY = 0.004
MOMENTUM = 0.9  # of the running means; Keras' 0.99 needs more steps than a small dataset has


def first_model(*, from_shipped: bool, seed: int) -> keras.Model:
    """The network to train: with the shipped weights, or with random ones that depend on `seed` alone."""
    if from_shipped:
        model = keras_model.shipped()
    else:
        model = keras_model.build(architecture.app_network())
        initialize(model, seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model


def train(
    model: keras.Model,
    count: int,
    batch: Callable[[np.ndarray, np.random.Generator], Batch],
    *,
    epochs: int,
    rate: float,
    seed: int,
    after_epoch: Callable[[int], dict[str, float]],
) -> Training:
    """Train `model`, or a part of it that returns its score maps: AdamW, a tenth of the steps for warm-up.

    Args:
        count: examples in an epoch.
        batch: makes the examples of some numbers below `count`.
    """
    steps = -(-count // BATCH)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng((seed, epoch))
        for rows in np.resize(rng.permutation(count), (steps, BATCH)):  # the last batch repeats the first examples
            yield batch(rows, rng)

    schedule = cosine(rate, epochs * steps, epochs * steps // 10)
    optimizer = FusedAdam(schedule, decay=WEIGHT_DECAY, global_clipnorm=1.0)
    return fit(model, training.loss, optimizer, batches, epochs=epochs, steps=steps, after_epoch=after_epoch)


def crops(pairs: list[Pair], size: int) -> Callable[[np.ndarray, np.random.Generator], Batch]:
    """Makes batches for `train`: random crops of `pairs`."""

    def batch(rows: np.ndarray, rng: np.random.Generator) -> Batch:
        photos, truth = zip(*(training.crop(pairs[i], size, rng) for i in rows), strict=True)
        return np.stack(photos), np.stack(truth)

    return batch


def measured(segmenter: Segmenter, pairs: list[Pair]) -> dict[str, float]:
    """Mean "iou" and pixel "accuracy" of the masks at 0.5, each photo at its own size."""
    maps = segmenter.coarse_maps([pair.photo for pair in pairs])
    predicted = [masks.enlarged(coarse, pair.mask.shape) > 0.5 for coarse, pair in zip(maps, pairs, strict=True)]
    return {
        name: float(np.mean([figure(mask, pair.mask) for mask, pair in zip(predicted, pairs, strict=True)]))
        for name, figure in (("iou", masks.iou), ("accuracy", masks.pixel_accuracy))
    }


def working_size(crop: int) -> int:
    """Longest side, in pixels, of photos in which objects are as large as in such crops."""
    return crop * 5 // 4  # a crop covers 40 to 100 % of the photo's area


def initialize(model: keras.Model, seed: int) -> None:
    """Random kernels that depend on `seed` alone: Keras' own seed is one for all threads."""
    for number, layer in enumerate(model.layers):
        initializer = getattr(layer, "depthwise_initializer", None) or getattr(layer, "kernel_initializer", None)
        if isinstance(initializer, keras.initializers.Initializer) and "seed" in initializer.get_config():
            seeded = type(initializer).from_config(initializer.get_config() | {"seed": 1000 * seed + number})
            layer.kernel.assign(seeded(layer.kernel.shape))
