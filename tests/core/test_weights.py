"""Weights on disk: whatever happens to a file, it is loaded whole or refused with a sentence."""

import errno
import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from core import weights

NAME = "small.npz"


def values(seed=0, units=3):
    rng = np.random.default_rng(seed)
    return {
        "dense/kernel": rng.normal(size=(2, units)).astype(np.float32),
        "dense/bias": rng.normal(size=units).astype(np.float32),
    }


def shapes(units=3):
    return {name: array.shape for name, array in values(units=units).items()}


def loaded(name=NAME):
    return weights.arrays(name, shapes())


def same(some, others):
    return some.keys() == others.keys() and all(np.array_equal(some[name], others[name]) for name in some)


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def folder(empty):
    weights.save(values(), NAME, {"epochs": 1})
    return empty


def test_saved_arrays_are_loaded_with_their_facts(empty):
    weights.save(values(4), NAME, {"epochs": 7})
    assert same(loaded(), values(4))
    assert weights.facts(NAME)["epochs"] == 7
    assert sorted(p.name for p in empty.iterdir()) == ["manifest.json", NAME]


def test_saving_one_file_keeps_the_entry_of_another(folder):
    weights.save(values(units=5), "other.npz", {})
    weights.checked(NAME)
    weights.checked("other.npz")


def test_kernels_are_rounded_to_float16_and_loaded_as_float32(empty):
    weights.save(weights.rounded(values()), NAME, {})
    rounded, exact = loaded(), values()
    np.testing.assert_array_equal(rounded["dense/kernel"], exact["dense/kernel"].astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(rounded["dense/bias"], exact["dense/bias"])
    assert {array.dtype for array in rounded.values()} == {np.dtype(np.float32)}


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def alter(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "word"), [(lambda path: path.unlink(), "missing"), (cut, "cut off"), (alter, "altered")]
)
def test_a_harmed_file_is_named_and_not_overwritten(folder, harm, word):
    path = folder / NAME
    harm(path)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(weights.WeightsError, match=f"{NAME}.*{word}"):
        loaded()
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("manifest", [None, "", "[]", "{}", f'{{"{NAME}": 3}}', f'{{"{NAME}": {{}}}}'])
def test_a_harmed_manifest_gives_a_sentence(folder, manifest):
    path = folder / weights.MANIFEST
    path.unlink() if manifest is None else path.write_text(manifest)
    with pytest.raises(weights.WeightsError, match=r"manifest.*Restore"):
        loaded()


@pytest.mark.parametrize("manifest", ["", "[]", "not json"])
def test_a_broken_manifest_stops_a_save_with_a_sentence(folder, manifest):
    (folder / weights.MANIFEST).write_text(manifest)
    before = (folder / NAME).read_bytes()
    with pytest.raises(weights.WeightsError, match="manifest"):
        weights.save(values(1), NAME, {})
    assert (folder / NAME).read_bytes() == before


@pytest.mark.parametrize("bad", ["3", None, [], {}, True, float("nan"), float("inf"), 10**400])
def test_a_figure_of_another_kind_gives_a_sentence(empty, bad):
    kinds = {"epochs": float, "losses": [float], "photos": {"training": float}}
    good = {"epochs": 3, "losses": [0.5, 1], "photos": {"training": 9, "more": "fine"}}
    weights.save(values(), NAME, good)
    assert weights.facts(NAME, kinds).items() >= good.items()
    for harm in (
        {"epochs": bad},
        {"losses": [0.5, bad]},
        {"losses": bad},
        {"photos": bad},
        {"photos": {"training": bad}},
    ):
        weights.save(values(), NAME, good | harm)
        with pytest.raises(weights.WeightsError, match=NAME):
            weights.facts(NAME, kinds)


def test_weights_of_another_network_are_refused(folder):
    with pytest.raises(weights.WeightsError, match=f"{NAME} belong to another network"):
        weights.arrays(NAME, shapes(units=4))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e7])
def test_weights_that_are_not_finite_are_refused(empty, bad):
    broken = values()
    broken["dense/bias"][1] = bad
    weights.save(broken, NAME, {})
    with pytest.raises(weights.WeightsError, match=NAME):
        loaded()


def test_a_file_with_the_right_hash_and_no_arrays_is_refused(folder):
    with weights.replacing({NAME: {}}) as fresh:
        (fresh / NAME).write_bytes(b"no archive")
    with pytest.raises(weights.WeightsError, match=NAME):
        loaded()


def test_weights_swapped_between_networks_are_refused(folder):
    weights.save(values(units=5), "other.npz", {})
    one, other = folder / NAME, folder / "other.npz"
    swapped = other.read_bytes(), one.read_bytes()
    for path, data in zip((one, other), swapped, strict=True):
        path.write_bytes(data)
    for name in (NAME, "other.npz"):
        with pytest.raises(weights.WeightsError, match=name):
            loaded(name)


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
def test_a_full_disk_leaves_the_old_weights_or_the_new_ones(folder, monkeypatch, moves):
    old, new = loaded(), values(1)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", Full(moves).move(Path.replace))
        with pytest.raises(OSError, match="No space left"):
            weights.save(new, NAME, {})
    assert same(loaded(), old if moves < 2 else new)
    weights.save(new, NAME, {})  # once there is space again
    assert same(loaded(), new)
    assert len(list(folder.iterdir())) == 2


def test_a_manifest_without_disk_space_leaves_the_old_weights(folder, monkeypatch):
    old = loaded()
    monkeypatch.setattr(Path, "write_text", Full(100).write(Path.write_text))
    with pytest.raises(OSError, match="No space left"):
        weights.save(values(2), NAME, {})
    assert same(loaded(), old)
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
    small, outcomes, step = loaded(), [], 0
    with weights.replacing({"one": {"run": "old"}, "two": {"run": "old"}}) as fresh:
        for name in ("one", "two"):
            (fresh / name).write_bytes(b"old")
    while not outcomes or outcomes[-1][0]:
        run = f"run {step}"
        before = [weights.checked(name) for name in ("one", "two")]
        killed = killed_at(step, run)
        after = [weights.checked(name) for name in ("one", "two")]
        assert after == before or all(data.endswith(run.encode()) for data in after)
        assert {weights.facts(name)["run"] == run for name in ("one", "two")} == {after != before}
        assert same(loaded(), small)
        outcomes.append((killed, after != before))
        step += 1
    assert (True, False) in outcomes
    assert (True, True) in outcomes
    assert not list(folder.glob("next-*"))


def test_a_save_removes_abandoned_folders_and_not_those_in_use(folder):
    abandoned = folder / ".saving-abandoned"
    abandoned.mkdir()
    (abandoned / "half.npz").write_bytes(b"half")
    os.utime(abandoned, times=(0, time.time() - weights.ABANDONED_SECONDS - 1))
    with weights.replacing({"one": {}}) as being_written:
        (being_written / "one").write_bytes(b"whole")
        weights.save(values(2), NAME, {})
        assert not abandoned.exists()
    assert weights.checked("one") == b"whole"
    assert not list(folder.glob(".saving-*"))


def test_every_shipped_file_matches_the_manifest():
    shipped = json.loads((weights.FOLDER / weights.MANIFEST).read_text())
    assert shipped.keys() >= {"cae.npz", weights.FCN, weights.VGG16, weights.LESSON, weights.LESSON_COMPARISON}
    for name in shipped:
        weights.checked(name)
        assert (weights.FOLDER / name).stat().st_size <= 30_000_000
