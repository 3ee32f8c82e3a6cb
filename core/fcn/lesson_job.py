"""A user's own training of the lesson's FCN, in the background: VGG16 once over all photos, then the head."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.data.datasets import Pair
from core.fcn import architecture, encoders, lesson_network
from core.training import memory
from core.training.background_job import Job

if TYPE_CHECKING:
    import numpy as np

PEAK_BYTES = {256: 1.0e9, 1024: 1.6e9, 4096: 4.0e9}
"""What a training needs at most, by the channels of fc6 and fc7, TensorFlow included, without the photos."""
PHOTO_BYTES = 2e6
"""A photo with its features."""


class TooLittleMemoryError(RuntimeError):
    """The training would need more memory than is free; the text says how much."""


@dataclass(frozen=True)
class Settings:
    """Channels of fc6 and fc7, a key of PEAK_BYTES; whether the network is repaired; epochs; seed."""

    hidden: int
    repaired: bool
    epochs: int
    seed: int


class LessonJob(Job):
    """One training of the lesson's head on `pairs`, VGG16 with its ImageNet weights, started at once.

    `prepared` is the share of photos whose features are computed. The history has "loss" and "accuracy". `trained` is
    None until the end, and where there is a `problem`.
    """

    preparing = "Computing VGG16's features of the photos"
    EXPECTED = (*Job.EXPECTED, TooLittleMemoryError)

    def __init__(self, pairs: list[Pair], settings: Settings, connected: Callable[[], bool] = lambda: True):
        super().__init__(connected)
        self.settings = settings
        self.trained: lesson_network.LessonNetwork | None = None
        self._pairs = pairs
        self.start()

    def _train(self) -> None:
        from core.fcn import keras_model, lesson
        from core.fcn.short_training import initialize

        hidden, repaired = self.settings.hidden, self.settings.repaired
        _refuse_beyond(memory.available(), PEAK_BYTES[hidden] + PHOTO_BYTES * len(self._pairs), hidden)
        photos, masks = lesson_network.arrays(self._pairs, largest=255 if repaired else 1)
        model = lesson.build(hidden=hidden, repaired=repaired)
        initialize(model, self.settings.seed)
        keras_model.assign(model, architecture.lesson_fcn(), encoders.load_vgg16("imagenet"))
        pools: list[np.ndarray] = []
        for self.prepared, pools in lesson.features(model, photos):  # noqa: B007 - the last value is used
            if self._has_to_end():
                return
        run = lesson.train(model, pools, masks, epochs=self.settings.epochs, seed=self.settings.seed)
        for _ in self._followed(run):
            pass
        if self.progress is not None and not self.problem:
            self.trained = lesson_network.network(lesson.trained(model), hidden, repaired=repaired)


def _refuse_beyond(free: float, needed: float, hidden: int) -> None:
    if free < needed:
        raise TooLittleMemoryError(
            f"A head with {hidden} channels needs {needed / 1e9:.1f} GB of memory on these photos, and "
            f"{free / 1e9:.1f} GB are free. Choose a smaller head, or use fewer photos."
        )
