"""A visitor's own training of the autoencoder, in the background; TensorFlow is imported when one starts."""

from dataclasses import dataclass

from core.autoencoder import codes, digits
from core.autoencoder.codes import Codes
from core.autoencoder.digits import Digits
from core.autoencoder.network import Autoencoder
from core.training.background_job import Job


@dataclass(frozen=True)
class Settings:
    """What a visitor chooses: classes out of 0..9, epochs, digits in a batch, peak learning rate, seed."""

    classes: tuple[int, ...]
    epochs: int
    batch: int
    rate: float
    seed: int


@dataclass(frozen=True)
class Trained:
    """What a training gives: the model, 500 test digits' codes and all training digits' codes, and its history."""

    autoencoder: Autoencoder
    shown: Codes
    known: Codes
    source: str
    history: tuple[dict[str, float], ...]


class TrainingJob(Job):
    """One training on the digits of `data`, started at once.

    `moving` is (labels (n,), points (n, 2)) of the shown test digits after the latest whole epoch; `trained` is None
    until the end, and where there is a `problem`.
    """

    def __init__(self, data: Digits, settings: Settings):
        super().__init__()
        self.settings = settings
        self.moving: tuple | None = None
        self.trained: Trained | None = None
        self._data = data.of(settings.classes)
        self.start()

    def _train(self) -> None:
        from core.autoencoder import keras_model
        from core.autoencoder import training as autoencoder_training

        chosen = self.settings
        model = keras_model.build(chosen.seed)
        rows = codes.shown_rows(self._data)
        shown = digits.unit(self._data.test_images[rows])
        labels = self._data.test_labels[rows]
        self.moving = labels, Autoencoder(model.get_weights()).encode(shown)
        run = autoencoder_training.train(
            model, self._data, epochs=chosen.epochs, batch=chosen.batch, rate=chosen.rate, seed=chosen.seed
        )
        for progress in self._followed(run):
            if progress.step == progress.steps:
                self.moving = labels, Autoencoder(model.get_weights()).encode(shown)
        if self.progress is None or self.problem:
            return
        trained = Autoencoder(model.get_weights())
        both = codes.encoded(trained, self._data)
        self.trained = Trained(trained, *both, self._data.source, self.progress.history)
