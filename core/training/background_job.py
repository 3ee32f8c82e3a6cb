"""A visitor's own training: in a thread of its own, watched from outside, stopped at any time."""

from __future__ import annotations

import atexit
import math
import threading
import time
import weakref
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from core import weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.training.fit import Progress

UNWATCHED_SECONDS = 600  # without anyone asking whether it is `running` a training ends: its visitor is gone
AT_ONCE = threading.BoundedSemaphore(4)  # more than this many trainings at a time wait for their turn
LAST_SECONDS = 8  # of a process that ends, for its trainings to end their step; Docker kills it after ten
_started: weakref.WeakSet[Job] = weakref.WeakSet()


class Job(ABC):
    """One training; `start` it once everything that `_train` needs is in place.

    Every job has its model, optimizer and random numbers to itself. `progress` is None until the first step;
    `problem` is a sentence, or "".
    """

    def __init__(self):
        self.progress: Progress | None = None
        self.problem = ""
        self._stop = threading.Event()
        self._watched = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)

    @abstractmethod
    def _train(self) -> None:
        """Train, in the job's thread, and keep what came of it."""

    def start(self) -> None:
        """Begin, or wait for a turn, in the background."""
        _started.add(self)
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
                if not self._stop.is_set():
                    self._train()
        except weights.WeightsError as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 - a thread has nobody above it: the visitor is told in a sentence
            self.problem = f"The training broke off ({type(error).__name__}): start it again, with smaller numbers."

    def _followed(self, run: Iterable[Progress]) -> Iterator[Progress]:
        """The steps of `run` until it ends, was stopped or forgotten, or its loss is no number; kept as `progress`."""
        if self._stop.is_set():  # before the first step, the longest one
            return
        for progress in run:
            self.progress = progress
            yield progress
            gone = time.monotonic() - self._watched > UNWATCHED_SECONDS
            if self._stop.is_set() or gone or not math.isfinite(progress.loss):
                break
        if self.progress is not None and not math.isfinite(self.progress.loss):
            self.problem = "The loss is no number any more: choose a lower learning rate."


@atexit.register
def _end_all() -> None:
    """Stop every training: a thread that Python ends inside TensorFlow aborts the whole process."""
    jobs, deadline = list(_started), time.monotonic() + LAST_SECONDS
    for job in jobs:
        job.stop()
    for job in jobs:
        job.wait(deadline - time.monotonic())
