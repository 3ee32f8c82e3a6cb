"""Weights on disk: whatever happens to a file, it is loaded whole or refused with a sentence."""

import json

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


def test_weights_of_another_shape_are_a_sentence(folder):
    with pytest.raises(weights.WeightsError, match="do not fit the network small"):
        weights.load(model(units=4), "small.weights.h5")


def test_a_failed_save_leaves_the_old_weights(folder, monkeypatch):
    before = (folder / "small.weights.h5").read_bytes()

    def disk_full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save_weights", disk_full)
    with pytest.raises(OSError, match="No space"):
        weights.save(model(), "small.weights.h5", {})
    assert (folder / "small.weights.h5").read_bytes() == before
    weights.checked("small.weights.h5")
    assert len(list(folder.iterdir())) == 2


def test_every_shipped_file_is_the_one_in_the_manifest():
    shipped = json.loads((weights.FOLDER / weights.MANIFEST).read_text())
    assert {"cae.weights.h5", "fcn.weights.h5"} <= shipped.keys()
    for name in shipped:
        weights.checked(name)
        assert (weights.FOLDER / name).stat().st_size <= 25_000_000
