"""The weights that the app starts with: checked before they are loaded, replaced only as a whole.

`weights/manifest.json` holds for every file its SHA-256, its size and the facts of the run that made
it. The architecture lives in code and a file gives numbers only, so nothing in it can be executed.
"""

from __future__ import annotations

import json
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import h5py

if TYPE_CHECKING:
    import keras
    import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "weights"
MANIFEST = "manifest.json"

_REPAIR = "Restore it from the repository (git checkout weights) and reload the page."


class WeightsError(RuntimeError):
    """Weights that must not be used; the text says in one sentence what is wrong and what to do."""


def facts(name: str) -> dict:
    """What the manifest says of a file: sha256, bytes, and the figures of its training run.

    Raises:
        WeightsError: no manifest that can be read, or the file is not in it.
    """
    try:
        entry = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))[name]
    except (OSError, ValueError, KeyError, TypeError):
        entry = None
    if not isinstance(entry, dict) or not {"sha256", "bytes"} <= entry.keys():
        raise WeightsError(f"The manifest of the weights has no entry for {name}. {_REPAIR}")
    return entry


def checked(name: str) -> Path:
    """Path of a file whose bytes are those that the manifest promises.

    Raises:
        WeightsError: missing, cut or altered.
    """
    expected = facts(name)
    path = FOLDER / name
    try:
        data = path.read_bytes()
    except OSError:
        raise WeightsError(f"The weights file {name} is missing or cannot be read. {_REPAIR}") from None
    if len(data) < expected["bytes"]:
        raise WeightsError(
            f"The weights file {name} is cut off: {len(data):,} of its {expected['bytes']:,} bytes are there. {_REPAIR}"
        )
    if sha256(data).hexdigest() != expected["sha256"]:
        raise WeightsError(f"The weights file {name} was altered: its SHA-256 is not the manifest's. {_REPAIR}")
    return path


def load(model: keras.Model, name: str) -> None:
    """Fill `model` with the weights in `name`, after checking them.

    Raises:
        WeightsError: missing, cut, altered, or of another network.
    """
    path = checked(name)
    try:
        model.load_weights(path)
    except Exception as error:  # Keras and h5py raise many kinds for a file of another shape
        raise WeightsError(f"The weights in {name} do not fit the network {model.name}. {_REPAIR}") from error


def numbers(name: str) -> dict[str, list[np.ndarray]]:
    """The weights in `name` by the names of their layers, each as `keras.Layer.get_weights` gives them; without Keras.

    Raises:
        WeightsError: missing, cut or altered.
    """
    with h5py.File(checked(name)) as file:
        layers = [layer["vars"] for layer in file["layers"].values()]
        return {part.attrs["name"]: [part[str(i)][()] for i in range(len(part))] for part in layers}


def save(model: keras.Model, name: str, run: dict) -> None:
    """Write the weights and their manifest entry, each atomically: a failure leaves the old ones.

    Args:
        run: facts of the training run for the manifest, anything that JSON can hold.
    """
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".saving-") as temporary:
        fresh = Path(temporary) / name
        model.save_weights(fresh)
        record(fresh, run)


def record(fresh: Path, run: dict) -> None:
    """Move the finished file `fresh` into `FOLDER` and enter it into the manifest.

    The file must lie on the disk of `FOLDER`. Between the two moves a kill leaves a file that does
    not match the manifest, which `checked` reports rather than loads.
    """
    data = fresh.read_bytes()
    manifest = FOLDER / MANIFEST
    entries = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    entries[fresh.name] = run | {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    partial = manifest.with_suffix(".partial")
    partial.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(FOLDER / fresh.name)
    partial.replace(manifest)
