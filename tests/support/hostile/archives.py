"""Photos with masks as strangers pack them, zips and .npy files, each made here from a fixed seed; none is stored."""

import bz2
import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from core.data.datasets import TRIPLE
from tests.support.hostile import pictures
from tests.support.hostile.pictures import encoded, flipped, quarters

NO_ZIP = "neither a folder nor a zip"
CANNOT = "cannot be (read|taken out)"


@dataclass(frozen=True)
class Bundle:
    """Files by name and their end: so many `pairs`, or a `sentence`; where both are given either will do."""

    what: str
    files: dict[str, bytes] = field(repr=False)
    pairs: int | None = None
    sentence: str = ""


PHOTO = quarters(pictures.COLOURS)
MASK = quarters(np.array([[0, 255], [255, 0]]))


def members(count: int = 2) -> dict[str, bytes]:
    """A good archive's: photos and their masks."""
    photo, mask = encoded(PHOTO, "JPEG"), encoded(MASK, "PNG")
    return {f"{folder}/p{i}.png": data for i in range(count) for folder, data in (("images", photo), ("masks", mask))}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED, **info) -> bytes:
    """A zip; `info` sets what the directory says of each member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = method
            for key, value in info.items():
                setattr(member, key, value)
            archive.writestr(member, data)
    return file.getvalue()


def lying(data: bytes, offset: int, value: bytes) -> bytes:
    """A zip whose directory says `value` at `offset` of each entry."""
    changed, at = bytearray(data), data.find(b"PK\1\2")
    while at >= 0:
        changed[at + offset : at + offset + len(value)] = value
        at = data.find(b"PK\1\2", at + 1)
    return bytes(changed)


def zips() -> Iterator[Bundle]:
    good = zipped(members())
    photo, mask = encoded(PHOTO, "JPEG"), encoded(MASK, "PNG")
    climbing = {f"../../../{name}": data for name, data in members().items()}
    turned = pictures.Image.Exif()
    turned[274] = 6
    good_ones = {
        "as it should be": good,
        "of names that climb": zipped(climbing),
        "of absolute names": zipped({f"/{name}": data for name, data in members().items()}),
        "of a drive's names": zipped({f"C:/x/{name}": data for name, data in members().items()}),
        "after other bytes": b"#!/bin/sh\nexit\n" + good,
        "packed with deflate": zipped(members(), zipfile.ZIP_DEFLATED),
        "with folders of their own": zipped({"images/": b"", "masks/": b"", **members()}),
        "with words beside": zipped(members() | {"README.txt": b"hello", "images/.DS_Store": b"x"}),
        "with a mask too many": zipped(members() | {"masks/more.png": mask}),
        "with a mask of nothing": zipped(members() | {"masks/p0.png": encoded(0 * MASK, "PNG")}),
        "with a lying size of a mask": zipped(members() | {"masks/p0.png": encoded(MASK, "PNG", dpi=(1, 1))}),
    }
    for name, data in good_ones.items():
        yield Bundle(f"zip {name}", {"d.zip": data}, pairs=2)
    links = {"images/p0.jpg": b"/etc/passwd", "masks/p0.png": b"../../../etc/shadow"}
    bombs = {
        "that says four gigabytes": (lying(good, 24, b"\xf0\xff\xff\xff"), "unpacked; at most"),
        "that says nothing is in it": (lying(good, 24, bytes(4)), CANNOT),
        "that says less than it is": (zip_bomb(1000), CANNOT),
        "that is 490 megabytes": (zip_bomb(490_000_000), CANNOT),
        "that says less than it is, packed with bzip2": (bz2_bomb(), CANNOT),
        "of a million names": (endless_directory(1_000_000), "holds about 1,000,000 files"),
        "of 1,001 files": (zipped({f"images/{i}.png": b"" for i in range(1001)}), "1,001 files"),
        "of zips": (zipped({"images/p0.zip": good, "masks/p0.zip": good}), CANNOT),
        "of photos of 49 megapixels": (zipped(huge_photos(40)), "more than"),
        "whose photo claims 400 megapixels": (
            zipped(members() | {"images/p0.png": pictures.png((20_000, 20_000), 8, 2, b"")}),
            "more than the 50 million",
        ),
        "whose mask claims 400 megapixels": (
            zipped(members() | {"masks/p0.png": pictures.png((20_000, 20_000), 8, 2, b"")}),
            "more than the 50 million",
        ),
    }
    others = {
        "empty": (zipped({}), "No photos found"),
        "of a file without a name": (nameless(), "No photos found"),
        "of folders": (zipped({"images/": b"", "masks/": b""}), "No photos found"),
        "of links": (zipped(links, external_attr=0o120777 << 16), CANNOT),
        "with a password": (lying(good, 8, b"\1\0"), "without a password"),
        "packed with lzma": (zipped(members(), zipfile.ZIP_LZMA), "in the usual way"),
        "of a later version": (lying(good, 6, b"\xff\xff"), NO_ZIP),
        "of names in no alphabet": (lying(lying(good, 8, b"\0\x08"), 46, b"\xff\xfe"), NO_ZIP),
        "packed in an unknown way": (lying(good, 10, b"\x63\0"), CANNOT),
        "that begins nowhere": (lying(good, 42, b"\xff\xff\xff\x7f"), f"{CANNOT}|{NO_ZIP}"),
        "whose entries are all one": (lying(good, 42, bytes(4)), CANNOT),
        "whose checksum is another": (lying(good, 16, b"\1\2\3\4"), CANNOT),
        "without masks": (zipped({"images/a.jpg": photo}), "1 photos have no mask of the same name"),
        "without photos": (zipped({"masks/a.jpg": mask}), "No photos found"),
        "of a mask of another size": (zipped(members() | {"masks/p1.png": encoded(MASK[:9], "PNG")}), "48 x 9 pixels"),
        "of a photo that was turned and its mask was not": (
            zipped(members() | {"images/p1.png": encoded(PHOTO, "JPEG", exif=turned)}),
            "The mask has 48 x 32 pixels and its photo 32 x 48",
        ),
        "of a mask cut off": (zipped(members() | {"masks/p1.png": mask[:-30]}), "damaged"),
        "of a mask that is a page": (zipped(members() | {"masks/p1.png": b"<html>"}), "p1 cannot be read"),
        "of a photo that is nothing": (zipped(members() | {"images/p1.png": b""}), "p1 cannot be read"),
        "of a gif": (zipped(members() | {"images/p1.png": encoded(PHOTO, "GIF")}), "p1 cannot be read"),
    }
    for name, (data, sentence) in (bombs | others).items():
        yield Bundle(f"zip {name}", {"d.zip": data}, sentence=sentence)
    for name, text in pictures.NAMES.items():
        data = zipped({f"images/{text}": photo})
        yield Bundle(
            f"zip of a name of {name}", {text or "d.zip": data}, sentence="No photos found|no mask of the same"
        )
        yield Bundle(f"no zip, a name of {name}", {text: b"no zip"}, sentence=NO_ZIP)
    for tenth in range(10):
        part = good[: len(good) * tenth // 10]
        yield Bundle(f"zip cut at {tenth} tenths", {"d.zip": part}, sentence=NO_ZIP)
    for place, data in flipped(zipped(members(), zipfile.ZIP_DEFLATED), count=30, head=30):
        yield Bundle(f"zip byte {place} flipped", {"d.zip": data}, pairs=2, sentence=".")


def zip_bomb(says: int) -> bytes:
    """Zero bytes, 490 million of them, packed to half a million, as a photo; the directory says how many it likes."""
    data = pictures.zeros(490_000_000)[2:]  # without zlib's head: a zip holds bare deflate
    stored = zipped({"images/a.png": data, "masks/a.png": data})
    return lying(lying(stored, 10, b"\x08\0"), 24, struct.pack("<I", says // 2))


def bz2_bomb() -> bytes:
    """Likewise, 900 million zero bytes packed by bzip2 to 900: it unpacks by the block, whatever one asks for."""
    data = bz2.compress(bytes(900_000)) * 1000
    return lying(lying(zipped({"images/a.png": data, "masks/a.png": data}), 10, b"\x0c\0"), 24, b"\xff\0\0\0")


def nameless() -> bytes:
    """A zip of one file whose name in the directory has no letter."""
    good = zipped({"a": b""})
    at, end = good.index(b"PK\1\2"), good.index(b"PK\5\6")
    entry = good[at : at + 28] + bytes(2) + good[at + 30 : at + 46]
    return good[:at] + entry + good[end : end + 12] + struct.pack("<II", len(entry), at) + bytes(2)


def endless_directory(count: int) -> bytes:
    """A zip whose directory lists one file over and over."""
    good = zipped({"a": b""})
    at, end = good.index(b"PK\1\2"), good.index(b"PK\5\6")
    directory = good[at:end] * count
    return good[:at] + directory + good[end : end + 12] + struct.pack("<II", len(directory), at) + bytes(2)


def huge_photos(count: int) -> dict[str, bytes]:
    """Photos and masks of 7000 x 7000 pixels in a few kilobytes each."""
    data = pictures.png((7000, 7000), 1, 0, pictures.zeros(7000 * 876))
    return {f"{folder}/{i}.png": data for i in range(count) for folder in ("images", "masks")}


def npy(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def header(text: str, body: bytes = b"", version: tuple[int, int] = (1, 0), length: int | None = None) -> bytes:
    """An .npy file by hand: its header's text, the bytes behind it, how long it says the header is."""
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + bytes(version) + size + text.encode() + body


def described(shape: str, descr: str = "'|u1'", order: bool = False) -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def triple() -> dict[str, np.ndarray]:
    """The lesson's three files: two photos with masks and one without."""
    covered = np.stack([MASK > 0] * 2)
    return dict(
        zip(
            TRIPLE,
            (np.stack([PHOTO] * 2), np.stack([~covered, covered], axis=-1).astype(np.uint8), PHOTO[None]),
            strict=True,
        )
    )


def arrays() -> Iterator[Bundle]:
    good = {name: npy(array) for name, array in triple().items()}
    images, masks, _ = triple().values()
    first, second, third = TRIPLE
    for name, dtype in (("bool", bool), ("int64", int), ("big-endian", ">i4"), ("float16", "f2"), ("float64", ">f8")):
        yield Bundle(f"npy of {name}", good | {first: npy(images.astype(dtype))}, pairs=2)
    yield Bundle("npy in columns", good | {first: npy(np.asfortranarray(images))}, pairs=2)
    yield Bundle("npy as it should be", good, pairs=2)
    yield Bundle("npy without photos to try", {name: good[name] for name in TRIPLE[:2]}, pairs=2)
    yield Bundle("npy in a zip", {"d.zip": zipped(good)}, pairs=2)
    yield Bundle("npy in a zip that climbs", {"d.zip": zipped({f"../{n}": d for n, d in good.items()})}, pairs=2)
    nan = images.astype(np.float32)
    nan[0, 0, 0, 0] = np.nan
    wrong = {
        "of objects": npy(np.array([{"an": "object"}] * 4, object), allow_pickle=True),
        "of objects in a structure": npy(np.zeros(4, [("a", object)]), allow_pickle=True),
        "that is a pickle": b"\x80\x04cposix\nsystem\n(S'true'\ntR.",
        "of NaN": npy(nan),
        "of infinity": npy(np.full(images.shape, np.inf)),
        "of complex numbers": npy(images.astype(complex)),
        "of words": npy(images.astype("U3")),
        "of bytes": npy(images.astype("S3")),
        "of dates": npy(images.astype("M8[s]")),
        "of structures": npy(np.zeros(images.shape, [("a", "u1")])),
        "of nothing": npy(np.zeros((0, 32, 48, 3))),
        "of no photo's width": npy(np.zeros((2, 32, 0, 3))),
        "of one number": npy(np.array(3)),
        "of grey photos": npy(images[..., 0]),
        "of photos with alpha": npy(np.concatenate([images, images[..., :1]], axis=-1)),
        "of numbers below": npy(images.astype(int) - 300),
        "of numbers above": npy(images.astype(int) * 2),
        "of another count": npy(images[:1]),
        "of another height": npy(images[:, :9]),
        "of photos too large": npy(np.zeros((1, 1, 60_000_000, 3), np.uint8)[:, :, :0]),
        "whose shape is huge": header(described("(2, 99999999999, 48, 3)"), bytes(999)),
        "whose shape is beyond numbers": header(described(f"({'9' * 5000}, 32, 48, 3)"), bytes(999)),
        "whose shape is below nothing": header(described("(-2, -32, 48, 3)"), images.tobytes()),
        "whose shape is a word": header(described("'x'")),
        "whose shape is a fraction": header(described("(2.0, 32, 48, 3)"), images.tobytes()),
        "whose shape is true": header(described("(True, 32, 48, 3)"), images[:1].tobytes()),
        "whose shape has a thousand axes": header(described(f"({'1, ' * 1000})"), b"\1"),
        "whose type has a shape": header(described("(2,)", "('|u1', (32, 48, 3))"), images.tobytes()),
        "whose type is a gigabyte": header(described("(1,)", "'|V1000000000'")),
        "whose type is none": header(described("(2, 32, 48, 3)", "'|zz'")),
        "whose header is a program": header("__import__('os').system('true')\n"),
        "whose header is nested": header("(" * 9000 + ")" * 9000),
        "whose header is minus and minus": header("-" * 9000 + "1"),
        "whose header is a list": header("[1, 2]\n"),
        "whose header is empty": header(""),
        "whose header says it is 60,000 bytes": header(described("(2, 32, 48, 3)"), b"", length=60_000),
        "whose header says it is 4 gigabytes": header("{}", b"", (2, 0), 2**32 - 1),
        "whose header is 200,000 bytes": header(" " * 200_000 + described("(2,)"), b"", (2, 0)),
        "whose header is no text": header("\x80\x81\xff" * 9),
        "of version 9.9": header(described("(2,)"), b"", (9, 9)),
        "of version 3": header(described("(2,)", "'|zz'"), b"", (3, 0)),
        "with bytes behind": good[first] + b"more",
        "that is a zip": zipped(good),
        "that is a photo": encoded(PHOTO, "PNG"),
        "that is nothing": b"",
    }
    for name, data in wrong.items():
        yield Bundle(f"npy {name}", good | {first: data}, sentence=first.replace(".", r"\."))
    masks_wrong = {
        "of another size": (npy(masks[:, :9]), "must agree"),
        "of another count": (npy(masks[:1]), "must agree"),
        "of one channel": (npy(masks[..., :1]), "the shape"),
        "of three channels": (npy(np.concatenate([masks, masks[..., :1]], axis=-1)), "the shape"),
        "of halves": (npy(masks / 2), "not one-hot"),
        "of both": (npy(np.ones_like(masks)), "not one-hot"),
        "of neither": (npy(np.zeros_like(masks)), "not one-hot"),
        "of NaN": (npy(np.full(masks.shape, np.nan)), "NaN"),
        "of 255": (npy(masks * 255), "not one-hot"),
        "of objects": (npy(masks.astype(object), allow_pickle=True), "objects"),
    }
    for name, (data, sentence) in masks_wrong.items():
        yield Bundle(f"npy masks {name}", good | {second: data}, sentence=sentence)
    yield Bundle("npy photos to try of NaN", good | {third: npy(nan)}, sentence="NaN")
    yield Bundle("npy photos to try alone", {third: good[third]}, sentence="missing")
    yield Bundle("npy of an unknown name", {"../../x.npy": good[first]}, sentence="missing")
    yield Bundle("npy masks alone", {second: good[second]}, sentence=f"{first} missing")
    for tenth in range(10):
        part = good[first][: len(good[first]) * tenth // 10]
        yield Bundle(f"npy cut at {tenth} tenths", good | {first: part}, sentence=first)
    for place, data in flipped(good[second], count=20, head=118):
        yield Bundle(f"npy masks byte {place} flipped", good | {second: data}, pairs=2, sentence=".")


def collection() -> list[Bundle]:
    """Every bundle, in an order that never changes."""
    return [*zips(), *arrays()]
