"""A user's own training: it runs in a thread of its own, can be watched and stopped at any time."""

from __future__ import annotations

import atexit
import logging
import math
import threading
import time
import weakref
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from core.weights import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.training.fit import Progress

AT_ONCE = threading.BoundedSemaphore(4)  # more trainings than this wait for their turn
DISCONNECTED_SECONDS = 120  # after this time without its user a training ends
EXIT_SECONDS = 8  # for the trainings of an exiting process to end their step; Docker kills it after ten

NOT_FINITE = "The loss became NaN or infinite. Choose a lower learning rate and train again."
OUT_OF_MEMORY = "The server has too little memory for this training. Train with less data, or try again later."
UNEXPECTED = "An unexpected error ended the training. The server's log has the details."

_log = logging.getLogger(__name__)
_started: weakref.WeakSet[Job] = weakref.WeakSet()


class Job(ABC):
    """One training with its own model, optimizer and random numbers; `start` it when all that `_train` needs is set.

    It is `waiting` for its turn at first. Until the first step `progress` is None, and `prepared`, 0..1, says how much
    of what `preparing` names is done, where that is known. After the end, `trained` is the result, or None without a
    step or with a `problem`: a sentence that says why the training failed, or "". The errors in `EXPECTED` bring such
    a sentence.

    Args:
        settings: what the user has set.
        connected: says whether the user is connected. It is called from the job's thread at every step; the training
            ends when it has returned False for DISCONNECTED_SECONDS.
    """

    EXPECTED: tuple[type[Exception], ...] = (WeightsError,)
    preparing = "Preparing the network"

    def __init__(self, settings: Any, connected: Callable[[], bool] = lambda: True):
        self.settings = settings
        self.trained: Any = None
        self.waiting = True
        self.prepared = 0.0
        self.progress: Progress | None = None
        self.problem = ""
        self._connected = connected
        self._disconnected_since = math.inf
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)

    @abstractmethod
    def _train(self) -> None:
        """Train, in the job's thread, and store the result."""

    def start(self) -> None:
        """Start in the background, or wait there for a turn."""
        _started.add(self)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the training has not ended yet."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask the training to end after its current step; the result is what it learned until then."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for the end; returns whether the training has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not AT_ONCE.acquire(timeout=0.5):
            if self._has_to_end():
                return
        try:
            self.waiting = False
            if not self._has_to_end():
                self._train()
        except self.EXPECTED as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 - a thread has no caller to raise to
            # TensorFlow's own error is recognised by its name: importing TensorFlow takes seconds.
            if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
                self.problem = OUT_OF_MEMORY
            else:
                self.problem = UNEXPECTED
                _log.exception("A training failed")
        finally:
            AT_ONCE.release()

    def _has_to_end(self) -> bool:
        """Whether the training was stopped or its user has been disconnected for too long."""
        now = time.monotonic()
        self._disconnected_since = math.inf if self._connected() else min(self._disconnected_since, now)
        return self._stop.is_set() or now - self._disconnected_since > DISCONNECTED_SECONDS

    def _prepare(self, run: Iterable[tuple[float, Any]]) -> Any:
        """The last result of `run`, which yields (`prepared`, result); None where the training has to end before."""
        result = None
        for self.prepared, result in run:  # noqa: B007 - the last one is used
            if self._has_to_end():
                return None
        return result

    def _follow(self, run: Iterable[Progress], after_step: Callable[[Progress], None] = lambda _progress: None) -> bool:
        """Make the steps of `run`, each stored as `progress`, until it ends, has to end, or its loss is not finite.

        Returns whether the model has learned something: there was a step, and no problem.
        """
        for progress in () if self._stop.is_set() else run:  # the first step is the longest one
            self.progress = progress
            after_step(progress)
            if not math.isfinite(progress.loss):
                self.problem = NOT_FINITE
            if self.problem or self._has_to_end():
                break
        return self.progress is not None and not self.problem


@atexit.register
def _end_all() -> None:
    """Stop every training: a thread that Python ends inside TensorFlow aborts the whole process."""
    jobs, deadline = list(_started), time.monotonic() + EXIT_SECONDS
    for job in jobs:
        job.stop()
    for job in jobs:
        job.wait(deadline - time.monotonic())
