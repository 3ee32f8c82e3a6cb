"""Zips and .npy files from users: read in memory, within limits, and never unpickled."""

import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

# What zipfile and its codecs raise for a malformed, locked or unsupported zip (NotImplementedError is a RuntimeError).
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, OSError, EOFError, ValueError)
# What NumPy raises for a malformed header.
_HEADER_ERRORS = (
    ValueError, TypeError, SyntaxError, OverflowError, MemoryError, RecursionError, EOFError, tokenize.TokenError,
)  # fmt: skip


@dataclass(frozen=True)
class Ceiling:
    """The limits of a zip: its number of members, and the unpacked bytes of all of them and of the largest one."""

    members: int
    bytes: int
    largest: int


class NoArchiveError(ValueError):
    """The file is not a zip, or it cannot be opened."""


class TooMuchError(ValueError):
    """The zip exceeds a limit; the text says how much it holds and completes "The zip holds ..."."""


class MemberError(ValueError):
    """A member of a zip is damaged, locked or packed by an unsupported method."""


def members(file: Path | bytes, ceiling: Ceiling) -> dict[str, Callable[[], bytes]]:
    """The files in a zip: name -> a function that unpacks the file, or raises MemberError.

    Raises:
        NoArchiveError: not a zip, or a path that cannot be read.
        TooMuchError: the zip is larger than the ceiling, or its directory declares more.
    """
    if isinstance(file, bytes):
        if len(file) > ceiling.bytes:
            raise TooMuchError(f"{len(file) / 1e6:,.0f} MB")
        if (count := file.count(b"PK\1\2")) > 2 * ceiling.members:
            raise TooMuchError(f"about {count:,} files")  # zipfile would list all of them first: 5 s for a million
    try:
        archive = zipfile.ZipFile(io.BytesIO(file) if isinstance(file, bytes) else file)
    except _ZIP_ERRORS:
        raise NoArchiveError from None
    files = [member for member in archive.infolist() if not member.filename.endswith("/")]
    unpacked = sum(member.file_size for member in files)
    largest = max((member.file_size for member in files), default=0)
    if len(files) > ceiling.members or unpacked > ceiling.bytes:
        raise TooMuchError(f"{len(files):,} files of {unpacked / 1e6:,.0f} MB unpacked")
    if largest > ceiling.largest:
        raise TooMuchError(f"a file of {largest / 1e6:,.0f} MB unpacked")
    return {member.filename: partial(_unpacked, archive, member) for member in files}


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A member's bytes, at most as many as the directory declares: `ZipFile.read` unpacks everything before it cuts.

    Only deflate can be stopped early; the other methods unpack a whole block at once and are refused.
    """
    try:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise MemberError
        with archive.open(member) as file:
            return file.read(member.file_size)
    except _ZIP_ERRORS:
        raise MemberError from None


def array(data: bytes) -> np.ndarray:
    """The array in an .npy file, a read-only view of `data`; its header must agree with the number of bytes after it.

    Raises:
        ValueError: not an array of numbers; the text completes "NAME ...".
    """
    try:
        file = io.BytesIO(data)
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, columns_first, dtype = header(file)
        if not dtype.hasobject and not dtype.shape and math.prod(shape) * dtype.itemsize == len(data) - file.tell():
            return np.ndarray(shape, dtype, data, file.tell(), order="F" if columns_first else "C")
    except _HEADER_ERRORS:
        raise ValueError("is not an .npy file: save it with numpy.save.") from None
    raise ValueError("is cut off or holds objects: save an array of numbers with numpy.save.")
