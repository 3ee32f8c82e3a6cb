"""A visitor's own training of the segmentation network, in the background: the shipped one stays as it is."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np

from core import masks
from core.data.datasets import Pair, split
from core.fcn import keras_model
from core.fcn import training as fcn_training
from core.fcn.segmenter import Inference, Segmenter
from core.training.background_job import Job
from core.training.fit import Batch, Progress, cosine, fit

BATCH = 8
MOST_WATCHED = 24  # photos that are held out to measure by; more would slow every epoch down
CROPS = (64, 96, 128, 160)
MOMENTUM = 0.9  # of the running means; Keras' 0.99 needs more steps than a small data set has


@dataclass(frozen=True)
class Settings:
    """What a visitor chooses: shipped weights or new ones to start from, epochs, peak rate, crop in pixels, seed."""

    from_shipped: bool
    epochs: int
    rate: float
    crop: int
    seed: int


class FcnJob(Job):
    """One training of a copy of the network on `pairs`, started at once.

    A fifth of the pairs, `watched`, is held out and measured on before the first epoch and after each: `before` and
    the history's "iou" and "accuracy", both 0..1. With a single pair it is watched and learned from. `trained` is
    None until the end, and where there is a `problem`.
    """

    def __init__(self, pairs: list[Pair], settings: Settings):
        super().__init__()
        self.settings = settings
        self.before: dict[str, float] | None = None
        self.trained: keras_model.Segmenter | None = None
        held_out = min(max(1, len(pairs) // 5), MOST_WATCHED)
        rest, self.watched = split(pairs, held_out, settings.seed)
        self._pairs = rest or self.watched
        self.start()

    def _train(self) -> None:
        model = keras_model.load().model if self.settings.from_shipped else fresh(self.settings.seed)
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = MOMENTUM
        segmenter = keras_model.Segmenter(model, Inference(working_size=working_size(self.settings.crop)))
        self.before = measured(segmenter, self.watched)
        for _ in self._followed(train(segmenter, self._pairs, self.watched, self.settings)):
            pass
        if self.progress is not None and not self.problem:
            self.trained = segmenter


def train(
    segmenter: keras_model.Segmenter, pairs: list[Pair], watched: list[Pair], settings: Settings
) -> Iterator[Progress]:
    """Train a network on random crops of `pairs`, AdamW with a rate that rises for a tenth of the steps, then falls."""
    steps = -(-len(pairs) // BATCH)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng((settings.seed, epoch))
        order = np.resize(rng.permutation(len(pairs)), (steps, BATCH))  # the last batch is filled from the beginning
        for rows in order:
            views = [fcn_training.crop(pairs[i], settings.crop, rng) for i in rows]
            yield tuple(np.stack(part) for part in zip(*views, strict=True))

    total = settings.epochs * steps
    return fit(
        segmenter.model,
        fcn_training.loss,
        keras.optimizers.AdamW(cosine(settings.rate, total, total // 10), global_clipnorm=1.0),
        batches,
        epochs=settings.epochs,
        steps=steps,
        after_epoch=lambda _epoch: measured(segmenter, watched),
    )


def measured(segmenter: Segmenter, pairs: list[Pair]) -> dict[str, float]:
    """Mean "iou" and pixel "accuracy" of the masks at 0.5, each photo at its own size."""
    maps = segmenter.coarse_maps([pair.photo for pair in pairs])
    found = [masks.enlarged(coarse, pair.mask.shape) > 0.5 for coarse, pair in zip(maps, pairs, strict=True)]
    return {
        name: float(np.mean([figure(mask, pair.mask) for mask, pair in zip(found, pairs, strict=True)]))
        for name, figure in (("iou", masks.iou), ("accuracy", masks.pixel_accuracy))
    }


def working_size(crop: int) -> int:
    """Longest side at which a network that learned from such crops looks at a photo, for things to be as large."""
    return crop * 5 // 4  # a crop shows 40 to 100 % of the photo's area


def fresh(seed: int) -> keras.Model:
    """`core.fcn.keras_model.build` with random weights from `seed` alone: Keras' own seed is one for all threads."""
    model = keras_model.build()
    for number, layer in enumerate(model.layers):
        initializer = getattr(layer, "kernel_initializer", None)
        if "seed" in getattr(initializer, "get_config", dict)():
            again = type(initializer).from_config(initializer.get_config() | {"seed": 1000 * seed + number})
            layer.kernel.assign(again(layer.kernel.shape))
    return model
