"""Photos with masks, from a folder, a zip or the lesson's three .npy files.

A folder or zip holds `images/NAME.jpg` and `masks/NAME.png`; a photo and its mask share NAME and
size. A zip is read member by member in memory and never unpacked.
"""

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from core import photos


class DatasetError(ValueError):
    """Data that cannot be read as photos with masks; the text says why and what is expected."""


@dataclass(frozen=True)
class Pair:
    """A photo (H, W, 3) uint8 and its mask (H, W) bool, True on the object."""

    name: str
    photo: np.ndarray
    mask: np.ndarray


def load(path: Path, progress: Callable[[int, int], None] | None = None) -> list[Pair]:
    """All pairs of a folder or zip, in the order of their names.

    Args:
        progress: called with (pairs read, pairs in all).

    Raises:
        DatasetError: nothing there, a photo without a mask, or a file that cannot be read.
    """
    files = _members(path)
    pairs = []
    stems = _pair_up(files)
    for i, (stem, photo, mask) in enumerate(stems, start=1):
        pairs.append(_read(stem, files[photo](), files[mask]()))
        if progress:
            progress(i, len(stems))
    return pairs


def fingerprint(pairs: Iterable[Pair]) -> str:
    """SHA-256 over names, photos and masks: two runs with the same one saw the same data."""
    digest = sha256()
    for pair in pairs:
        digest.update(pair.name.encode())
        digest.update(pair.photo.tobytes())
        digest.update(np.packbits(pair.mask).tobytes())
    return digest.hexdigest()


def split(pairs: list[Pair], held_out: int, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Divide by a seeded draw into (the rest, `held_out` pairs), the same for the same pairs and seed."""
    order = np.random.default_rng(seed).permutation(len(pairs))
    return [pairs[i] for i in order[held_out:]], [pairs[i] for i in order[:held_out]]


def _members(path: Path) -> dict[str, Callable[[], bytes]]:
    """Relative posix path -> a function that reads it."""
    if path.is_dir():
        return {p.relative_to(path).as_posix(): p.read_bytes for p in path.rglob("*") if p.is_file()}
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile):
        raise DatasetError(f"{path.name} is neither a folder nor a zip that can be read.") from None
    return {name: (lambda n=name: archive.read(n)) for name in archive.namelist() if not name.endswith("/")}


def _pair_up(names: Iterable[str]) -> list[tuple[str, str, str]]:
    found: dict[str, dict[str, str]] = {"images": {}, "masks": {}}
    for name in names:
        path = PurePosixPath(name)
        if path.parent.name in found:
            found[path.parent.name][path.stem] = name
    if not found["images"]:
        raise DatasetError("No photos found: they belong in a folder named images, their masks in one named masks.")
    if missing := sorted(found["images"].keys() - found["masks"].keys()):
        raise DatasetError(f"{len(missing)} photos have no mask of the same name, the first is {missing[0][:80]}.")
    return [(stem, found["images"][stem], found["masks"][stem]) for stem in sorted(found["images"])]


def _read(stem: str, photo_bytes: bytes, mask_bytes: bytes) -> Pair:
    try:
        photo = photos.decode(photo_bytes)
        mask = np.asarray(Image.open(io.BytesIO(mask_bytes), formats=("PNG",)).convert("L")) > 127
    except (photos.PhotoError, OSError) as error:
        raise DatasetError(f"{stem[:80]} cannot be read: {error}") from None
    if mask.shape != photo.shape[:2]:
        raise DatasetError(
            f"{stem[:80]}: the mask is {mask.shape[1]} x {mask.shape[0]} pixels, "
            f"its photo {photo.shape[1]} x {photo.shape[0]}; they must be of one size."
        )
    return Pair(stem, photo, mask)
