"""Weights on disk: whatever happens to a file, it is loaded whole or refused with a sentence."""

import errno
import json
import os
import signal
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from core import weights


def model(units=3):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)], name="small")


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def folder(empty):
    weights.save(model(), "small.weights.h5", {"epochs": 1})
    return empty


def test_what_was_saved_comes_back(empty):
    first, second = model(), model()
    weights.save(first, "small.weights.h5", {"epochs": 7})
    weights.load(second, "small.weights.h5")
    for ours, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert weights.facts("small.weights.h5")["epochs"] == 7
    assert sorted(p.name for p in empty.iterdir()) == ["manifest.json", "small.weights.h5"]


def test_saving_one_file_keeps_the_entry_of_another(folder):
    weights.save(model(5), "other.weights.h5", {})
    weights.checked("small.weights.h5")
    weights.checked("other.weights.h5")


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def altered(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "sentence"), [(lambda path: path.unlink(), "is missing"), (cut, "is cut off"), (altered, "was altered")]
)
def test_a_harmed_file_is_named_and_nothing_is_overwritten(folder, harm, sentence):
    path = folder / "small.weights.h5"
    harm(path)
    before = path.read_bytes() if path.exists() else None
    fresh = model()
    values = fresh.get_weights()
    with pytest.raises(weights.WeightsError, match=f"small.weights.h5 {sentence}"):
        weights.load(fresh, "small.weights.h5")
    assert (path.read_bytes() if path.exists() else None) == before
    for now, then in zip(fresh.get_weights(), values, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("manifest", [None, "", "[]", "{}", '{"small.weights.h5": 3}', '{"small.weights.h5": {}}'])
def test_a_harmed_manifest_is_a_sentence(folder, manifest):
    path = folder / weights.MANIFEST
    path.unlink() if manifest is None else path.write_text(manifest)
    with pytest.raises(weights.WeightsError, match=r"small\.weights\.h5.*Restore"):
        weights.load(model(), "small.weights.h5")


@pytest.mark.parametrize("bad", ["3", None, [], {}, True, float("nan"), float("inf"), 10**400])
def test_a_figure_of_another_kind_is_a_sentence(empty, bad):
    kinds = {"epochs": float, "losses": [float], "photos": {"training": float}}
    good = {"epochs": 3, "losses": [0.5, 1], "photos": {"training": 9, "more": "fine"}}
    weights.save(model(), "small.weights.h5", good)
    assert weights.facts("small.weights.h5", kinds).items() >= good.items()
    for harm in (
        {"epochs": bad},
        {"losses": [0.5, bad]},
        {"losses": bad},
        {"photos": bad},
        {"photos": {"training": bad}},
    ):
        weights.save(model(), "small.weights.h5", good | harm)
        with pytest.raises(weights.WeightsError, match="no whole entry for small"):
            weights.facts("small.weights.h5", kinds)


def test_weights_of_another_shape_are_a_sentence(folder):
    with pytest.raises(weights.WeightsError, match="do not fit the network small"):
        weights.load(model(units=4), "small.weights.h5")


def loaded(folder, name="small.weights.h5"):
    fresh = model()
    weights.load(fresh, name)
    return fresh.get_weights()


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def test_a_file_that_another_program_locks_is_a_sentence_and_loads_when_it_is_free(folder):
    fcntl = pytest.importorskip("fcntl")  # Windows refuses to read such a file: "cannot be read"
    with (folder / "small.weights.h5").open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(weights.WeightsError, match=r"small\.weights\.h5 is locked by another program"):
            loaded(folder)
    loaded(folder)


def test_weights_swapped_between_networks_are_a_sentence(folder):
    weights.save(model(5), "other.weights.h5", {})
    one, other = folder / "small.weights.h5", folder / "other.weights.h5"
    swapped = other.read_bytes(), one.read_bytes()
    for path, data in zip((one, other), swapped, strict=True):
        path.write_bytes(data)
    for name in ("small.weights.h5", "other.weights.h5"):
        with pytest.raises(weights.WeightsError, match=f"{name} was altered|{name} is cut off"):
            weights.load(model(), name)


class Full:
    """A disk on which only so many bytes more can be written, and no file be moved once it is full."""

    def __init__(self, left):
        self.left = left

    def write(self, write):
        def limited(path, data, *args, **options):
            self.left -= len(data)
            if self.left < 0:
                path.write_bytes(b"half")
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(path, data, *args, **options)

        return limited

    def move(self, move):
        def limited(path, target):
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return move(path, target)

        return limited


@pytest.mark.parametrize("moves", range(3))
def test_a_disk_that_is_full_while_saving_leaves_the_old_weights_or_the_new_ones(folder, monkeypatch, moves):
    old, new = loaded(folder), model()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", Full(moves).move(Path.replace))
        with pytest.raises(OSError, match="No space left"):
            weights.save(new, "small.weights.h5", {})
    assert same(loaded(folder), old if moves < 2 else new.get_weights())
    weights.save(new, "small.weights.h5", {})  # once there is space again
    assert same(loaded(folder), new.get_weights())
    assert len(list(folder.iterdir())) == 2


def test_a_manifest_that_finds_no_space_leaves_the_old_weights(folder, monkeypatch):
    old = loaded(folder)
    monkeypatch.setattr(Path, "write_text", Full(100).write(Path.write_text))
    with pytest.raises(OSError, match="No space left"):
        weights.save(model(), "small.weights.h5", {})
    assert same(loaded(folder), old)
    assert len(list(folder.iterdir())) == 2


def killed_at(step, run):
    """Save two files in a process that is killed at this step, a write or before or after a move; whether it was."""
    process = os.fork()
    if process:
        return os.WIFSIGNALED(os.waitpid(process, 0)[1])
    steps, move = iter(range(step)), Path.replace

    def next_step():
        if next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    def moved(path, target):
        next_step()
        move(path, target)
        next_step()

    Path.replace = moved
    with weights.replacing({"one": {"run": run}, "two": {"run": run}}) as fresh:
        for name in ("one", "two"):
            for _ in range(3):
                with (fresh / name).open("ab") as file:
                    file.write(bytes(100_000) + run.encode())
                next_step()
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_killed_while_saving_all_files_are_the_old_ones_or_all_are_the_new_ones(folder):
    """Killed at its first step, then at its second, and so on until it comes through."""
    small, outcomes, step = loaded(folder), [], 0
    with weights.replacing({"one": {"run": "old"}, "two": {"run": "old"}}) as fresh:
        for name in ("one", "two"):
            (fresh / name).write_bytes(b"old")
    while not outcomes or outcomes[-1][0]:
        run = f"run {step}"
        before = [weights.checked(name).read_bytes() for name in ("one", "two")]
        killed = killed_at(step, run)
        after = [weights.checked(name).read_bytes() for name in ("one", "two")]
        assert after == before or all(data.endswith(run.encode()) for data in after)
        assert {weights.facts(name)["run"] == run for name in ("one", "two")} == {after != before}
        assert same(loaded(folder), small)
        outcomes.append((killed, after != before))
        step += 1
    assert (True, False) in outcomes
    assert (True, True) in outcomes
    assert not list(folder.glob("next-*"))


def test_a_save_removes_what_a_killed_one_left_and_leaves_one_that_is_being_written(folder):
    left = folder / ".saving-left"
    left.mkdir()
    (left / "half.weights.h5").write_bytes(b"half")
    os.utime(left, times=(0, time.time() - weights.LEFT_SECONDS - 1))
    with weights.replacing({"one": {}}) as being_written:
        (being_written / "one").write_bytes(b"whole")
        weights.save(model(), "small.weights.h5", {})
        assert not left.exists()
    assert weights.checked("one").read_bytes() == b"whole"
    assert not list(folder.glob(".saving-*"))


def test_every_shipped_file_is_the_one_in_the_manifest():
    shipped = json.loads((weights.FOLDER / weights.MANIFEST).read_text())
    assert {"cae.weights.h5", "fcn.weights.h5"} <= shipped.keys()
    for name in shipped:
        weights.checked(name)
        assert (weights.FOLDER / name).stat().st_size <= 25_000_000
