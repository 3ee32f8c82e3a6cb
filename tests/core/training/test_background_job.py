import itertools
import logging
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.training import background_job
from core.training.background_job import Job
from core.weights import WeightsError

TEN_MINUTES = 601.0


def step(number, loss=0.5):
    return SimpleNamespace(epoch=number, loss=loss)


class Stub(Job):
    """A training that makes one step after another until it is ended, or `fail`s before the first one."""

    def __init__(self, *connected, fail=None, losses=None, peak=0.0):
        super().__init__(None, *connected)
        self.fail, self.peak_bytes = fail, peak
        self.losses = losses or itertools.repeat(0.5)
        self.finished = False
        self.start()

    def _train(self):
        if self.fail:
            raise self.fail
        self._follow(self.steps())
        self.finished = True

    def steps(self):
        for number, loss in enumerate(self.losses):
            time.sleep(0.005)
            yield step(number, loss)


@pytest.fixture
def clock(monkeypatch):
    """The job module's clock; it stands still until a test moves it."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(background_job, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def more_steps(job):
    """Whether the job makes two more steps within ten seconds."""
    before = job.progress.epoch if job.progress else 0
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not job.wait(0):  # `running` is what some tests are about
        if job.progress and job.progress.epoch >= before + 2:
            return True
        time.sleep(0.005)
    return False


def ended(job):
    job.stop()
    assert job.wait(10)


def test_a_training_that_nobody_asks_about_for_ten_minutes_continues(clock):
    job = Stub()
    assert more_steps(job)
    clock.now += TEN_MINUTES
    assert more_steps(job)
    ended(job)


def test_a_training_ends_two_minutes_after_its_user_disconnected(clock):
    connected = threading.Event()
    connected.set()
    job = Stub(connected.is_set)
    assert more_steps(job)
    connected.clear()
    assert more_steps(job)
    clock.now += 119
    assert job.running  # asking must not extend the time
    assert more_steps(job)
    connected.set()
    assert more_steps(job)
    connected.clear()
    assert more_steps(job)
    clock.now += 119
    assert more_steps(job)
    clock.now += 2
    assert job.wait(10)
    assert job.finished
    assert not job.problem


def test_a_waiting_training_ends_when_stopped_or_without_its_user(clock, monkeypatch):
    monkeypatch.setattr(background_job, "AT_ONCE", 1)
    first, stopped, left = Stub(), Stub(), Stub(lambda: False)
    assert more_steps(first)
    assert [job.place for job in (first, stopped, left)] == [0, 1, 2]
    stopped.stop()
    assert not stopped.running
    assert stopped.wait(10)
    assert [job.place for job in (first, stopped, left)] == [0, 0, 1]
    assert not left.wait(0.2)
    clock.now += 121
    assert left.wait(10)
    assert not left.progress
    assert not stopped.progress
    third = Stub()
    assert not third.wait(0.2)
    ended(first)
    assert more_steps(third)
    ended(third)


def test_two_trainings_run_at_once_and_the_others_in_the_order_of_their_start():
    first, second, third, fourth = (Stub() for _ in range(4))
    assert more_steps(first)
    assert more_steps(second)
    assert [third.place, fourth.place] == [1, 2]
    ended(second)
    assert more_steps(third)
    assert [third.place, fourth.place] == [0, 1]
    for job in (first, third, fourth):
        ended(job)


def test_a_training_starts_beside_another_only_where_the_memory_is_enough_for_both(monkeypatch):
    free = [1.9e9]
    monkeypatch.setattr(background_job.memory, "available", lambda: free[0])
    first, second = Stub(peak=1e9), Stub(peak=1e9)
    assert more_steps(first)
    assert second.place == 1
    free[0] = 2e9
    assert more_steps(second)
    ended(first)
    ended(second)
    refused = Stub(peak=3e9)
    assert refused.wait(10)
    assert not refused.progress
    assert "3.0 GB" in refused.problem
    assert "2.0 GB" in refused.problem


def test_what_a_training_computes_before_its_first_step_is_dropped_when_it_is_stopped():
    begun, go_on = threading.Event(), threading.Event()

    def slow_first_step():
        begun.set()
        go_on.wait(10)
        yield 0.5

    job = Stub(losses=slow_first_step())
    assert begun.wait(10)
    job.stop()
    assert not job.running
    go_on.set()
    assert job.wait(10)
    assert not job.progress


def test_a_training_is_found_by_its_id_and_goes_on_while_one_of_its_users_is_connected(clock):
    connected = threading.Event()
    connected.set()
    job = Stub(lambda: False)
    assert background_job.find(job.id) is job
    assert background_job.find(job.id[:-1]) is None
    assert len(job.id) > 20
    assert more_steps(job)
    clock.now += 119
    job.join(connected.is_set)
    assert more_steps(job)
    clock.now += 119
    assert more_steps(job)
    connected.clear()
    assert more_steps(job)
    clock.now += 121
    assert job.wait(10)


def test_an_expected_error_is_its_own_sentence(caplog):
    job = Stub(fail=WeightsError("The weights file is missing."))
    assert job.wait(10)
    assert job.problem == "The weights file is missing."
    assert not caplog.records


class ResourceExhaustedError(Exception):
    """As TensorFlow names it."""


@pytest.mark.parametrize("error", [MemoryError(), ResourceExhaustedError("OOM when allocating tensor")])
def test_too_little_memory_has_a_sentence_of_its_own(error, caplog):
    job = Stub(fail=error)
    assert job.wait(10)
    assert job.problem == background_job.OUT_OF_MEMORY
    assert not caplog.records


def test_tensorflows_memory_error_has_the_name_that_is_looked_for():
    import tensorflow as tf

    assert tf.errors.ResourceExhaustedError.__name__ == "ResourceExhaustedError"


def test_an_unexpected_error_is_logged_with_its_traceback(caplog):
    job = Stub(fail=ZeroDivisionError("a bug"))
    assert job.wait(10)
    assert job.problem == background_job.UNEXPECTED
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info[1].args == ("a bug",)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_the_training(loss):
    job = Stub(losses=[0.5, loss, 0.5, 0.5])
    assert job.wait(10)
    assert job.problem == background_job.NOT_FINITE
    assert job.progress.epoch == 1


EXITING = """
import itertools, time
from types import SimpleNamespace
from core.training import background_job

background_job.AT_ONCE = 1

class Endless(background_job.Job):
    def _train(self):
        print("begun", flush=True)
        steps = (time.sleep(0.1) or SimpleNamespace(loss=0.5) for _ in itertools.count())
        self._follow(steps)
        print("ended", flush=True)

first, waiting = Endless(None), Endless(None)
first.start()
while first.progress is None:
    time.sleep(0.05)
waiting.start()
"""


def test_an_exiting_process_lets_a_training_end_its_step_and_starts_none():
    """Python would end its thread inside TensorFlow, and the process would abort."""
    root = Path(__file__).parents[3]
    output = subprocess.check_output([sys.executable, "-c", EXITING], cwd=root, stderr=subprocess.DEVNULL, timeout=120)
    assert output.split() == [b"begun", b"ended"]
