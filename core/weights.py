"""The weights that the app starts with: checked before they are loaded, replaced only as a whole.

`weights/manifest.json` holds for every file its SHA-256, its size and the facts of the run that made
it. The architecture lives in code and a file gives numbers only, so nothing in it can be executed.

New files are first laid beside the old ones, as next-NAME, then the manifest is replaced, then they take the old ones'
names. Replacing the manifest is one step and decides: until it the old files are what the manifest promises, from it on
the new ones are, under one name or the other.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras

FOLDER = Path(__file__).resolve().parent.parent / "weights"
MANIFEST = "manifest.json"
FAR = 1e6
"""A weight or a code beyond this is not from here."""

LEFT_SECONDS = 600
"""A save takes seconds: a folder of one that has not changed for so long was left by a kill."""

REPAIR = "Restore it from the repository (git checkout weights) and reload the page."


class WeightsError(RuntimeError):
    """Weights that must not be used; the text says in one sentence what is wrong and what to do."""


def facts(name: str, kinds: dict | None = None) -> dict:
    """What the manifest says of a file: sha256, bytes, and the figures of its training run.

    Args:
        kinds: of the figures that the caller reads, by their names: float for any finite number, str, [kind] for one or
            more of a kind, {name: kind} for figures by name.

    Raises:
        WeightsError: no manifest that can be read, the file is not in it, or a figure is missing or of another kind.
    """
    try:
        entry = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))[name]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        entry = None
    if not _is(entry, {"sha256": str, "bytes": float} | (kinds or {})):
        raise WeightsError(f"The manifest of the weights has no whole entry for {name}. {REPAIR}")
    return entry


def _is(value, kind) -> bool:
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(name in value and _is(value[name], kind[name]) for name in kind)
    if isinstance(kind, list):
        return isinstance(value, list) and value != [] and all(_is(each, kind[0]) for each in value)
    if kind is float:
        return type(value) in (int, float) and abs(value) < 2**53  # NaN is not
    return isinstance(value, kind)


def checked(name: str) -> Path:
    """Path of a file whose bytes are those that the manifest promises.

    Raises:
        WeightsError: missing, cut or altered.
    """
    expected = facts(name)
    for path in (FOLDER / name, _next(name)):
        if _sha256(path) == expected["sha256"]:
            return path
    try:
        size = len((FOLDER / name).read_bytes())
    except OSError:
        raise WeightsError(f"The weights file {name} is missing or cannot be read. {REPAIR}") from None
    if size < expected["bytes"]:
        raise WeightsError(
            f"The weights file {name} is cut off: {size:,} of its {expected['bytes']:,} bytes are there. {REPAIR}"
        )
    raise WeightsError(f"The weights file {name} was altered: its SHA-256 is not the manifest's. {REPAIR}")


def load(model: keras.Model, name: str) -> None:
    """Fill `model` with the weights in `name`, after checking them.

    Raises:
        WeightsError: missing, cut, altered, locked, or of another network.
    """
    with fitting(name, model.name) as path:
        model.load_weights(path)


@contextmanager
def fitting(name: str, network: str) -> Iterator[Path]:
    """Path of a checked file, to be read in here as the weights of `network`: an error says that they are none.

    Raises:
        WeightsError: missing, cut, altered, locked, or of another network.
    """
    path = checked(name)
    try:
        yield path
    except BlockingIOError as error:  # HDF5 asks for a lock of its own
        raise WeightsError(
            f"The weights file {name} is locked by another program. Close that one and reload the page."
        ) from error
    except Exception as error:  # Keras and h5py raise many kinds for a file of another shape
        raise WeightsError(f"The weights in {name} do not fit the network {network}. {REPAIR}") from error


def check(arrays: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]], source: str) -> None:
    """That a network's arrays are all there, of these shapes.

    Args:
        source: what the arrays come from, for the sentence of an error.

    Raises:
        WeightsError: other names or shapes, or numbers that are none.
    """
    if {name: array.shape for name, array in arrays.items()} != shapes:
        raise WeightsError(f"The weights in {source} are of another network: choose a file that was made here.")
    if not all(array.dtype == np.float32 and sound(array) for array in arrays.values()):
        raise WeightsError(f"The weights in {source} are not all numbers: train again.")


def sound(array: np.ndarray) -> bool:
    """Whether all of its numbers are finite and such as a training here ends with."""
    return bool(np.isfinite(array).all() and np.abs(array).max() < FAR)


def numbers(path: Path) -> dict[str, list[np.ndarray]]:
    """A file's weights by the names of its layers, each as `keras.Layer.get_weights` gives them; without Keras.

    The layers of a layer that is a model itself come in the alphabet's order; the autoencoder's are in it.
    """
    with h5py.File(path) as file:
        return {layer["vars"].attrs["name"]: _numbers(layer) for layer in file["layers"].values()}


def _numbers(layer: h5py.Group) -> list[np.ndarray]:
    own = [layer["vars"][str(i)][()] for i in range(len(layer["vars"]))]
    return own + [array for inner in layer.get("layers", {}).values() for array in _numbers(inner)]


def save(model: keras.Model, name: str, run: dict) -> None:
    """Write the weights and their manifest entry at one stroke: a failure leaves the old ones.

    Args:
        run: facts of the training run for the manifest, anything that JSON can hold.
    """
    with replacing({name: run}) as folder:
        write(model, folder / name)


def write(model: keras.Model, path: Path) -> None:
    """Keras' `save_weights`; where there is no room it does not begin, for HDF5 would print tracebacks of its own.

    Raises:
        OSError: the disk is full.
    """
    if shutil.disk_usage(path.parent).free < 5 * model.count_params():  # four bytes a number, and their names
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    model.save_weights(path)


@contextmanager
def replacing(runs: dict[str, dict]) -> Iterator[Path]:
    """A folder to write new files into; at its end they take the old ones' place, all of them or, killed, none.

    Args:
        runs: name of each file -> what the manifest says of it beside SHA-256 and size.
    """
    for left in FOLDER.glob(".saving-*"):
        with suppress(OSError):  # it may be gone meanwhile, or not be ours to remove
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".saving-") as temporary:
        folder = Path(temporary)
        yield folder
        manifest = FOLDER / MANIFEST
        entries = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
        for name, entry in entries.items():
            _finish(name, entry)
        for name, run in runs.items():
            data = (folder / name).read_bytes()
            entries[name] = run | {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
        (folder / MANIFEST).write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        for name in runs:
            (folder / name).replace(_next(name))
        (folder / MANIFEST).replace(manifest)
        for name in runs:
            _finish(name, entries[name])


def _next(name: str) -> Path:
    return FOLDER / f"next-{name}"  # the end of a name matters to Keras


def _finish(name: str, entry: dict) -> None:
    """Give the next file its name where the manifest promises it; left by a kill before that, it goes."""
    fresh = _next(name)
    if _sha256(fresh) == entry["sha256"]:
        fresh.replace(FOLDER / name)
    else:
        fresh.unlink(missing_ok=True)


def _sha256(path: Path) -> str | None:
    """None where there is no file that can be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
