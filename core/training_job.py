"""A visitor's own training: in a thread of its own, watched from outside, stopped at any time."""

import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from core import autoencoder_training, codes, digits, training
from core.autoencoder import Autoencoder, build
from core.codes import Codes
from core.digits import Digits

UNWATCHED_SECONDS = 600  # without anyone asking for `progress` a training ends: its visitor is gone
AT_ONCE = threading.BoundedSemaphore(4)  # more than this many trainings at a time wait for their turn


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


class TrainingJob:
    """One training on the digits of `data`, started at once.

    Every job has its model, optimizer and random numbers to itself. `progress` is None until the first step;
    `moving` is (labels (n,), points (n, 2)) of the shown test digits after the latest whole epoch; `problem` is a
    sentence, or "".
    """

    def __init__(self, data: Digits, settings: Settings):
        self.settings = settings
        self.progress: training.Progress | None = None
        self.moving: tuple | None = None
        self.trained: Trained | None = None
        self.problem = ""
        self._data = data.of(settings.classes)
        self._stop = threading.Event()
        self._watched = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the training is still at work; asking counts as watching it."""
        self._watched = time.monotonic()
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask the training to end after its current step; what it learned until then is kept."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most `seconds`; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with AT_ONCE:
                self._train()
        except Exception as error:  # noqa: BLE001 - a thread has nobody above it: the visitor is told in a sentence
            self.problem = f"The training broke off ({type(error).__name__}): start it again, with a smaller batch."

    def _train(self) -> None:
        chosen = self.settings
        model = build(chosen.seed)
        live = Autoencoder(model)
        rows = codes.drawn(self._data)
        shown = digits.unit(self._data.test_images[rows])
        labels = self._data.test_labels[rows]
        self.moving = labels, live.encode(shown)
        run = autoencoder_training.train(
            model, self._data, epochs=chosen.epochs, batch=chosen.batch, rate=chosen.rate, seed=chosen.seed
        )
        for progress in self._until_stopped(run):
            self.progress = progress
            if progress.step == progress.steps:
                self.moving = labels, live.encode(shown)
        if self.progress is None:
            return
        if not math.isfinite(self.progress.loss):
            self.problem = "The loss is no number any more: choose a lower learning rate."
            return
        both = codes.encoded(live, self._data)
        self.trained = Trained(live, *both, self._data.source, self.progress.history)

    def _until_stopped(self, run: Iterable[training.Progress]):
        for progress in run:
            yield progress
            gone = time.monotonic() - self._watched > UNWATCHED_SECONDS
            if self._stop.is_set() or gone or not math.isfinite(progress.loss):
                return
