"""A user's own training of the segmentation network, in the background; the shipped network stays as it is.

Keras trains; the job's thread imports TensorFlow, which takes seconds. The result is arrays that run in the app's
engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.data.datasets import DatasetError, Pair, split
from core.fcn import architecture
from core.fcn.engine import EngineNetwork
from core.fcn.segmenter import Inference, Segmenter
from core.training.background_job import Job

STARTS = SHIPPED, FROZEN, RANDOM = "shipped", "frozen", "random"
"""The shipped weights; an encoder that keeps its ImageNet weights, with a random decoder; random weights."""
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
        from core.fcn import frozen_encoder, keras_model, short_training

        network, settings = architecture.app_network(), self.settings
        model = short_training.first_model(from_shipped=settings.start == SHIPPED, seed=settings.seed)
        inference = Inference(short_training.working_size(settings.crop))
        if settings.start == FROZEN:
            keras_model.assign(model, network, frozen_encoder.imagenet_arrays(network))
            inference = Inference(settings.crop)  # it learns from whole photos
        segmenter = Segmenter(keras_model.KerasNetwork(model, network), inference)
        self.before = short_training.measured(segmenter, self.held_out)
        common: dict[str, Any] = {"epochs": settings.epochs, "rate": settings.rate, "seed": settings.seed}
        if settings.start == FROZEN:
            halves = frozen_encoder.halves(model, network)
            photos, truth = frozen_encoder.views(self._pairs, settings.crop)
            self.preparing = "Computing the encoder's features of the photos"
            inputs: list = []
            for self.prepared, inputs in frozen_encoder.features(halves[0], photos):  # noqa: B007 - the last one is used
                if self._has_to_end():
                    return
            run = frozen_encoder.train(
                halves[1],
                [photos, *inputs],
                truth,
                **common,
                after_epoch=lambda _epoch: short_training.measured(segmenter, self.held_out),
            )
        else:
            run = short_training.train(model, segmenter, self._pairs, self.held_out, crop=settings.crop, **common)
        for _ in self._followed(run):
            pass
        if self.progress is not None and not self.problem:
            self.trained = Segmenter(EngineNetwork(network, keras_model.arrays(model, network)), inference)
