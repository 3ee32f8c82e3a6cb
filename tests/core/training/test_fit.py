"""The fit loop: it learns, it says where it stands, it can be left and taken up again."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from core import weights
from core.training import __main__ as command_line
from core.training.fit import _Clock, cosine, fit, prefetched

STEPS = 5


def problem():
    """A small regression with a known answer."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(STEPS * 8, 4)).astype(np.float32)
    targets = inputs @ rng.normal(size=(4, 1)).astype(np.float32)

    def batches(epoch):
        order = np.random.default_rng(epoch).permutation(len(inputs))
        for rows in order.reshape(STEPS, 8):
            yield inputs[rows], targets[rows]

    return batches


def run(epochs, checkpoint=None, stop_after=None, **options):
    """(weights at the end, everything that was yielded)"""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)])
    optimizer = keras.optimizers.AdamW(cosine(0.05, 6 * STEPS, warmup=3), weight_decay=0.01)
    steps = []
    for progress in fit(
        model,
        lambda truth, output: keras.ops.mean((truth - output) ** 2),
        optimizer,
        problem(),
        epochs=epochs,
        steps=STEPS,
        checkpoint=checkpoint,
        **options,
    ):
        steps.append(progress)
        if len(steps) == stop_after:
            break
    return model.get_weights(), steps


def test_the_loss_falls_and_every_step_is_reported():
    _, steps = run(6)
    assert [(p.epoch, p.step) for p in steps] == [(e, s) for e in range(1, 7) for s in range(1, STEPS + 1)]
    losses = [figures["loss"] for figures in steps[-1].history]
    assert losses[-1] < 0.2 * losses[0]
    fractions = [p.fraction for p in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert steps[0].seconds_left is None
    assert steps[-1].seconds_left == 0
    assert all(p.seconds_left >= 0 for p in steps[1:])


def test_the_time_of_the_first_step_is_not_expected_of_the_others(monkeypatch):
    clock = _Clock(4)
    left = []
    for second in (30, 31, 32, 33):  # the first step took 30 s, each other takes 1 s
        monkeypatch.setattr("core.training.fit.time", SimpleNamespace(monotonic=lambda now=second: now))
        clock.count_step()
        left.append(clock.seconds_left)
    assert left == [None, 2, 1, 0]


@pytest.mark.parametrize("killed_after", [STEPS, STEPS + 2, 3 * STEPS + 4])
def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(tmp_path, killed_after):
    expected, _ = run(6)
    run(6, tmp_path / "c.npz", stop_after=killed_after)
    values, steps = run(6, tmp_path / "c.npz")
    assert steps[0].epoch == killed_after // STEPS + 1  # no more than the epoch it was in is lost
    for ours, theirs in zip(values, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("killed_after", [STEPS + 2, 3 * STEPS + 4])
def test_a_run_killed_within_an_epoch_continues_at_its_last_checkpoint(tmp_path, monkeypatch, killed_after):
    expected, whole = run(6)
    monkeypatch.setattr("core.training.fit.CHECKPOINT_SECONDS", 0)  # after every step
    run(6, tmp_path / "c.npz", stop_after=killed_after)
    values, rest = run(6, tmp_path / "c.npz")
    assert (rest[0].epoch, rest[0].step) == (whole[killed_after].epoch, whole[killed_after].step)
    assert rest[-1].history[-1]["loss"] == pytest.approx(whole[-1].history[-1]["loss"])
    for ours, theirs in zip(values, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_checkpoint_with_another_fingerprint_is_refused(tmp_path):
    run(1, tmp_path / "c.npz", fingerprint="one network")
    with pytest.raises(weights.WeightsError, match=r"c\.npz"):
        run(2, tmp_path / "c.npz", fingerprint="another")


def test_a_finished_checkpoint_gives_its_result_at_once(tmp_path):
    expected, steps = run(6, tmp_path / "c.npz")
    values, again = run(6, tmp_path / "c.npz")
    assert len(again) == 1
    assert again[0].history == steps[-1].history
    assert again[0].fraction == 1
    for ours, theirs in zip(values, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_prefetched_batches_are_the_same_ones_and_a_failure_is_not_swallowed():
    for ours, theirs in zip(prefetched(problem()(0), 3), problem()(0), strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])

    def broken():
        yield 1
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(prefetched(broken()))


def test_after_epoch_adds_to_the_history():
    _, steps = run(2, after_epoch=lambda epoch: {"epoch_seen": epoch})
    assert [figures["epoch_seen"] for figures in steps[-1].history] == [0, 1]


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    run(1, tmp_path / "c.npz")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(9)])
    with pytest.raises(weights.WeightsError, match=r"c\.npz belongs to another network"):
        next(
            fit(
                model,
                keras.losses.mean_squared_error,
                keras.optimizers.Adam(),
                problem(),
                epochs=1,
                steps=STEPS,
                checkpoint=tmp_path / "c.npz",
            )
        )


def test_cosine_rises_then_falls_to_zero():
    rate = cosine(1.0, 100, warmup=20)
    values = [float(rate(step)) for step in (0, 10, 20, 60, 100)]
    np.testing.assert_allclose(values, [0, 0.5, 1, 0.5, 0], atol=1e-6)


def test_data_that_cannot_be_read_ends_the_command_in_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match="nowhere is neither a folder nor a zip that can be read"):
        command_line.main(["evaluate", "--data", str(tmp_path / "nowhere")])
