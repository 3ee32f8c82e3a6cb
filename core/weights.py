"""The weights that the app starts with: checked before they are used, replaced only as a whole.

A file holds named arrays (NumPy's `.npz`) and nothing else: the architectures are code. `weights/manifest.json` has for
every file its SHA-256, its size and the figures of the run that made it.

New files are first written beside the old ones, as next-NAME, then the manifest is replaced, then they take the old
files' names. Replacing the manifest is one step and decides: before it the old files match the manifest, after it the
new ones do, under one name or the other.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.data import archives

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = Path(__file__).resolve().parent.parent / "weights"
MANIFEST = "manifest.json"
FCN = "fcn.npz"
LITE0 = "lite0.npz"
VGG16 = "vgg16.npz"
LESSON = "lesson.npz"
LESSON_COMPARISON = "lesson_comparison.json"

LARGEST_VALUE = 1e6
"""No training here ends with a weight or a latent code beyond this."""
MOST_ARRAYS = 1000
"""In a file; no network here has as many."""
ABANDONED_SECONDS = 600
"""A save takes seconds: its folder, unchanged for so long, was left by a killed process."""

REPAIR = "Restore it from the repository (git checkout weights)."


class WeightsError(RuntimeError):
    """Weights that must not be used; the text says in one sentence what is wrong and what to do."""


def facts(name: str, kinds: dict | None = None) -> dict:
    """The manifest's entry for a file: sha256, bytes, and the figures of its training run.

    Args:
        kinds: the figures that the caller reads, by name: float for any finite number, str, [kind] for one or more of a
            kind, {name: kind} for figures by name.

    Raises:
        WeightsError: the manifest cannot be read, lacks the file, or a figure is missing or of another kind.
    """
    try:
        entry = _manifest()[name]
    except KeyError:
        entry = None
    if not _is(entry, {"sha256": str, "bytes": float} | (kinds or {})):
        raise WeightsError(f"The manifest of the weights has no complete entry for {name}. {REPAIR}")
    return entry


def _manifest() -> dict:
    try:
        entries = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        entries = None
    if not isinstance(entries, dict):
        raise WeightsError(f"The manifest of the weights, {MANIFEST}, cannot be read. {REPAIR}")
    return entries


def _is(value, kind) -> bool:
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(name in value and _is(value[name], kind[name]) for name in kind)
    if isinstance(kind, list):
        return isinstance(value, list) and value != [] and all(_is(each, kind[0]) for each in value)
    if kind is float:
        return type(value) in (int, float) and abs(value) < 2**53  # NaN is not
    return isinstance(value, kind)


def checked(name: str) -> bytes:
    """The bytes of a file, which have the SHA-256 of the manifest.

    Raises:
        WeightsError: missing, cut or altered.
    """
    expected, size = facts(name), None
    for path in (_next(name), FOLDER / name):
        with suppress(OSError):
            data = path.read_bytes()
            if sha256(data).hexdigest() == expected["sha256"]:
                return data
            size = len(data) if path.name == name else size
    if size is None:
        raise WeightsError(f"The weights file {name} is missing or cannot be read. {REPAIR}")
    if size < expected["bytes"]:
        raise WeightsError(
            f"The weights file {name} is cut off: {size:,} of its {expected['bytes']:,} bytes are there. {REPAIR}"
        )
    raise WeightsError(f"The weights file {name} was altered: its SHA-256 differs from the manifest. {REPAIR}")


def arrays(name: str, shapes: Mapping[str, tuple[int, ...]] | None = None) -> dict[str, np.ndarray]:
    """The arrays of a file by their names, as `read` returns them.

    Args:
        shapes: names and shapes that they must have; None where the caller checks them.

    Raises:
        WeightsError: missing, cut, altered, or arrays of another network.
    """
    loaded = read(checked(name), name)
    if shapes is not None:
        check(loaded, shapes, name)
    return loaded


def read(file: Path | bytes, source: str, largest: int = 2**40) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file by their names, float16 brought to float32; nothing in it is executed.

    Args:
        file: its path or its bytes.
        source: what it is called in the sentence of an error.
        largest: bytes that it may have, packed or unpacked.

    Raises:
        WeightsError: the file cannot be read, is too large, or holds anything but plain arrays.
    """
    try:
        members = archives.members(file, archives.Ceiling(MOST_ARRAYS, largest, largest))
        loaded = {name.removesuffix(".npy"): archives.array(unpacked()) for name, unpacked in members.items()}
    except ValueError as error:  # of `archives`, each kind of its errors
        large = isinstance(error, archives.TooMuchError)
        problem = "is too large" if large else "cannot be read or does not hold weights"
        raise WeightsError(f"{source} {problem}: choose an .npz file that was made here.") from error
    return {name: a.astype(np.float32) if a.dtype == np.float16 else a for name, a in loaded.items()}


def packed(values: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of an `.npz` file with these arrays."""
    file = io.BytesIO()
    np.savez(file, **values)  # type: ignore[arg-type]  # numpy's stub takes every keyword for allow_pickle
    return file.getvalue()


def check(loaded: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]], source: str) -> None:
    """That a network's arrays are all there, with these names and shapes, float32 and finite.

    Args:
        source: where the arrays come from, for the sentence of an error.

    Raises:
        WeightsError: other names or shapes, or NaN, infinite or huge values.
    """
    if {name: array.shape for name, array in loaded.items()} != dict(shapes):
        raise WeightsError(f"The weights in {source} belong to another network: choose a file that was made here.")
    if not all(array.dtype == np.float32 and is_finite(array) for array in loaded.values()):
        raise WeightsError(f"The weights in {source} have NaN, infinite or huge values: train again.")


def is_finite(array: np.ndarray) -> bool:
    """Whether all values are finite and no larger than a training here ends with."""
    return bool(np.isfinite(array).all() and np.abs(array).max(initial=0) < LARGEST_VALUE)


def rounded(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays as a file stores them: kernels rounded to float16, which halves it; everything else as it is."""
    return {name: a.astype(np.float16) if name.endswith("/kernel") else a for name, a in values.items()}


def save(values: Mapping[str, np.ndarray], name: str, run: dict) -> None:
    """Write arrays and their manifest entry in one step: a failure leaves the old ones.

    Args:
        run: figures of the training run for the manifest, anything that JSON can hold.

    Raises:
        OSError: the disk is full.
        WeightsError: the manifest cannot be read.
    """
    with replacing({name: run}) as folder:
        (folder / name).write_bytes(packed(values))


@contextmanager
def replacing(runs: dict[str, dict]) -> Iterator[Path]:
    """A folder to write new files into; at its end they replace the old ones, all of them or, if killed, none.

    Args:
        runs: name of each file -> its manifest entry, without SHA-256 and size.
    """
    for abandoned in FOLDER.glob(".saving-*"):
        with suppress(OSError):  # it may be gone by now, or belong to another user
            if time.time() - abandoned.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(abandoned)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".saving-") as temporary:
        folder = Path(temporary)
        yield folder
        manifest = FOLDER / MANIFEST
        entries = _manifest() if manifest.exists() else {}
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
    return FOLDER / f"next-{name}"


def _finish(name: str, entry: dict) -> None:
    """Give the next file its name if it has the manifest's SHA-256; one that a kill left before that is removed."""
    path = _next(name)
    with suppress(FileNotFoundError):
        if sha256(path.read_bytes()).hexdigest() == entry["sha256"]:
            path.replace(FOLDER / name)
        else:
            path.unlink()
