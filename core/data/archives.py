"""Zips and .npy files as strangers hand them over: read in memory, no further than they say, and never unpickled."""

import io
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Ceiling:
    """The most that a zip may hold: members, their bytes when unpacked, and those of one of them."""

    members: int
    bytes: int
    largest: int


class NoArchiveError(ValueError):
    """Bytes that are no zip."""


class TooMuchError(ValueError):
    """A zip that holds more than it may; the text says how much, as the end of a sentence."""


def members(file: Path | bytes, ceiling: Ceiling) -> dict[str, Callable[[], bytes]]:
    """The files in a zip: name -> a function that unpacks it and, where it is broken or locked, raises what it likes.

    Raises:
        NoArchiveError: no zip; OSError for a path that cannot be read.
        TooMuchError: more than the ceiling, by what the zip says of itself.
    """
    if isinstance(file, bytes) and (count := file.count(b"PK\1\2")) > 2 * ceiling.members:
        raise TooMuchError(f"about {count:,} files")  # zipfile would first list them all, 5 s for a million
    try:
        archive = zipfile.ZipFile(io.BytesIO(file) if isinstance(file, bytes) else file)
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - beside its own, zipfile lets those of struct, of a codec and others through
        raise NoArchiveError from None
    inside = [member for member in archive.infolist() if not member.filename.endswith("/")]
    unpacked = sum(member.file_size for member in inside)
    largest = max((member.file_size for member in inside), default=0)
    if len(inside) > ceiling.members or unpacked > ceiling.bytes:
        raise TooMuchError(f"{len(inside):,} files of {unpacked / 1e6:,.0f} MB unpacked")
    if largest > ceiling.largest:
        raise TooMuchError(f"a file of {largest / 1e6:,.0f} MB unpacked")
    return {member.filename: (lambda m=member: _unpacked(archive, m)) for member in inside}


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A member's bytes, no more of them than the zip says: `ZipFile.read` would unpack everything and cut it off then.

    That holds for deflate; the other methods unpack a whole block, whatever comes of it.
    """
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    with archive.open(member) as file:
        return file.read(member.file_size)


def array(data: bytes) -> np.ndarray:
    """The array of an .npy file, its header believed only where the bytes behind it agree.

    Raises:
        ValueError: it is none; the text says why, as the end of a sentence.
    """
    try:
        file = io.BytesIO(data)
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(file)
        whole = not dtype.hasobject and math.prod(shape) * dtype.itemsize == len(data) - file.tell()
        if whole:
            file.seek(0)
            return np.load(file, allow_pickle=False)
    except Exception:  # noqa: BLE001 - a broken header fails in many ways
        raise ValueError("is no .npy file: save it with numpy.save.") from None
    raise ValueError("is cut off or holds objects: save an array of numbers with numpy.save.")


def read_npz(data: bytes, ceiling: Ceiling) -> dict[str, np.ndarray]:
    """The arrays of an uploaded `.npz` file, by name.

    Raises:
        NoArchiveError: not such a file, or one of its arrays is broken or has objects in it.
        TooMuchError: more than the ceiling.
    """
    if len(data) > ceiling.bytes:
        raise TooMuchError(f"{len(data) / 1e6:,.0f} MB")
    try:
        return {name.removesuffix(".npy"): array(read()) for name, read in members(data, ceiling).items()}
    except TooMuchError:
        raise
    except Exception:  # noqa: BLE001 - zipfile and zlib raise many kinds of errors for a broken member
        raise NoArchiveError from None
