"""A user's own training of the segmentation network, in the background; the shipped network stays as it is.

Keras trains; the job's thread imports TensorFlow, which takes seconds. The result is arrays that run in the app's
engine.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.data.datasets import DatasetError, Pair, split
from core.fcn import architecture
from core.fcn.engine import EngineNetwork
from core.fcn.segmenter import Inference, Segmenter
from core.training.background_job import Job

STARTS = SHIPPED, FROZEN, RANDOM = "shipped", "frozen", "random"
"""The shipped weights; an encoder that keeps its ImageNet weights, with a random decoder; random weights."""
PEAK_BYTES, FEATURE_BYTES = 1.5e9, 140
"""What a training needs at most, TensorFlow included; and with a frozen encoder, for each pixel of the photos' squares.

VmHWM on Linux, without the app: 1.36 GB with crops of 160 pixels; 1.23 GB with a frozen encoder, 48 photos and
squares of 160 pixels.
"""
MOST_HELD_OUT = 24  # photos to measure on; more would slow every epoch down


@dataclass(frozen=True)
class Settings:
    """What a user can set: one of STARTS, epochs, peak learning rate, crop side in pixels, seed."""

    start: str
    epochs: int
    rate: float
    crop: int
    seed: int


class FcnJob(Job):
    """One training of a copy of the network on `pairs`, started at once.

    A fifth of the pairs is `held_out`. The network is measured on them before the first epoch and after each: `before`
    and the history have "iou" and "accuracy", both 0..1. A single pair is used for both. `trained` is a `Segmenter`.
    """

    EXPECTED = (*Job.EXPECTED, DatasetError)

    def __init__(self, pairs: list[Pair], settings: Settings, connected: Callable[[], bool] = lambda: True):
        super().__init__(settings, connected)
        self.before: dict[str, float] | None = None
        rest, self.held_out = split(pairs, min(max(1, len(pairs) // 5), MOST_HELD_OUT), settings.seed)
        self._pairs = rest or self.held_out
        self.peak_bytes = PEAK_BYTES
        if settings.start == FROZEN:
            self.peak_bytes += FEATURE_BYTES * len(self._pairs) * settings.crop**2
        self.start()

    def _train(self) -> None:
        from core.fcn import frozen_encoder, keras_model, short_training
        from core.training.features import features

        network, settings = architecture.app_network(), self.settings
        model = short_training.first_model(from_shipped=settings.start == SHIPPED, seed=settings.seed)
        inference = Inference(short_training.working_size(settings.crop))
        if settings.start == FROZEN:
            keras_model.assign(model, network, frozen_encoder.imagenet_arrays(network))
            inference = Inference(settings.crop)  # it learns from whole photos
        segmenter = Segmenter(keras_model.KerasNetwork(model, network), inference)
        if self._has_to_end():
            return
        self.before = short_training.measured(segmenter, self.held_out)
        trained_part, count, batch = model, len(self._pairs), short_training.crops(self._pairs, settings.crop)
        if settings.start == FROZEN:
            encoder, trained_part = frozen_encoder.halves(model, network)
            photos, truth = frozen_encoder.views(self._pairs, settings.crop)
            self.preparing = "Computing the encoder's features of the photos"
            inputs = self._prepare(features(encoder, photos, short_training.BATCH))
            if inputs is None:
                return
            count, batch = len(truth), lambda rows, _rng: ([each[rows] for each in inputs], truth[rows])
        run = short_training.train(
            trained_part,
            count,
            batch,
            epochs=settings.epochs,
            rate=settings.rate,
            seed=settings.seed,
            after_epoch=lambda _epoch: short_training.measured(segmenter, self.held_out),
        )
        if self._follow(run):
            self.trained = Segmenter(EngineNetwork(network, keras_model.arrays(model, network)), inference)
