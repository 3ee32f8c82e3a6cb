"""From the bytes of an upload to one upright RGB photo, or to one sentence that says why not.

An upload is decoded in memory and never written to disk. Its format is read from its bytes, not from its name, and its
size is checked before any pixel is unpacked: a few hundred bytes can declare 400 megapixels.
"""

import io
import math
import re
from collections.abc import Callable
from contextlib import suppress
from functools import reduce

import numpy as np
from PIL import ExifTags, Image, ImageOps

from core import full_size

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 50_000_000
"""Of an upload: more than phone cameras usually save, less than a small server can hold in memory."""

MAX_SCANS = 100
"""Of a progressive JPEG; cameras and editors write about ten."""
MAX_SCANNED_PIXELS = 1_000_000_000
"""Scans times pixels: a scan of a few bytes costs as much time as one with details in every pixel."""

# What Pillow raises for a damaged or malicious file.
_PIL_ERRORS = (OSError, SyntaxError, ValueError, MemoryError, NotImplementedError, OverflowError, TypeError, EOFError)
Convert = Callable[[Image.Image], np.ndarray]
_16_BITS_TO_8 = np.round(np.arange(65536) / 257).astype(np.uint8)


class PhotoError(ValueError):
    """The upload is not a photo that can be read; the text is the sentence for the user."""


def decode(data: bytes) -> np.ndarray:
    """Decode a JPEG, PNG or WebP into an upright photo.

    The EXIF orientation is applied, the first frame of an animation is used, 16-bit grey is scaled to 8 bits,
    transparency is composited on white, and every colour mode becomes RGB.

    Returns:
        (H, W, 3) uint8, 0..255.

    Raises:
        PhotoError: not a picture, damaged or too large; the text says in one sentence what happened and what to do.
    """
    return _decoded(data, _to_rgb)[0]


def preview(data: bytes, longest: int) -> tuple[np.ndarray, tuple[int, int]]:
    """The photo of `decode`, reduced so that no side exceeds `longest` pixels, and its original (height, width).

    A JPEG is decoded at half, a quarter or an eighth of its size where that is large enough, which is much faster.

    Returns:
        (H, W, 3) uint8, and the upright size before it was reduced. PhotoError as `decode`.
    """
    photo, size = _decoded(data, _to_rgb, longest)
    return shrunk(photo, longest), size


def pixels(data: bytes) -> int:
    """The number of pixels that a picture declares, before it is unpacked; 0 where `decode` would refuse the header."""
    try:
        with _opened(data) as image:
            return image.width * image.height
    except PhotoError:
        return 0


def decode_mask(data: bytes, size: tuple[int, int]) -> np.ndarray:
    """Decode the picture of a mask: the object is brighter than half of the brightest pixel, or opaque.

    Thus 0 and 255 work as well as 0 and 1. A picture with transparent pixels is read by its alpha channel.

    Args:
        size: (height, width) of its photo.

    Returns:
        (H, W) bool, True on the object.

    Raises:
        PhotoError: as `decode`, or another size than the photo's.
    """
    grey, _ = _decoded(data, _grey_or_alpha)
    if grey.shape != tuple(size):
        raise PhotoError(
            f"The mask has {grey.shape[1]} x {grey.shape[0]} pixels and its photo {size[1]} x {size[0]}: "
            "use the mask of this photo at its original size."
        )
    return grey > grey.max() / 2


def _decoded(
    data: bytes, choose: Callable[[Image.Image], Convert], longest: float = math.inf
) -> tuple[np.ndarray, tuple[int, int]]:
    """The upright picture after the conversion that `choose` selects, and its original (height, width).

    A JPEG may be reduced, but not below `longest` pixels on its longer side. A large picture takes its turn.
    PhotoError as `decode`.
    """
    with _opened(data) as image:
        try:
            width, height = image.size
            scale = longest / max(image.size)
            if scale < 1:  # only JPEG has draft sizes; other formats ignore this
                image.draft(None, (max(1, round(width * scale)), max(1, round(height * scale))))
            with full_size.turn(image.width * image.height):
                image.load()  # before EXIF is read: `_swaps_axes` hides errors, and a PNG's EXIF loads pixels
                size = (width, height) if _swaps_axes(image) else (height, width)
                with suppress(Exception):  # EXIF is free-form: the pixels are good even if it is broken
                    ImageOps.exif_transpose(image, in_place=True)
                return _pixels_of(image, choose(image)), size
        except _PIL_ERRORS:
            raise PhotoError("The picture is damaged or cut off: save it again from the original and retry.") from None


def _pixels_of(image: Image.Image, convert: Convert) -> np.ndarray:
    """The picture as an array, (H, W) or (H, W, channels) uint8, converted in strips to need no second picture."""
    strips = (
        (rows, convert(image.crop((0, rows.start, image.width, rows.stop))))
        for rows in full_size.strips((image.height, image.width))
    )
    rows, first = next(strips)
    if rows.stop == image.height:
        return first
    pixels = np.empty((image.height, *first.shape[1:]), np.uint8)
    pixels[rows] = first
    for rows, strip in strips:
        pixels[rows] = strip
    return pixels


def _opened(data: bytes) -> Image.Image:
    """The picture with its size checked and no pixel unpacked; PhotoError where it is not a picture or too large."""
    if not data:
        raise PhotoError("The file is empty: choose a JPEG, PNG or WebP picture.")
    limit = f"more than the limit of {MAX_PIXELS // 1_000_000} million pixels: make it smaller and try again."
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # Pillow's own limit is higher
        raise PhotoError(f"The picture has {limit}") from None
    except _PIL_ERRORS:
        raise PhotoError(
            "This file is not a JPEG, PNG or WebP picture: save it as one of these and try again."
        ) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PhotoError(f"The picture has {width} x {height} pixels, {limit}")
    scans = _scans(data) if image.format == "JPEG" else 1
    if scans > MAX_SCANS or scans * width * height > MAX_SCANNED_PIXELS:
        raise PhotoError(
            f"The JPEG has {scans} scans of {width * height / 1e6:.1f} million pixels, more than can be decoded in "
            "reasonable time: save it again without the option progressive."
        )
    return image


_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # the start of a segment; between segments is a scan's data


def _scans(data: bytes) -> int:
    """The number of scans in a JPEG (ITU-R T.81, annex B) without its thumbnails; no scan is decoded."""
    position = count = 0
    while (marker := _MARKER.search(data, position)) and marker[0] != b"\xff\xd9":  # the end of the image
        position = marker.end()
        if marker[0] not in (b"\xff\xd8", b"\xff\x01"):  # all others have a length
            position += int.from_bytes(data[position : position + 2])
            count += marker[0] == b"\xff\xda"
    return count


def _swaps_axes(image: Image.Image) -> bool:
    """Whether the EXIF orientation is a quarter turn (EXIF 2.3, tag 274)."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except Exception:  # noqa: BLE001 - EXIF is free-form, as in `_decoded`
        return False


def _to_rgb(_image: Image.Image) -> Convert:
    return _rgb


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode == "I;16":  # Pillow's own conversion saturates: everything above 255 would become white
        image = Image.fromarray(_16_BITS_TO_8[np.asarray(image)])
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image)
        return np.asarray(white)
    return np.asarray(image.convert("RGB"))


def _grey_or_alpha(image: Image.Image) -> Convert:
    """How a mask is read: by its alpha channel where a pixel is transparent, else by the brightest channel."""
    if image.has_transparency_data and np.asarray(image.convert("RGBA").getchannel("A")).min() < 255:
        return lambda strip: np.asarray(strip.convert("RGBA").getchannel("A"))
    # Equals max(axis=2) in a fifth of the time.
    return lambda strip: reduce(np.maximum, np.moveaxis(_rgb(strip), 2, 0))


def shrunk(photo: np.ndarray, longest: int) -> np.ndarray:
    """The (H, W, 3) uint8 photo reduced so that no side exceeds `longest` pixels, aspect kept; never enlarged."""
    size = shrunk_size(photo.shape[:2], longest)
    if size == photo.shape[:2]:
        return photo
    return np.asarray(Image.fromarray(photo).resize(size[::-1], Image.Resampling.HAMMING, reducing_gap=1.0))


def shrunk_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """A (height, width) reduced so that no side exceeds `longest`, aspect kept, and none becomes 0; never enlarged."""
    height, width = size
    scale = min(1.0, longest / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def luma(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) RGB -> (H, W) float32 grey in the same range: luma of ITU-R BT.601."""
    return rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Values of any shape -> uint8: 0..1 becomes 0..255, values outside are clipped."""
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
