"""A user's own training: it runs in a thread of its own, can be watched and stopped at any time."""

from __future__ import annotations

import atexit
import logging
import math
import secrets
import threading
import time
import weakref
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from core import memory
from core.weights import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.training.fit import Progress

AT_ONCE = 2  # more trainings than this wait for their turn
DISCONNECTED_SECONDS = 120  # after this time without its user a training ends
LOOK_SECONDS = 0.5  # between two looks of a waiting training at its user and at the free memory
EXIT_SECONDS = 6  # for the trainings of an exiting process to end their step; Docker kills it after ten

NOT_FINITE = "The loss became NaN or infinite. Choose a lower learning rate and train again."
OUT_OF_MEMORY = "The server has too little memory for this training. Train with less data, or try again later."
UNEXPECTED = "An unexpected error ended the training. The server's log has the details."

_log = logging.getLogger(__name__)
_jobs: weakref.WeakValueDictionary[str, Job] = weakref.WeakValueDictionary()  # all that have started, by their id
_line: list[Job] = []  # those that have started and not ended, by their start
_turns = threading.Condition()  # guards _line; notified when a training ends or is stopped


class TooLittleMemoryError(RuntimeError):
    """The training would need more memory than is free; the text says how much."""


class Job(ABC):
    """One training with its own model, optimizer and random numbers; `start` it when all that `_train` needs is set.

    It waits for its turn at first: at most AT_ONCE trainings run, and one starts beside another only where the memory
    is enough for both. Until the first step `progress` is None, and `prepared`, 0..1, says how much of what `preparing`
    names is done, where that is known. After the end, `trained` is the result, or None without a step or with a
    `problem`: a sentence that says why the training failed, or "". The errors in `EXPECTED` bring such a sentence.

    `id` identifies the job in this process and cannot be guessed. `peak_bytes` is the memory that the training needs at
    most, TensorFlow included.

    Args:
        settings: what the user has set.
        connected: says whether the user is connected. It is called from the job's thread at every step; the training
            ends when it has returned False for DISCONNECTED_SECONDS.
    """

    EXPECTED: tuple[type[Exception], ...] = (WeightsError, TooLittleMemoryError)
    preparing = "Preparing the network"
    advice = "Use fewer photos."
    """What to do where the memory is too little."""
    peak_bytes = 0.0

    def __init__(self, settings: Any, connected: Callable[[], bool] = lambda: True):
        self.settings = settings
        self.id = secrets.token_urlsafe(16)
        self.trained: Any = None
        self.prepared = 0.0
        self.progress: Progress | None = None
        self.problem = ""
        self._users = [connected]
        self._disconnected_since = math.inf
        self._waiting = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)

    @abstractmethod
    def _train(self) -> None:
        """Train, in the job's thread, and store the result."""

    def start(self) -> None:
        """Start in the background, or wait there for a turn."""
        _jobs[self.id] = self
        with _turns:
            _line.append(self)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether there is something to wait for: the training has not ended, nor been stopped before its first step.

        What a stopped training still computes before its first step is dropped.
        """
        return self._thread.is_alive() and not (self._stop.is_set() and self.progress is None)

    @property
    def place(self) -> int:
        """The place in the queue, 1 for the next one; 0 for a training that has its turn or has ended."""
        with _turns:
            waiting = [job for job in _line if job._waiting]  # noqa: SLF001 - one class
            return waiting.index(self) + 1 if self in waiting else 0

    def stop(self) -> None:
        """Ask the training to end after its current step; the result is what it learned until then."""
        self._stop.set()
        with _turns:
            _turns.notify_all()

    def join(self, connected: Callable[[], bool]) -> None:
        """Let one more user watch: the training goes on while any of them is connected."""
        self._users.append(connected)

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for the end; returns whether the training has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            if self._has_turn():
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
            if not self._waiting:
                memory.release()
            with _turns:
                _line.remove(self)
                _turns.notify_all()

    def _has_turn(self) -> bool:
        """Wait for a turn; False where the training has to end before. TooLittleMemoryError as in `_may_train`."""
        with _turns:
            while not self._has_to_end():
                if self._may_train():
                    self._waiting = False
                    return True
                _turns.wait(LOOK_SECONDS)
        return False

    def _may_train(self) -> bool:
        """Whether it is this training's turn.

        Raises:
            TooLittleMemoryError: it is, but the memory is too little, and no other training will give any back.
        """
        others = [job for job in _line if not job._waiting]  # noqa: SLF001 - one class
        if self is not next(job for job in _line if job._waiting) or len(others) >= AT_ONCE:  # noqa: SLF001
            return False
        free = memory.available()
        if others:  # they may still need all of theirs
            return free >= self.peak_bytes + sum(job.peak_bytes for job in others)
        if free < self.peak_bytes:
            raise TooLittleMemoryError(
                f"This training needs {self.peak_bytes / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free. "
                f"{self.advice}"
            )
        return True

    def _has_to_end(self) -> bool:
        """Whether the training was stopped or its users have been disconnected for too long."""
        now = time.monotonic()
        connected = any(connected() for connected in self._users)
        self._disconnected_since = math.inf if connected else min(self._disconnected_since, now)
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
            if self._stop.is_set() and self.progress is None:
                break  # `running` says that nothing comes any more
            self.progress = progress
            after_step(progress)
            if not math.isfinite(progress.loss):
                self.problem = NOT_FINITE
            if self.problem or self._has_to_end():
                break
        return self.progress is not None and not self.problem


def find(job_id: str) -> Job | None:
    """The job with this id: it runs, or somebody still holds it."""
    return _jobs.get(job_id)


@atexit.register
def _end_all() -> None:
    """Stop every training: a thread that Python ends inside TensorFlow aborts the whole process."""
    jobs, deadline = list(_jobs.values()), time.monotonic() + EXIT_SECONDS
    for job in jobs:
        job.stop()
    for job in jobs:
        job.wait(deadline - time.monotonic())
