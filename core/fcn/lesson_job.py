"""A user's own training of the lesson's FCN, in the background: VGG16 once over all photos, then the head."""

from collections.abc import Callable
from dataclasses import dataclass

from core.data.datasets import Pair
from core.fcn import architecture, encoders, lesson_network
from core.training.background_job import Job

PEAK_BYTES = {256: 1.4e9, 1024: 1.8e9, 4096: 3.9e9}
"""What a training needs at most, by the channels of fc6 and fc7, TensorFlow included, without the photos.

VmHWM of a process with 20 photos and two epochs on Linux: 1.36, 1.80 and 3.91 GB; 1.54 with 256 and 120 photos.
"""
PHOTO_BYTES = 2e6
"""A photo with its features."""


@dataclass(frozen=True)
class Settings:
    """Channels of fc6 and fc7, a key of PEAK_BYTES; whether the network is repaired; epochs; seed."""

    hidden: int
    repaired: bool
    epochs: int
    seed: int


class LessonJob(Job):
    """One training of the lesson's head on `pairs`, VGG16 with its ImageNet weights, started at once.

    `prepared` is the share of photos whose features are computed. The history has "loss" and "accuracy". `trained` is a
    `lesson_network.LessonNetwork`.
    """

    preparing = "Computing VGG16's features of the photos"
    advice = "Choose a smaller head, or use fewer photos."

    def __init__(self, pairs: list[Pair], settings: Settings, connected: Callable[[], bool] = lambda: True):
        super().__init__(settings, connected)
        self._pairs = pairs
        self.peak_bytes = PEAK_BYTES[settings.hidden] + PHOTO_BYTES * len(pairs)
        self.start()

    def _train(self) -> None:
        from core.fcn import keras_model, lesson
        from core.fcn.short_training import initialize

        hidden, repaired = self.settings.hidden, self.settings.repaired
        photos, masks = lesson_network.arrays(self._pairs, largest=255 if repaired else 1)
        model = lesson.build(hidden=hidden, repaired=repaired)
        initialize(model, self.settings.seed)
        keras_model.assign(model, architecture.lesson_fcn(), encoders.load_vgg16("imagenet"))
        pools = self._prepare(lesson.features(model, photos))
        if pools is None:
            return
        if self._follow(lesson.train(model, pools, masks, epochs=self.settings.epochs, seed=self.settings.seed)):
            self.trained = lesson_network.network(lesson.trained(model), hidden, repaired=repaired)
