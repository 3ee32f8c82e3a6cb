"""Valid, malformed and malicious zips and .npy files of photos with masks, generated from a fixed seed."""

import bz2
import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from core.data.datasets import TRIPLE
from tests.support.hostile import pictures
from tests.support.hostile.pictures import EITHER, READ, REFUSED, encoded, flipped, quarters


@dataclass(frozen=True)
class Bundle:
    """Files by name and their outcome: two pairs, or a message that contains the names and numbers in `quoted`."""

    what: str
    files: dict[str, bytes] = field(repr=False)
    outcome: str = READ
    quoted: tuple[str, ...] = ()


PHOTO = quarters(pictures.COLOURS)
MASK = quarters(np.array([[0, 255], [255, 0]]))


def members(count: int = 2) -> dict[str, bytes]:
    """The files of a valid archive: photos and their masks."""
    photo, mask = encoded(PHOTO, "JPEG"), encoded(MASK, "PNG")
    return {f"{folder}/p{i}.png": data for i in range(count) for folder, data in (("images", photo), ("masks", mask))}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED, **info) -> bytes:
    """A zip; `info` sets attributes of each directory entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = method
            for key, value in info.items():
                setattr(member, key, value)
            archive.writestr(member, data)
    return file.getvalue()


def altered(data: bytes, offset: int, value: bytes) -> bytes:
    """A zip with `value` written at `offset` of each directory entry."""
    changed, at = bytearray(data), data.find(b"PK\1\2")
    while at >= 0:
        changed[at + offset : at + offset + len(value)] = value
        at = data.find(b"PK\1\2", at + 1)
    return bytes(changed)


def zips() -> Iterator[Bundle]:
    valid = zipped(members())
    photo, mask = encoded(PHOTO, "JPEG"), encoded(MASK, "PNG")
    rotated = pictures.Image.Exif()
    rotated[274] = 6
    readable = {
        "valid": valid,
        "with parent folders in names": zipped({f"../../../{name}": data for name, data in members().items()}),
        "with absolute names": zipped({f"/{name}": data for name, data in members().items()}),
        "with a drive in names": zipped({f"C:/x/{name}": data for name, data in members().items()}),
        "after other bytes": b"#!/bin/sh\nexit\n" + valid,
        "packed by deflate": zipped(members(), zipfile.ZIP_DEFLATED),
        "with entries for folders": zipped({"images/": b"", "masks/": b"", **members()}),
        "with other files": zipped(members() | {"README.txt": b"hello", "images/.DS_Store": b"x"}),
        "with an additional mask": zipped(members() | {"masks/more.png": mask}),
        "with an empty mask": zipped(members() | {"masks/p0.png": encoded(0 * MASK, "PNG")}),
        "with a false resolution of a mask": zipped(members() | {"masks/p0.png": encoded(MASK, "PNG", dpi=(1, 1))}),
    }
    for name, data in readable.items():
        yield Bundle(f"zip {name}", {"d.zip": data})
    links = {"images/p0.jpg": b"/etc/passwd", "masks/p0.png": b"../../../etc/shadow"}
    huge = pictures.png((20_000, 20_000), 8, 2, b"")
    bombs = {
        "that declares four gigabytes": (altered(valid, 24, b"\xf0\xff\xff\xff"), "d.zip", "MB"),
        "that declares empty files": (altered(valid, 24, bytes(4)), "p0"),
        "that declares less than it holds": (zip_bomb(1000), "a"),
        "of 490 megabytes": (zip_bomb(490_000_000), "a"),
        "that declares less than it holds, packed by bzip2": (bz2_bomb(), "a"),
        "of a million names": (repeated_directory(1_000_000), "1,000,000"),
        "of 1,001 files": (zipped({f"images/{i}.png": b"" for i in range(1001)}), "1,001"),
        "of zips": (zipped({"images/p0.zip": valid, "masks/p0.zip": valid}), "p0"),
        "of photos of 49 megapixels": (zipped(huge_photos(40)), "1,960", "500 million"),
        "whose photo declares 400 megapixels": (zipped(members() | {"images/p0.png": huge}), "p0", "50 million"),
        "whose mask declares 400 megapixels": (zipped(members() | {"masks/p0.png": huge}), "p0", "50 million"),
    }
    others = {
        "empty": (zipped({}), "images"),
        "of a file with an empty name": (empty_name(), "images"),
        "of folders": (zipped({"images/": b"", "masks/": b""}), "images"),
        "of symbolic links": (zipped(links, external_attr=0o120777 << 16), "p0"),
        "with a password": (altered(valid, 8, b"\1\0"), "p0"),
        "packed by lzma": (zipped(members(), zipfile.ZIP_LZMA), "p0"),
        "of a future version": (altered(valid, 6, b"\xff\xff"), "d.zip"),
        "with names that are not UTF-8": (altered(altered(valid, 8, b"\0\x08"), 46, b"\xff\xfe"), "d.zip"),
        "packed by an unknown method": (altered(valid, 10, b"\x63\0"), "p0"),
        "with offsets beyond the end": (altered(valid, 42, b"\xff\xff\xff\x7f"),),
        "with the same offset for all": (altered(valid, 42, bytes(4)), "p0"),
        "with a false checksum": (altered(valid, 16, b"\1\2\3\4"), "p0"),
        "without masks": (zipped({"images/a.jpg": photo}), "1 ", "a"),
        "without photos": (zipped({"masks/a.jpg": mask}), "images"),
        "with two photos of the same name": (zipped(members() | {"images/p1.jpg": photo}), "p1.jpg", "p1.png"),
        "with a mask of another size": (zipped(members() | {"masks/p1.png": encoded(MASK[:9], "PNG")}), "p1", "48 x 9"),
        "with a rotated photo": (
            zipped(members() | {"images/p1.png": encoded(PHOTO, "JPEG", exif=rotated)}),
            "48 x 32",
            "32 x 48",
        ),
        "with a truncated mask": (zipped(members() | {"masks/p1.png": mask[:-30]}), "p1"),
        "with HTML as a mask": (zipped(members() | {"masks/p1.png": b"<html>"}), "p1"),
        "with an empty photo": (zipped(members() | {"images/p1.png": b""}), "p1"),
        "with a GIF": (zipped(members() | {"images/p1.png": encoded(PHOTO, "GIF")}), "p1"),
    }
    for name, (data, *quoted) in (bombs | others).items():
        yield Bundle(f"zip {name}", {"d.zip": data}, REFUSED, tuple(quoted))
    for name, text in pictures.NAMES.items():
        yield Bundle(f"zip with a file name: {name}", {text or "d.zip": zipped({f"images/{text}": photo})}, REFUSED)
        yield Bundle(f"not a zip, file name: {name}", {text: b"no zip"}, REFUSED)
    for tenth in range(10):
        yield Bundle(f"zip cut at {tenth} tenths", {"d.zip": valid[: len(valid) * tenth // 10]}, REFUSED, ("d.zip",))
    for place, data in flipped(zipped(members(), zipfile.ZIP_DEFLATED), count=30, head=30):
        yield Bundle(f"zip byte {place} changed", {"d.zip": data}, EITHER)


def zip_bomb(declared: int) -> bytes:
    """A photo and a mask of 490 million zero bytes, half a million packed; the directory declares `declared` bytes."""
    data = pictures.zeros(490_000_000)[2:]  # without zlib's header: a zip holds raw deflate
    stored = zipped({"images/a.png": data, "masks/a.png": data})
    return altered(altered(stored, 10, b"\x08\0"), 24, struct.pack("<I", declared // 2))


def bz2_bomb() -> bytes:
    """Likewise with bzip2, which always unpacks a whole block: 900 million zero bytes."""
    data = bz2.compress(bytes(900_000)) * 1000
    return altered(altered(zipped({"images/a.png": data, "masks/a.png": data}), 10, b"\x0c\0"), 24, b"\xff\0\0\0")


def empty_name() -> bytes:
    """A zip of one file whose name is empty in the directory."""
    zip_of_one = zipped({"a": b""})
    at, end = zip_of_one.index(b"PK\1\2"), zip_of_one.index(b"PK\5\6")
    entry = zip_of_one[at : at + 28] + bytes(2) + zip_of_one[at + 30 : at + 46]
    return zip_of_one[:at] + entry + zip_of_one[end : end + 12] + struct.pack("<II", len(entry), at) + bytes(2)


def repeated_directory(count: int) -> bytes:
    """A zip whose directory lists the same file `count` times."""
    zip_of_one = zipped({"a": b""})
    at, end = zip_of_one.index(b"PK\1\2"), zip_of_one.index(b"PK\5\6")
    directory = zip_of_one[at:end] * count
    return zip_of_one[:at] + directory + zip_of_one[end : end + 12] + struct.pack("<II", len(directory), at) + bytes(2)


def huge_photos(count: int) -> dict[str, bytes]:
    """Photos and masks of 7000 x 7000 pixels, a few kilobytes each."""
    data = pictures.png((7000, 7000), 1, 0, pictures.zeros(7000 * 876))
    return {f"{folder}/{i}.png": data for i in range(count) for folder in ("images", "masks")}


def npy(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def header(text: str, body: bytes = b"", version: tuple[int, int] = (1, 0), length: int | None = None) -> bytes:
    """A handmade .npy file: the header's text, the bytes after it, the declared length of the header."""
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + bytes(version) + size + text.encode() + body


def header_text(shape: str, descr: str = "'|u1'", order: bool = False) -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def triple() -> dict[str, np.ndarray]:
    """The lesson's three files: two photos with masks, one photo without."""
    covered = np.stack([MASK > 0] * 2)
    return dict(
        zip(
            TRIPLE,
            (np.stack([PHOTO] * 2), np.stack([~covered, covered], axis=-1).astype(np.uint8), PHOTO[None]),
            strict=True,
        )
    )


def arrays() -> Iterator[Bundle]:
    valid = {name: npy(array) for name, array in triple().items()}
    images, masks, _ = triple().values()
    first, second, third = TRIPLE
    for name, dtype in (("bool", bool), ("int64", int), ("big-endian", ">i4"), ("float16", "f2"), ("float64", ">f8")):
        yield Bundle(f"npy of {name}", valid | {first: npy(images.astype(dtype))})
    yield Bundle("npy in column order", valid | {first: npy(np.asfortranarray(images))})
    yield Bundle("npy valid", valid)
    yield Bundle("npy without test photos", {name: valid[name] for name in TRIPLE[:2]})
    yield Bundle("npy in a zip", {"d.zip": zipped(valid)})
    yield Bundle(
        "npy in a zip with parent folders in names", {"d.zip": zipped({f"../{n}": d for n, d in valid.items()})}
    )
    nan = images.astype(np.float32)
    nan[0, 0, 0, 0] = np.nan
    malformed = {
        "of objects": npy(np.array([{"an": "object"}] * 4, object), allow_pickle=True),
        "of structures with objects": npy(np.zeros(4, [("a", object)]), allow_pickle=True),
        "of a pickle": b"\x80\x04cposix\nsystem\n(S'true'\ntR.",
        "of NaN": npy(nan),
        "of infinity": npy(np.full(images.shape, np.inf)),
        "of complex numbers": npy(images.astype(complex)),
        "of text": npy(images.astype("U3")),
        "of bytes": npy(images.astype("S3")),
        "of dates": npy(images.astype("M8[s]")),
        "of structures": npy(np.zeros(images.shape, [("a", "u1")])),
        "of no photos": npy(np.zeros((0, 32, 48, 3))),
        "of width 0": npy(np.zeros((2, 32, 0, 3))),
        "of a single number": npy(np.array(3)),
        "of grey photos": npy(images[..., 0]),
        "of photos with alpha": npy(np.concatenate([images, images[..., :1]], axis=-1)),
        "of negative numbers": npy(images.astype(int) - 300),
        "of numbers above 255": npy(images.astype(int) * 2),
        "of another count": npy(images[:1]),
        "of another height": npy(images[:, :9]),
        "of too large photos": npy(np.zeros((1, 1, 60_000_000, 3), np.uint8)[:, :, :0]),
        "with a huge shape": header(header_text("(2, 99999999999, 48, 3)"), bytes(999)),
        "with a shape of 5,000 digits": header(header_text(f"({'9' * 5000}, 32, 48, 3)"), bytes(999)),
        "with a negative shape": header(header_text("(-2, -32, 48, 3)"), images.tobytes()),
        "with a shape of text": header(header_text("'x'")),
        "with a shape of floats": header(header_text("(2.0, 32, 48, 3)"), images.tobytes()),
        "with a shape of booleans": header(header_text("(True, 32, 48, 3)"), images[:1].tobytes()),
        "with a thousand axes": header(header_text(f"({'1, ' * 1000})"), b"\1"),
        "with a type that has a shape": header(header_text("(2,)", "('|u1', (32, 48, 3))"), images.tobytes()),
        "with a type of a gigabyte": header(header_text("(1,)", "'|V1000000000'")),
        "with an unknown type": header(header_text("(2, 32, 48, 3)", "'|zz'")),
        "with code as its header": header("__import__('os').system('true')\n"),
        "with a deeply nested header": header("(" * 9000 + ")" * 9000),
        "with a header of 9,000 minus signs": header("-" * 9000 + "1"),
        "with a list as its header": header("[1, 2]\n"),
        "with an empty header": header(""),
        "with a declared header of 60,000 bytes": header(header_text("(2, 32, 48, 3)"), b"", length=60_000),
        "with a declared header of 4 gigabytes": header("{}", b"", (2, 0), 2**32 - 1),
        "with a header of 200,000 bytes": header(" " * 200_000 + header_text("(2,)"), b"", (2, 0)),
        "with a header that is not text": header("\x80\x81\xff" * 9),
        "of version 9.9": header(header_text("(2,)"), b"", (9, 9)),
        "of version 3": header(header_text("(2,)", "'|zz'"), b"", (3, 0)),
        "with additional bytes": valid[first] + b"more",
        "of a zip": zipped(valid),
        "of a photo": encoded(PHOTO, "PNG"),
        "that is empty": b"",
    }
    for name, data in malformed.items():
        yield Bundle(f"npy {name}", valid | {first: data}, REFUSED, (first,))
    malformed_masks = {
        "of another size": npy(masks[:, :9]),
        "of another count": npy(masks[:1]),
        "of one channel": npy(masks[..., :1]),
        "of three channels": npy(np.concatenate([masks, masks[..., :1]], axis=-1)),
        "of 0 and 0.5": npy(masks / 2),
        "of both classes": npy(np.ones_like(masks)),
        "of neither class": npy(np.zeros_like(masks)),
        "of NaN": npy(np.full(masks.shape, np.nan)),
        "of 255": npy(masks * 255),
        "of objects": npy(masks.astype(object), allow_pickle=True),
    }
    for name, data in malformed_masks.items():
        yield Bundle(f"npy masks {name}", valid | {second: data}, REFUSED, (second,))
    yield Bundle("npy test photos of NaN", valid | {third: npy(nan)}, REFUSED, (third,))
    yield Bundle("npy test photos alone", {third: valid[third]}, REFUSED, TRIPLE)
    yield Bundle("npy of an unknown name", {"../../x.npy": valid[first]}, REFUSED, TRIPLE)
    yield Bundle("npy masks alone", {second: valid[second]}, REFUSED, (first,))
    for tenth in range(10):
        part = valid[first][: len(valid[first]) * tenth // 10]
        yield Bundle(f"npy cut at {tenth} tenths", valid | {first: part}, REFUSED, (first,))
    for place, data in flipped(valid[second], count=20, head=118):
        yield Bundle(f"npy masks byte {place} changed", valid | {second: data}, EITHER)


def collection() -> list[Bundle]:
    """All bundles, always in the same order."""
    return [*zips(), *arrays()]
