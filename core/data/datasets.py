"""Photos with masks, from a folder, a zip or the lesson's three .npy files.

A folder or zip holds photos `P/images/NAME.jpg` and their masks `P/masks/NAME.png`, of the same size; P is any folder
or none, and the case of images and masks does not matter. Or it holds the lesson's files: `images_training.npy`
(N, H, W, 3), `seg_training.npy` (N, H, W, 2), one-hot, background first, and `images_testing.npy` (M, H, W, 3), photos
without masks. A zip is read in memory, one member at a time, and checked against limits before it is unpacked. Nothing
is written to disk.
"""

import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePosixPath

import numpy as np

from core import masks, memory, photos
from core.data import archives

TRIPLE = ("images_training.npy", "seg_training.npy", "images_testing.npy")
"""File names of the lesson's data; the last file is optional."""

SYSTEM_FILES = {"thumbs.db", "desktop.ini"}
"""What Windows puts into folders of photos; macOS' .DS_Store and ._NAME begin with a dot."""

Files = Mapping[str, Callable[[], bytes]]
"""Relative POSIX path -> a function that reads the file."""

LOCAL_LIMITS = archives.Ceiling(100_000, 32_000_000_000, 32_000_000_000)
"""Of a zip that is named on the command line."""
UPLOAD_LIMITS = archives.Ceiling(1_000, 600_000_000, 250_000_000)
"""Of an uploaded zip."""
UPLOADED_PHOTOS_LIMITS = archives.Ceiling(1_000, 600_000_000, 150_000_000)
"""Of an uploaded zip without .npy files: 50 million pixels of 3 bytes."""
MAX_UPLOADED_PHOTOS = 500
"""In an upload of .npy files, whose headers may declare millions; a zip has at most as many with their masks."""
MAX_UPLOAD_PIXELS = 500_000_000
"""Of all photos in an upload, about 40 phone photos: a few kilobytes of zip can declare a thousand times more."""


UPLOAD_BYTES = 7e8
"""Memory that the reading of one upload needs at most: twice its largest member, and all photos reduced in size."""
PIECE = 1_000_000
"""Numbers of an array that are converted at once."""
_upload_turn = threading.Lock()


class DatasetError(ValueError):
    """The data is not a set of photos with masks; the text says why and what is expected."""


@dataclass(frozen=True)
class Pair:
    """A photo (H, W, 3) uint8 and its mask (H, W) bool, True on the object."""

    name: str
    photo: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Photos with masks, and test photos (H, W, 3) uint8 without masks."""

    pairs: list[Pair]
    testing: list[np.ndarray] = field(default_factory=list)


def load(path: Path) -> list[Pair]:
    """All pairs of a folder or zip, sorted by name, or those of the lesson's files in it.

    A pair's name is NAME, or P/NAME where the photo is P/images/NAME.jpg.

    Raises:
        DatasetError: no photos, a photo without a mask, two files of one name, or a file that cannot be read.
    """
    files: Files
    if path.is_dir():
        files = {p.relative_to(path).as_posix(): p.read_bytes for p in path.rglob("*") if p.is_file()}
    else:
        files = _members(path.name, path, LOCAL_LIMITS)
    return _read(files).pairs


def uploaded(files: Mapping[str, bytes], longest: int) -> Dataset:
    """The dataset in a user's files, name -> bytes: one zip, or the lesson's .npy files.

    Args:
        longest: photos with a longer side, in pixels, are reduced to it as they are read.

    Raises:
        DatasetError: as `load`; also a zip beyond UPLOAD_LIMITS, photos beyond MAX_UPLOAD_PIXELS or
            MAX_UPLOADED_PHOTOS, or too little memory for UPLOAD_BYTES.
    """
    with _upload_turn:  # the memory of several would add up
        if memory.available() < UPLOAD_BYTES + memory.RESERVE:
            raise DatasetError("The server has too little memory for more training photos: try again later.")
        return _uploaded(files, longest)


def _uploaded(files: Mapping[str, bytes], longest: int) -> Dataset:
    if len(files) == 1 and not next(iter(files)).lower().endswith(".npy"):
        name, data = next(iter(files.items()))
        name = _quoted(PurePosixPath(name).name)
        members = _members(name, data, UPLOAD_LIMITS)
        if not any(member.lower().endswith(".npy") for member in members):
            members = _members(name, data, UPLOADED_PHOTOS_LIMITS)
        return _read(members, longest=longest, max_pixels=MAX_UPLOAD_PIXELS)
    return _read({name: partial(bytes, data) for name, data in files.items()}, longest=longest)


def fingerprint(pairs: Iterable[Pair]) -> str:
    """SHA-256 of names, photos and masks: runs with the same fingerprint used the same data."""
    digest = sha256()
    for pair in pairs:
        digest.update(pair.name.encode())
        digest.update(pair.photo.tobytes())
        digest.update(np.packbits(pair.mask).tobytes())
    return digest.hexdigest()


def split(pairs: list[Pair], held_out: int, seed: int) -> tuple[list[Pair], list[Pair]]:
    """(the rest, `held_out` random pairs), the same for the same pairs and seed."""
    order = np.random.default_rng(seed).permutation(len(pairs))
    return [pairs[i] for i in order[held_out:]], [pairs[i] for i in order[:held_out]]


def _members(name: str, file: Path | bytes, ceiling: archives.Ceiling) -> Files:
    try:
        return archives.members(file, ceiling)
    except archives.NoArchiveError:
        raise DatasetError(f"{name} is neither a folder nor a zip that can be read.") from None
    except archives.TooMuchError as error:
        raise DatasetError(
            f"{name} holds {error}; the limits are {ceiling.members:,} files of {ceiling.bytes / 1e6:,.0f} MB together "
            f"and {ceiling.largest / 1e6:,.0f} MB each. Use fewer or smaller photos."
        ) from None


def _read(files: Files, longest: int | None = None, max_pixels: int | None = None) -> Dataset:
    """The dataset in the files of a folder, a zip or an upload; see `load` and `uploaded`."""
    arrays = {_path(name).name: file for name, file in files.items() if name.lower().endswith(".npy")}
    if arrays:
        return _triple(arrays, longest)
    names = _pair_up(files)
    if max_pixels is not None:
        pixels = sum(_pixels(files[photo]) for _, photo, _ in names)
        if pixels > max_pixels:
            raise DatasetError(
                f"The photos have {pixels / 1e6:,.0f} million pixels together, more than the limit of "
                f"{max_pixels // 1_000_000} million. Use fewer or smaller photos."
            )
    return Dataset([_shrunk(_pair(*each, files), longest) for each in names])


def _pixels(photo_file: Callable[[], bytes]) -> int:
    """The pixels that a photo declares; 0 where it cannot be read: `_pair` then raises the error."""
    try:
        return photos.pixels(photo_file())
    except (archives.MemberError, OSError):
        return 0


def _bytes(name: str, files: Files) -> bytes:
    try:
        return files[name]()
    except (archives.MemberError, OSError):
        raise DatasetError(
            f"{_quoted(name)} cannot be read: check the file, or create the zip again without a password."
        ) from None


def _path(name: str) -> PurePosixPath:
    """The path that a file's name means on any system: some zips have backslashes, and macOS writes é as e and ´."""
    return PurePosixPath(unicodedata.normalize("NFC", name.replace("\\", "/")))


def _pair_up(names: Iterable[str]) -> list[tuple[str, str, str]]:
    """(name, photo file, mask file) of each P/images/STEM.*, by name: STEM, or P/STEM where P is not empty."""
    files: dict[str, dict[str, str]] = {"images": {}, "masks": {}}
    for file in names:
        path = _path(file)
        kind = files.get(path.parent.name.lower())
        if kind is None or path.name.startswith(".") or path.name.lower() in SYSTEM_FILES:
            continue
        name = str(path.parent.parent / path.stem)
        if name in kind:
            raise DatasetError(
                f"{_quoted(kind[name])} and {_quoted(file)} have the same name and differ only in the ending: remove "
                "or rename one of them."
            )
        kind[name] = file
    if not files["images"]:
        raise DatasetError("No photos found: they belong in a folder named images, their masks in one named masks.")
    if missing := sorted(files["images"].keys() - files["masks"].keys()):
        raise DatasetError(f"{len(missing)} photos have no mask of the same name, the first is {_quoted(missing[0])}.")
    return [(name, photo, files["masks"][name]) for name, photo in sorted(files["images"].items())]


def _pair(name: str, photo_file: str, mask_file: str, files: Files) -> Pair:
    try:
        photo = photos.decode(_bytes(photo_file, files))
        return Pair(name, photo, photos.decode_mask(_bytes(mask_file, files), photo.shape[:2]))
    except photos.PhotoError as error:
        raise DatasetError(f"{_quoted(name)} cannot be read: {error}") from None


def _shrunk(pair: Pair, longest: int | None) -> Pair:
    if longest is None or max(pair.mask.shape) <= longest:
        return pair
    photo = photos.shrunk(pair.photo, longest)
    return Pair(pair.name, photo, masks.shrunk(pair.mask, photo.shape[:2]))


def _triple(files: Files, longest: int | None) -> Dataset:
    training, mask_file, testing = TRIPLE
    if missing := [name for name in (training, mask_file) if name not in files]:
        raise DatasetError(f"{' and '.join(missing)} missing: the lesson's files are {', '.join(TRIPLE)}.")
    shape, images = _photos(training, files, longest)
    truth = _array(mask_file, files)
    if truth.ndim != 4 or truth.shape[3] != 2:
        raise DatasetError(f"{mask_file} has the shape {truth.shape}; (photos, height, width, 2) is expected.")
    if truth.shape[:3] != shape[:3]:
        raise DatasetError(
            f"{mask_file} has the shape {truth.shape}, {training} {shape}: number, height and width must agree."
        )
    pairs = []
    for number, (photo, channels) in enumerate(zip(images, truth, strict=True), start=1):
        objects = channels[..., 1] == 1
        if not ((channels[..., 1] == objects).all() and (channels[..., 0] == ~objects).all()):
            raise DatasetError(
                f"{mask_file} is not one-hot: each pixel needs a 1 in one of the two channels, background or object, "
                "and a 0 in the other."
            )
        pairs.append(Pair(f"photo {number}", photo, masks.shrunk(objects, photo.shape[:2])))
    others = _photos(testing, files, longest)[1] if testing in files else []
    return Dataset(pairs, others)


def _array(name: str, files: Files) -> np.ndarray:
    """The array of finite numbers in an .npy file; it is not copied."""
    data = _bytes(name, files)
    try:
        array = archives.array(data)
    except ValueError as error:
        raise DatasetError(f"{name} {error}") from None
    if array.dtype.kind not in "buif":
        raise DatasetError(f"{name} holds {array.dtype}; an array of numbers is expected.")
    if array.dtype.kind == "f" and array.size and not np.isfinite((array.min(), array.max())).all():
        raise DatasetError(f"{name} holds NaN or infinity; finite numbers are expected.")
    return array


def _photos(name: str, files: Files, longest: int | None) -> tuple[tuple[int, ...], list[np.ndarray]]:
    """The photos in an .npy file of numbers of any type in 0..255, or floats in 0..1.

    Returns the array's shape (N, H, W, 3), and each photo (h, w, 3) uint8, reduced in size to `longest`.
    """
    array = _array(name, files)
    if array.ndim != 4 or array.shape[3] != 3 or 0 in array.shape:
        raise DatasetError(f"{name} has the shape {array.shape}; (photos, height, width, 3) is expected.")
    if array.shape[1] * array.shape[2] > photos.MAX_PIXELS:
        raise DatasetError(f"{name} holds photos of more than {photos.MAX_PIXELS // 1_000_000} million pixels.")
    if longest is not None and len(array) > MAX_UPLOADED_PHOTOS:
        raise DatasetError(f"{name} holds {len(array):,} photos; the limit is {MAX_UPLOADED_PHOTOS}.")
    low, high = array.min(), array.max()
    if low < 0 or high > 255:
        raise DatasetError(f"{name} holds values from {low:g} to {high:g}; 0 to 255, or 0 to 1, are expected.")
    scale = 255 if array.dtype.kind == "b" or (array.dtype.kind == "f" and high <= 1) else 1
    pixels = (_pixels_of(photo, scale) for photo in array)
    return array.shape, [photos.shrunk(photo, longest) if longest else photo for photo in pixels]


def _pixels_of(photo: np.ndarray, scale: int) -> np.ndarray:
    """Numbers of any type, times `scale`, rounded to uint8, in pieces: a float copy of a photo has up to 600 MB."""
    pixels = np.empty(photo.shape, np.uint8)
    pieces, axis = -(-photo.size // PIECE), int(np.argmax(photo.shape))
    for part, target in zip(np.array_split(photo, pieces, axis), np.array_split(pixels, pieces, axis), strict=True):
        target[...] = part if part.dtype.kind in "ui" else (part * np.float32(scale)).round()
    return pixels


def _quoted(name: str) -> str:
    """A file's name for a message: at most its last 60 characters, unprintable ones replaced."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[-60:])
