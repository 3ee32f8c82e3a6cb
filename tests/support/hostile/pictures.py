"""Valid, malformed and malicious pictures with the expected outcome, generated from a fixed seed."""

import io
import itertools
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

from core import photos

SEED = 0
MODES = (
    "1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16",
    "I;16B",
)  # fmt: skip
READ, REFUSED, EITHER = "read", "refused", "read or refused"
"""Outcomes of a file."""
NOT_A_PICTURE = {"outcome": REFUSED, "quoted": "JPEG, PNG or WebP"}
TOO_LARGE = {"outcome": REFUSED, "quoted": f"{photos.MAX_PIXELS // 1_000_000} million"}

COLOURS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]])
GREYS = np.array([[0, 85], [170, 255]])


@dataclass(frozen=True)
class Upload:
    """A file and its outcome.

    Where it is read, the result is `picture` (H, W, 3) with a tolerance of `within`, or has the `size` (H, W). Where it
    is refused, the message contains the name or number in `quoted`.
    """

    what: str
    data: bytes
    picture: np.ndarray | None = None
    within: int = 0
    size: tuple[int, int] | None = None
    outcome: str = READ
    quoted: str = ""


def quarters(cells: np.ndarray) -> np.ndarray:
    """Four colours as a picture 32 high and 48 wide; their borders coincide with those of JPEG's blocks."""
    return np.kron(cells, np.ones((16, 24, *[1] * (cells.ndim - 2)), int)).astype(np.uint8)


def as_rgb(picture: np.ndarray) -> np.ndarray:
    return np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture


def encoded(image: Image.Image | np.ndarray, kind: str, **options) -> bytes:
    """An image or uint8 array as a file; JPEG and WebP with as little loss as possible."""
    image = image if isinstance(image, Image.Image) else Image.fromarray(np.ascontiguousarray(image))
    best = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    file = io.BytesIO()
    image.save(file, kind, **best | options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(size: tuple[int, int], depth: int, colour: int, packed: bytes, extra: bytes = b"") -> bytes:
    """A handmade PNG: (height, width), bit depth, colour type, the bytes of IDAT, the chunks before it."""
    header = struct.pack(">IIBBBBB", *size[::-1], depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def png_of(samples: np.ndarray, depth: int, colour: int, extra: bytes = b"") -> bytes:
    """A handmade PNG of (H, W) or (H, W, channels) integers of `depth` bits."""
    rows = samples.reshape(len(samples), -1)
    if depth == 16:
        lines = rows.astype(">u2").tobytes()
    else:
        bits = rows[..., None] >> np.arange(depth)[::-1] & 1
        lines = np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()
    width = len(lines) // len(rows)
    packed = zlib.compress(b"".join(b"\0" + lines[i : i + width] for i in range(0, len(lines), width)))
    return png(samples.shape[:2], depth, colour, packed, extra)


def zeros(count: int) -> bytes:
    """`count` zero bytes, compressed by zlib a thousand to one; one compressed block is repeated."""
    block = 1 << 20
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    body = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    tail = packer.compress(bytes(count % block)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = b"\3\0"  # an empty last block; the checksum is omitted
    return (head + body * (count // block - 1) if count >= block else head[:2]) + tail + end


def every_bit_depth() -> Iterator[Upload]:
    grey, colour = quarters(GREYS), quarters(COLOURS)
    for depth in (1, 2, 4, 8, 16):
        most = 2**depth - 1
        samples = np.round(grey / 255.0 * most).astype(int)
        yield Upload(f"png grey {depth} bit", png_of(samples, depth, 0), as_rgb(np.round(samples / most * 255)))
    for depth in (8, 16):
        most = 2**depth - 1
        opaque = np.full((*grey.shape, 1), most)
        yield Upload(f"png rgb {depth} bit", png_of(colour.astype(int) * most // 255, depth, 2), colour)
        yield Upload(
            f"png grey alpha {depth} bit",
            png_of(np.dstack([grey.astype(int) * most // 255, opaque]), depth, 4),
            as_rgb(grey),
        )
        yield Upload(
            f"png rgba {depth} bit", png_of(np.dstack([colour.astype(int) * most // 255, opaque]), depth, 6), colour
        )
    for depth in (1, 2, 4, 8):
        entries = min(2**depth, 4)
        palette = chunk(b"PLTE", COLOURS.reshape(4, 3)[:entries].astype(np.uint8).tobytes())
        indices = quarters(np.arange(4).reshape(2, 2) % entries)
        expected = COLOURS.reshape(4, 3)[indices]
        yield Upload(f"png palette {depth} bit", png_of(indices, depth, 3, palette), expected)
        clear = chunk(b"tRNS", bytes(1))  # the first colour is transparent, so it becomes white
        on_white = np.where(indices[..., None] == 0, 255, expected)
        yield Upload(f"png palette {depth} bit, transparent", png_of(indices, depth, 3, palette + clear), on_white)
    clear = chunk(b"tRNS", struct.pack(">HHH", 255, 0, 0))
    on_white = np.where((colour == (255, 0, 0)).all(axis=2)[..., None], 255, colour)
    yield Upload("png rgb, red transparent", png_of(colour, 8, 2, clear), on_white)
    deep = colour.astype(int) * 257
    clear = chunk(b"tRNS", struct.pack(">HHH", 65535, 0, 0))
    yield Upload("png rgb 16 bit, red transparent", png_of(deep, 16, 2, clear), on_white)
    clear = chunk(b"tRNS", struct.pack(">H", 0))
    yield Upload("png grey 16 bit, black transparent", png_of(grey.astype(int) * 257, 16, 0, clear), size=(32, 48))


def every_mode() -> Iterator[Upload]:
    """Each of Pillow's modes in each format that supports it; TIFF is refused."""
    for mode, kind in itertools.product(MODES, ("JPEG", "PNG", "WEBP", "TIFF")):
        image = Image.new(mode, (48, 32))
        try:
            data = encoded(image, kind)
        except (OSError, ValueError):  # the format does not support the mode
            continue
        outcome = NOT_A_PICTURE if kind == "TIFF" else {"size": (32, 48)}
        yield Upload(f"{kind.lower()} mode {mode}", data, **outcome)
    colour = quarters(COLOURS)
    for kind in photos.FORMATS:
        within = 6 if kind == "JPEG" else 0
        yield Upload(f"{kind.lower()} colours", encoded(colour, kind), colour, within)
    yield Upload("jpeg cmyk colours", encoded(Image.fromarray(colour).convert("CMYK"), "JPEG"), colour, 6)
    yield Upload("jpeg grey", encoded(quarters(GREYS), "JPEG"), as_rgb(quarters(GREYS)), 3)
    yield Upload("jpeg progressive", encoded(colour, "JPEG", progressive=True), colour, 6)
    yield Upload("jpeg with subsampled colours", encoded(colour, "JPEG", subsampling=2), size=(32, 48))
    yield Upload("webp lossy", encoded(colour, "WEBP", lossless=False, quality=90), size=(32, 48))
    yield Upload("png interlaced", INTERLACED, size=(1, 1))


# A grey pixel, Adam7.
INTERLACED = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 1))
    + chunk(b"IDAT", zlib.compress(b"\0\x7f"))
    + chunk(b"IEND", b"")
)


def stored_pixels(upright: np.ndarray) -> dict[int, np.ndarray]:
    """How a camera stores an upright picture: orientation (EXIF 2.3, tag 274) -> pixels."""
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }


def every_orientation() -> Iterator[Upload]:
    upright = quarters(COLOURS)
    for (orientation, stored), kind in itertools.product(stored_pixels(upright).items(), photos.FORMATS):
        exif = Image.Exif()
        exif[274] = orientation
        data = encoded(stored, kind, exif=exif)
        yield Upload(f"{kind.lower()} orientation {orientation}", data, upright, 6 if kind == "JPEG" else 0)


def ifd(kind: int, count: int, value: bytes, tag: int = 274, following: int = 0) -> bytes:
    """EXIF with one entry: type, count, four bytes of value; `following` is the offset of the next directory."""
    return b"Exif\0\0MM\0*\0\0\0\x08\0\1" + struct.pack(">HHI", tag, kind, count) + value + struct.pack(">I", following)


def broken_exif() -> Iterator[Upload]:
    colour = quarters(COLOURS)
    rng = np.random.default_rng(SEED)
    exifs = {
        "empty": b"",
        "a header alone": b"Exif\0\0",
        "an offset beyond the end": b"Exif\0\0MM\0*\xff\xff\xff\xff",
        "counting bytes": b"Exif\0\0" + bytes(range(200)),
        "noise": b"Exif\0\0" + rng.bytes(2000),
        "the largest size": b"Exif\0\0MM\0*\0\0\0\x08" + rng.bytes(65_000),
        "orientation 0": ifd(3, 1, b"\0\0\0\0"),
        "orientation 9": ifd(3, 1, b"\0\x09\0\0"),
        "orientation 65535": ifd(3, 1, b"\xff\xff\0\0"),
        "orientation as text": ifd(2, 4, b"six\0"),
        "a million orientations": ifd(3, 1_000_000, b"\0\0\0\x08"),
        "orientation of an unknown type": ifd(99, 1, b"\0\6\0\0"),
        "a fraction with denominator 0": ifd(5, 1, b"\0\0\0\0"),
        "a directory linked to itself": ifd(3, 1, b"\0\1\0\0", following=8),
        "a sub-directory linked to its parent": ifd(4, 1, b"\0\0\0\x08", tag=34665),
    }
    for name, exif in exifs.items():
        yield Upload(f"jpeg exif: {name}", encoded(colour, "JPEG", exif=exif), colour, 6)
        if exif:
            yield Upload(f"png exif: {name}", encoded(colour, "PNG", exif=exif), colour)


def other_formats() -> Iterator[Upload]:
    """Files of other formats that are named like a photo."""
    image = Image.fromarray(quarters(COLOURS))
    for kind in ("GIF", "TIFF", "BMP", "ICO", "PPM", "JPEG2000", "TGA", "AVIF", "PDF", "EPS", "DDS"):
        dated = {"creationDate": time.gmtime(0), "modDate": time.gmtime(0)} if kind == "PDF" else {}
        yield Upload(f"{kind.lower()} named .jpg", encoded(image, kind, **dated), **NOT_A_PICTURE)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("photo.jpg"), encoded(image, "JPEG"))
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    others = {
        "svg": svg,
        "html": b"<!doctype html><script>alert(1)</script>",
        "a photo in a zip": archive.getvalue(),
        "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x93.",
        "empty file": b"",
        "one byte": b"\xff",
        "text": b"hello",
        "zeros": bytes(10_000),
        "noise": np.random.default_rng(SEED).bytes(10_000),
        "program": b"MZ\x90\0" + bytes(200),
        "the header of a jpeg": b"\xff\xd8\xff",
        "the header of a png": b"\x89PNG\r\n\x1a\n",
        "the header of a webp": b"RIFF\x04\0\0\0WEBP",
        "an svg that begins like a jpeg": b"\xff\xd8\xff\xe0" + svg,
    }
    for name, data in others.items():
        yield Upload(f"{name} named .jpg", data, **NOT_A_PICTURE)


def noisy(kind: str) -> bytes:
    """A picture of noise, which hardly compresses, so that every part of the file holds pixels."""
    return encoded(np.random.default_rng(SEED).integers(0, 256, (64, 64, 3), np.uint8), kind)


def truncated() -> Iterator[Upload]:
    for kind in photos.FORMATS:
        data = noisy(kind)
        for tenth in range(1, 10):
            part = data[: len(data) * tenth // 10]
            yield Upload(f"{kind.lower()} cut at {tenth} tenths", part, outcome=REFUSED)


def flipped(data: bytes, count: int, head: int) -> Iterator[tuple[int, bytes]]:
    """(position, copy with this byte changed): each of the first `head` bytes, then `count` random ones of the rest."""
    rng = np.random.default_rng(SEED)
    for place in [*range(head), *np.sort(rng.choice(np.arange(head, len(data)), count, replace=False)).tolist()]:
        changed = bytearray(data)
        changed[place] ^= int(rng.integers(1, 256))
        yield place, bytes(changed)


def changed_bytes() -> Iterator[Upload]:
    for kind in photos.FORMATS:
        for place, data in flipped(noisy(kind), count=20, head=30):
            yield Upload(f"{kind.lower()} byte {place} changed", data, outcome=EITHER)


def extreme_sizes() -> Iterator[Upload]:
    for kind in photos.FORMATS:
        yield Upload(f"{kind.lower()} 1x1", encoded(np.full((1, 1, 3), 255, np.uint8), kind), size=(1, 1))
        for size in ((1, 16_000), (16_000, 1)):
            yield Upload(f"{kind.lower()} {size}", encoded(np.zeros((*size, 3), np.uint8), kind), size=size)
    for size in ((1, 20_000), (20_000, 1)):
        for kind in ("JPEG", "PNG"):
            yield Upload(f"{kind.lower()} {size}", encoded(np.zeros((*size, 3), np.uint8), kind), size=size)
    empty = zlib.compress(b"\0")
    for size in ((8000, 8000), (20_000, 20_000), (1, 2**31 - 1), (60_000_001, 1)):
        yield Upload(f"png declares {size}", png(size, 8, 2, empty), **TOO_LARGE)
    yield Upload("png declares width 0", png((5, 0), 8, 2, empty), **NOT_A_PICTURE)
    jpeg = bytearray(encoded(np.zeros((8, 8, 3), np.uint8), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 20_000, 20_000)
    yield Upload("jpeg declares 20000x20000", bytes(jpeg), **TOO_LARGE)
    header = struct.pack("<BI", 0x2F, 16_382 | 16_382 << 14) + bytes(11)
    webp = b"RIFF" + struct.pack("<I", 12 + len(header)) + b"WEBPVP8L" + struct.pack("<I", len(header)) + header
    yield Upload("webp declares 16383x16383", webp, **TOO_LARGE)
    data = png((7000, 7000), 8, 2, zeros(21_001))
    yield Upload("png declares 7000x7000 and holds one line", data, outcome=REFUSED)


def full_size() -> Iterator[Upload]:
    """Just below the pixel limit and compressed a thousand to one: the most that an upload can unpack to."""
    side, channels = 7000, {0: 1, 2: 3, 6: 4}
    for colour, depth in ((0, 16), (2, 8), (6, 16)):
        data = png((side, side), depth, colour, zeros(side * (1 + side * channels[colour] * depth // 8)))
        yield Upload(f"png 49 megapixels, type {colour}, {depth} bit", data, size=(side, side))


def animations() -> Iterator[Upload]:
    still = quarters(COLOURS)
    frames = [Image.fromarray(still), *(Image.new("RGB", (48, 32), c) for c in ("black", "blue"))]
    moving = {"save_all": True, "append_images": frames[1:]}
    for kind in ("PNG", "WEBP"):
        yield Upload(f"animated {kind.lower()}", encoded(frames[0], kind, **moving), still)
    yield Upload("apng with a separate default image", encoded(frames[0], "PNG", default_image=True, **moving), still)
    apng = encoded(frames[0], "PNG", **moving)
    for frame_count in (0, 2**31 - 1):
        false_count = chunk(b"acTL", struct.pack(">II", frame_count, 0))
        data = apng[: apng.index(b"acTL") - 4] + false_count + apng[apng.index(b"acTL") + 16 :]
        yield Upload(f"apng declares {frame_count} frames", data, size=(32, 48), outcome=EITHER)
    two = {"save_all": True, "append_images": frames[1:2]}
    yield Upload("two photos in one mpo", encoded(frames[0], "MPO", quality=98, subsampling=0, **two), still, 6)
    many = [Image.new("L", (4, 4), i % 256) for i in range(2000)]
    yield Upload("apng of 2000 frames", encoded(many[0], "PNG", save_all=True, append_images=many[1:]), size=(4, 4))


def colour_profiles() -> Iterator[Upload]:
    colour = quarters(COLOURS)

    def profile_of(space: str) -> bytes:
        made = ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()
        return made[:24] + bytes(12) + made[36:]  # without the creation time

    valid = profile_of("sRGB")
    profiles = {
        "sRGB": valid,
        "noise": np.random.default_rng(SEED).bytes(3000),
        "that declares 4 gigabytes": b"\xff\xff\xff\xff" + valid[4:],
        "CMYK": valid[:16] + b"CMYK" + valid[20:],
        "three bytes": b"icc",
        "Lab": profile_of("LAB"),
    }
    for name, profile in profiles.items():
        for kind in photos.FORMATS:
            data = encoded(colour, kind, icc_profile=profile)
            yield Upload(f"{kind.lower()} profile {name}", data, colour, 6 if kind == "JPEG" else 0)
    for kind, head in ((b"iCCP", b"icc\0\0"), (b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0")):
        bomb = chunk(kind, head + zeros(300_000_000))
        data = png_of(colour, 8, 2, bomb)
        yield Upload(f"png with a bomb in {kind.decode()}", data, colour, outcome=EITHER)


KINDS = (
    every_bit_depth, every_mode, every_orientation, broken_exif, other_formats, truncated, changed_bytes, extreme_sizes,
    full_size, animations, colour_profiles,
)  # fmt: skip

NAMES = {
    "slashes": "../../../etc/cron.d/photo.jpg",
    "backslashes": "C:\\..\\photo.jpg",
    "a tag": "<img src=x onerror=alert(1)>.jpg",
    "markdown": "**bold** $x^2$ [a](javascript:alert) :red[x] `y`.jpg",
    "newlines": "a\r\nb\n# head.jpg",
    "4,000 characters": "x" * 4000 + ".jpg",
    "an ending alone": ".jpg",
    "empty": "",
    "dots": ".....jpg",
    "right-to-left override": "\u202egpj.exe.jpg",
    "symbols": "💥☃.jpg",
}
"""Unusual and malicious file names."""


def collection() -> list[Upload]:
    """Every picture, in an order that never changes."""
    return [upload for kind in KINDS for upload in kind()]
