"""Spoiled files of users' networks, each made here from a good one; none is stored."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from core.autoencoder import codes, network
from core.autoencoder import keras_model as autoencoder_keras
from core.autoencoder import model_file as autoencoder_model_file
from core.fcn import architecture, engine, keras_model, segmenter
from core.fcn import model_file as fcn_model_file
from tests.support.hostile.archives import bz2_bomb, described, endless_directory, header, lying, npy, zip_bomb, zipped
from tests.support.hostile.pictures import flipped

NO_MODEL = "not a model of this page"
OTHER = "another network"
NOT_FINITE = "NaN, infinite or huge"
TOO_LARGE = "too large to be a model"


@dataclass(frozen=True)
class Upload:
    """A file and the sentence that it must end in; where it `may` be good, a network is right as well."""

    what: str
    data: bytes = field(repr=False)
    sentence: str = ""
    may: bool = False


def unpacked(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return dict(file)


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def spoiled(good: bytes, other: bytes, name: str) -> Iterator[Upload]:
    """What can be wrong with the file of any network: `name` is one of its kernels, `other` a good file of another."""
    arrays = unpacked(good)
    first = arrays[name]
    files = {f"{each}.npy": npy(array) for each, array in arrays.items()}
    nan = first.copy()
    nan.flat[-1] = np.nan
    changed = {
        "of another network": (other, f"{OTHER}|{TOO_LARGE}|no latent codes"),
        "with a weight of another shape": (packed(arrays | {name: first[..., :-1]}), OTHER),
        "with its axes turned": (packed(arrays | {name: first.T}), OTHER),
        "without a weight": (packed({n: a for n, a in arrays.items() if n != name}), OTHER),
        "with a weight too many": (packed(arrays | {"extra/kernel": first}), OTHER),
        "of NaN": (packed(arrays | {name: nan}), NOT_FINITE),
        "of infinity": (packed(arrays | {name: np.full_like(first, np.inf)}), NOT_FINITE),
        "of numbers beyond reason": (packed(arrays | {name: np.full_like(first, 1e30)}), NOT_FINITE),
        "of doubles": (packed(arrays | {name: first.astype(float)}), NOT_FINITE),
        "of whole numbers": (packed(arrays | {name: first.astype(np.int32)}), NOT_FINITE),
        "of words": (packed(arrays | {name: first.astype("U3")}), NOT_FINITE),
        "of objects": (
            zipped(files | {f"{name}.npy": npy(first.astype(object), allow_pickle=True)}),
            NO_MODEL,
        ),
        "with a pickle in it": (zipped(files | {f"{name}.npy": b"\x80\x04cposix\nsystem\n(S'true'\ntR."}), NO_MODEL),
        "with a huge header": (zipped(files | {f"{name}.npy": header(described("(99999999999,)"))}), NO_MODEL),
        "with a lying header": (
            zipped(files | {f"{name}.npy": header(described(str(first.shape), "'<f4'"), bytes(9))}),
            NO_MODEL,
        ),
        "with a photo in it": (zipped({f"{name}.npy": b"\xff\xd8\xff"}), NO_MODEL),
        "with a password": (lying(good, 8, b"\1\0"), NO_MODEL),
        "whose checksum is another": (lying(good, 16, b"\1\2\3\4"), NO_MODEL),
        "without anything": (zipped({}), None),
        "that is a zip bomb": (zip_bomb(490_000_000), TOO_LARGE),
        "that is a zip bomb and says it is small": (zip_bomb(2000), NO_MODEL),
        "that is a bzip2 bomb and says it is small": (bz2_bomb(), NO_MODEL),
        "of fifty thousand names": (endless_directory(50_000), TOO_LARGE),
        "of more bytes than there are": (good + bytes(30_000_000), TOO_LARGE),
        "that is nothing": (b"", NO_MODEL),
        "that is a page": (b"<html>", NO_MODEL),
        "that is HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(500), NO_MODEL),
        "that is an array": (npy(first), NO_MODEL),
        "that is a pickle": (b"\x80\x04cposix\nsystem\n(S'true'\ntR.", NO_MODEL),
    }
    for what, (data, sentence) in changed.items():
        yield Upload(what, data, sentence or ".")
    climbing = zipped({f"../../{each}": data for each, data in files.items()})
    yield Upload("of names that climb", climbing, ".")
    for tenth in range(10):
        yield Upload(f"cut at {tenth} tenths", good[: len(good) * tenth // 10], NO_MODEL)
    for place, data in flipped(good, count=10, head=10):
        yield Upload(f"byte {place} flipped", data, ".", may=True)


def spoiled_autoencoders(good: bytes, other: bytes) -> Iterator[Upload]:
    yield from spoiled(good, other, "encoder_conv1/kernel")
    arrays = unpacked(good)
    points = arrays["shown_points"]
    count = len(points)
    changed = {
        "without codes": {"shown_points": None},
        "with codes in space": {"shown_points": np.zeros((count, 3), np.float32)},
        "with one code": {
            "shown_points": points[:1],
            "shown_labels": np.zeros(1, np.uint8),
            "shown_index": np.zeros(1, int),
        },
        "with codes of NaN": {"shown_points": np.full_like(points, np.nan)},
        "with codes without number": {"shown_points": np.array(1.0, np.float32)},
        "with codes of nothing": {"shown_points": np.zeros((0, 2), np.float32)},
        "with an eleventh digit": {"shown_labels": np.full(count, 10, np.uint8)},
        "with labels of words": {"shown_labels": np.full(count, "1")},
        "with labels of another count": {"shown_labels": np.zeros(count + 1, np.uint8)},
        "with labels in a column": {"shown_labels": np.zeros((count, 1), np.uint8)},
        "with a digit before the first": {"shown_index": np.full(count, -1)},
        "with a digit that is none": {"shown_index": np.full(count, 70_000)},
        "with digits that are fractions": {"shown_index": np.full(count, 0.5)},
        "with true digits": {"shown_labels": np.zeros(count, bool)},
    }
    for what, change in changed.items():
        data = packed({n: a for n, a in (arrays | change).items() if a is not None})
        yield Upload(what, data, "codes")
    for what, source in {"of a long source": "x" * 9999, "of markup": "**a**\n<b>"}.items():
        yield Upload(what, packed(arrays | {"source": np.array(source)}), may=True)
    yield Upload("of a source that is a list", packed(arrays | {"source": np.arange(99)}), may=True)


def spoiled_segmenters(good: bytes, other: bytes) -> Iterator[Upload]:
    yield from spoiled(good, other, "stage1_conv/kernel")
    arrays = unpacked(good)
    for size in (0, -64, 63, 257, 2**31 - 1, 128.0, "128", True, [128]):
        data = packed(arrays | {"working_size": np.array(size)})
        yield Upload(f"with a working size of {size!r}", data, "working size")
    yield Upload(
        "without a working size", packed({n: a for n, a in arrays.items() if n != "working_size"}), "working size"
    )


def good() -> tuple[bytes, bytes]:
    """A file of a user's autoencoder and one of a segmentation network, as the pages make them."""
    some = codes.Codes(np.zeros((3, 2), np.float32), np.zeros(3, np.uint8), np.arange(3))
    untrained = network.Autoencoder(autoencoder_keras.build().get_weights())
    app_network = architecture.app_network()
    arrays = keras_model.arrays(keras_model.build(app_network), app_network)
    return (
        autoencoder_model_file.to_bytes(autoencoder_model_file.TrainedAutoencoder(untrained, some, some, "test")),
        fcn_model_file.to_bytes(segmenter.Segmenter(engine.EngineNetwork(app_network, arrays))),
    )
