"""A user's own training of the autoencoder, in the background; TensorFlow is imported when one starts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.autoencoder import codes, digits
from core.autoencoder.digits import Digits
from core.autoencoder.model_file import TrainedAutoencoder
from core.autoencoder.network import Autoencoder
from core.training.background_job import Job

PEAK_BYTES, DIGIT_BYTES = 7.5e8, 2e4
"""What a training needs at most, TensorFlow included, and for each training digit.

VmHWM on Linux, without the app: 1.01 GB with 18,000 digits in batches of 256, 1.76 GB with 60,000.
"""


@dataclass(frozen=True)
class Settings:
    """What a user can set: classes out of 0..9, epochs, digits in a batch, peak learning rate, seed."""

    classes: tuple[int, ...]
    epochs: int
    batch: int
    rate: float
    seed: int


class TrainingJob(Job):
    """One training on the digits of `data`, started at once.

    `moving` is (labels (n,), points (n, 2)) of the shown test digits after the latest epoch. `trained` is a
    `TrainedAutoencoder`.
    """

    EXPECTED = (*Job.EXPECTED, digits.DigitsError)
    advice = "Choose fewer digits."

    def __init__(self, data: Digits, settings: Settings, connected: Callable[[], bool] = lambda: True):
        super().__init__(settings, connected)
        self.moving: tuple | None = None
        self._all_digits = data
        self.peak_bytes = PEAK_BYTES + DIGIT_BYTES * np.isin(data.train_labels, settings.classes).sum()
        self.start()

    def _train(self) -> None:
        from core.autoencoder import keras_model, training

        settings = self.settings
        data = self._all_digits.of(settings.classes)
        model = keras_model.build(settings.seed)
        rows = codes.shown_rows(data)
        images, labels = digits.unit(data.test_images[rows]), data.test_labels[rows]

        def move(progress=None) -> None:
            if progress is None or progress.step == progress.steps:
                self.moving = labels, Autoencoder(model.get_weights()).encode(images)

        move()
        run = training.train(
            model, data, epochs=settings.epochs, batch=settings.batch, rate=settings.rate, seed=settings.seed
        )
        if self._follow(run, move):
            autoencoder = Autoencoder(model.get_weights())
            self.trained = TrainedAutoencoder(autoencoder, *codes.encoded(autoencoder, data), data.source)
