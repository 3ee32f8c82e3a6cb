"""The bytes of an upload -> one upright RGB photo, or a sentence that says why not.

A stranger's file is decoded in memory and never written anywhere. Its format is read from its
bytes, never from its name, and its size is checked before a single pixel is unpacked: a few
hundred bytes can claim 400 megapixels.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from functools import reduce

import numpy as np
from PIL import ExifTags, Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 50_000_000
"""Ceiling of an upload in pixels: above any phone's photo as it is usually saved, below what a small host can hold."""

# Everything Pillow is known to raise on a damaged or hostile file.
_DAMAGED = (OSError, SyntaxError, ValueError, MemoryError, NotImplementedError, OverflowError, TypeError, EOFError)


_BYTE_OF_16_BITS = np.round(np.arange(65536) / 257).astype(np.uint8)


class PhotoError(ValueError):
    """An upload that is not a photo we can read; the text is the sentence for the visitor."""


def decode(data: bytes) -> np.ndarray:
    """Decode a JPEG, PNG or WebP into an upright photo.

    EXIF orientation is applied, the first frame of an animation is taken, 16-bit grey is scaled to
    8 bits, transparency is laid on white, and every colour mode becomes RGB.

    Returns:
        (H, W, 3) uint8, 0..255.

    Raises:
        PhotoError: no such picture; the text says in one sentence what happened and what to do.
    """
    return _decoded(data, _rgb)


def preview(data: bytes, longest: int) -> tuple[np.ndarray, tuple[int, int]]:
    """A photo as `decode` gives it, no longer than `longest` pixels, and its own (height, width).

    A JPEG is unpacked at a half, a quarter or an eighth where that is large enough: the greater part of the time saved.

    Returns:
        (H, W, 3) uint8, and the upright size before shrinking.

    Raises:
        PhotoError: as `decode`.
    """
    size = []

    def unpack_smaller(image: Image.Image) -> None:
        whole, scale = image.size, longest / max(image.size)
        if scale < 1:  # other formats than JPEG take no notice
            image.draft(None, tuple(max(1, round(side * scale)) for side in whole))
        image.load()  # before its EXIF is asked for: PNG unpacks itself then, and its failure would be forgotten
        size.extend(whole if _lying(image) else whole[::-1])

    return shrunk(_decoded(data, _rgb, unpack_smaller), longest), tuple(size)


def pixels(data: bytes) -> int:
    """How many pixels a picture says it has, before one is unpacked; 0 where it is none or has more than fit."""
    try:
        with _opened(data) as image:
            return image.width * image.height
    except PhotoError:
        return 0


def decode_mask(data: bytes, size: tuple[int, int]) -> np.ndarray:
    """Decode the picture of a mask: the object is what is brighter than half of the brightest pixel, or opaque.

    So masks of 0 and 255 are read and those of 0 and 1; a picture with transparency is read by its alpha.

    Args:
        size: (height, width) of the photo that it belongs to.

    Returns:
        (H, W) bool, True on the object.

    Raises:
        PhotoError: no such picture, or of another size; the text says in one sentence what happened and what to do.
    """
    grey = _decoded(data, _alpha_or_rgb)
    if grey.ndim == 3:
        grey = reduce(np.maximum, np.moveaxis(grey, 2, 0))  # what max(axis=2) gives, in a fifth of its time
    if grey.shape != tuple(size):
        raise PhotoError(
            f"The mask has {grey.shape[1]} x {grey.shape[0]} pixels and its photo {size[1]} x {size[0]}: "
            "give the mask of this very photo at its own size."
        )
    return grey > grey.max() / 2


def _decoded(
    data: bytes,
    convert: Callable[[Image.Image], Image.Image],
    before: Callable[[Image.Image], None] = lambda _image: None,
) -> np.ndarray:
    """The upright picture as `convert` makes it, `before` called before it is unpacked; PhotoError where it is none."""
    with _opened(data) as image:
        try:
            before(image)
            image.load()
            _turn_upright(image)
            return np.asarray(convert(image))
        except _DAMAGED:
            raise PhotoError("The picture is damaged or cut off: save it again from the original and retry.") from None


def _opened(data: bytes) -> Image.Image:
    """The picture with its size known and held against the ceiling, and no pixel of it unpacked; or PhotoError."""
    if not data:
        raise PhotoError("The file is empty: choose a JPEG, PNG or WebP picture.")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # Pillow's own ceiling is higher
        raise PhotoError(_too_large("more")) from None
    except _DAMAGED:
        raise PhotoError(
            "This file is not a JPEG, PNG or WebP picture: save it as one of these and try again."
        ) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PhotoError(_too_large(f"{width} x {height} pixels, more"))
    return image


def _too_large(how_large: str) -> str:
    return (
        f"The picture has {how_large} than the {MAX_PIXELS // 1_000_000} million pixels that fit here: make it smaller "
        "and try again."
    )


def _turn_upright(image: Image.Image) -> None:
    # EXIF is free-form; whatever it breaks, the pixels are still good.
    with suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _lying(image: Image.Image) -> bool:
    """Whether `_turn_upright` will turn it by a quarter (EXIF 2.3, tag 274)."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except Exception:  # noqa: BLE001 - as in `_turn_upright`
        return False


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "I;16":  # Pillow's own conversion saturates: everything above 255 would turn white
        image = Image.fromarray(_BYTE_OF_16_BITS[np.asarray(image)])
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image)
        return white
    return image.convert("RGB")


def _alpha_or_rgb(image: Image.Image) -> Image.Image:
    alpha = image.convert("RGBA").getchannel("A")
    return alpha if alpha.getextrema()[0] < 255 else _rgb(image)


def shrunk(photo: np.ndarray, longest: int) -> np.ndarray:
    """The (H, W, 3) uint8 photo with neither side longer than `longest` pixels, aspect kept; as it is where it fits."""
    height, width = photo.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return photo
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.HAMMING, reducing_gap=1.0))


def luma(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) RGB -> (H, W) float32 grey in the same range: luma of ITU-R BT.601."""
    return rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Values of any shape -> uint8: 0..1 becomes 0..255, values outside are clipped."""
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
