"""A user's own training of the segmentation network, in the background; the shipped network stays as it is.

Keras trains. The result is arrays that run in the app's engine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np

from core import masks
from core.data.datasets import DatasetError, Pair, split
from core.fcn import architecture, keras_model
from core.fcn import training as fcn_training
from core.fcn.engine import EngineNetwork
from core.fcn.segmenter import Inference, Segmenter
from core.training.background_job import Job
from core.training.fit import Batch, Progress, cosine, fit

BATCH = 8
MOST_HELD_OUT = 24  # photos to measure on; more would slow every epoch down
CROPS = (64, 96, 128, 160)
MOMENTUM = 0.9  # of the running means; Keras' 0.99 needs more steps than a small dataset has


@dataclass(frozen=True)
class Settings:
    """What a user can set: shipped or random weights to start from, epochs, peak learning rate, crop side, seed."""

    from_shipped: bool
    epochs: int
    rate: float
    crop: int
    seed: int


class FcnJob(Job):
    """One training of a copy of the network on `pairs`, started at once.

    A fifth of the pairs is `held_out`. The network is measured on them before the first epoch and after each: `before`
    and the history have "iou" and "accuracy", both 0..1. A single pair is used for both. `trained` is None until the
    end, and where there is a `problem`.
    """

    EXPECTED = (*Job.EXPECTED, DatasetError)

    def __init__(self, pairs: list[Pair], settings: Settings, connected: Callable[[], bool] = lambda: True):
        super().__init__(connected)
        self.settings = settings
        self.before: dict[str, float] | None = None
        self.trained: Segmenter | None = None
        rest, self.held_out = split(pairs, min(max(1, len(pairs) // 5), MOST_HELD_OUT), settings.seed)
        self._pairs = rest or self.held_out
        self.start()

    def _train(self) -> None:
        network = architecture.app_network()
        if self.settings.from_shipped:
            model = keras_model.shipped()
        else:
            model = keras_model.build(network)
            initialize(model, self.settings.seed)
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = MOMENTUM
        inference = Inference(working_size(self.settings.crop))
        segmenter = Segmenter(keras_model.KerasNetwork(model, network), inference)
        self.before = measured(segmenter, self.held_out)
        for _ in self._followed(train(model, segmenter, self._pairs, self.held_out, self.settings)):
            pass
        if self.progress is not None and not self.problem:
            self.trained = Segmenter(EngineNetwork(network, keras_model.arrays(model, network)), inference)


def train(
    model: keras.Model, segmenter: Segmenter, pairs: list[Pair], held_out: list[Pair], settings: Settings
) -> Iterator[Progress]:
    """Train `model`, which `segmenter` runs, on random crops of `pairs`: AdamW, a tenth of the steps for warm-up."""
    steps = -(-len(pairs) // BATCH)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng((settings.seed, epoch))
        order = np.resize(rng.permutation(len(pairs)), (steps, BATCH))  # the last batch repeats the first photos
        for rows in order:
            views = [fcn_training.crop(pairs[i], settings.crop, rng) for i in rows]
            photos, masks = zip(*views, strict=True)
            yield np.stack(photos), np.stack(masks)

    total = settings.epochs * steps
    return fit(
        model,
        fcn_training.loss,
        keras.optimizers.AdamW(cosine(settings.rate, total, total // 10), global_clipnorm=1.0),
        batches,
        epochs=settings.epochs,
        steps=steps,
        after_epoch=lambda _epoch: measured(segmenter, held_out),
    )


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
