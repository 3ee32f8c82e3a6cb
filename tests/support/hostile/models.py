"""Malformed and malicious model files (.npz), each made from a valid one."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from core.autoencoder import codes, digits, network
from core.autoencoder import keras_model as autoencoder_keras
from core.autoencoder import model_file as autoencoder_model_file
from core.fcn import architecture, engine, keras_model, segmenter
from core.fcn import model_file as fcn_model_file
from tests.support.hostile.archives import (
    altered,
    bz2_bomb,
    header,
    header_text,
    npy,
    repeated_directory,
    zip_bomb,
    zipped,
)
from tests.support.hostile.pictures import EITHER, READ, REFUSED, flipped


@dataclass(frozen=True)
class ModelFile:
    """A file and its outcome."""

    what: str
    data: bytes = field(repr=False)
    outcome: str = REFUSED


def unpacked(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return dict(file)


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def malformed(valid: bytes, other: bytes) -> Iterator[ModelFile]:
    """Malformed versions of a valid file of any network; `other` is a valid file of another network."""
    arrays = unpacked(valid)
    name = next(each for each, array in arrays.items() if array.ndim == 4)
    first = arrays[name]
    files = {f"{each}.npy": npy(array) for each, array in arrays.items()}
    nan = first.copy()
    nan.flat[-1] = np.nan
    changed = {
        "of another network": other,
        "with a weight of another shape": packed(arrays | {name: first[..., :-1]}),
        "with transposed axes": packed(arrays | {name: first.T}),
        "without a weight": packed({n: a for n, a in arrays.items() if n != name}),
        "with an additional weight": packed(arrays | {f"{name}0": first}),
        "of NaN": packed(arrays | {name: nan}),
        "of infinity": packed(arrays | {name: np.full_like(first, np.inf)}),
        "of weights of 1e30": packed(arrays | {name: np.full_like(first, 1e30)}),
        "of float64": packed(arrays | {name: first.astype(float)}),
        "of integers": packed(arrays | {name: first.astype(np.int32)}),
        "of text": packed(arrays | {name: first.astype("U3")}),
        "of objects": zipped(files | {f"{name}.npy": npy(first.astype(object), allow_pickle=True)}),
        "with a pickle in it": zipped(files | {f"{name}.npy": b"\x80\x04cposix\nsystem\n(S'true'\ntR."}),
        "with a huge header": zipped(files | {f"{name}.npy": header(header_text("(99999999999,)"))}),
        "with a false header": zipped(
            files | {f"{name}.npy": header(header_text(str(first.shape), "'<f4'"), bytes(9))}
        ),
        "with a photo in it": zipped({f"{name}.npy": b"\xff\xd8\xff"}),
        "with a password": altered(valid, 8, b"\1\0"),
        "with a false checksum": altered(valid, 16, b"\1\2\3\4"),
        "without members": zipped({}),
        "of a zip bomb": zip_bomb(490_000_000),
        "of a zip bomb with a small declared size": zip_bomb(2000),
        "of a bzip2 bomb with a small declared size": bz2_bomb(),
        "of fifty thousand names": repeated_directory(50_000),
        "with 30 MB after its end": valid + bytes(30_000_000),
        "that is empty": b"",
        "of HTML": b"<html>",
        "of HDF5": b"\x89HDF\r\n\x1a\n" + bytes(500),
        "of an .npy file": npy(first),
        "of a pickle": b"\x80\x04cposix\nsystem\n(S'true'\ntR.",
    }
    for what, data in changed.items():
        yield ModelFile(what, data)
    parents = zipped({f"../../{each}": data for each, data in files.items()})
    yield ModelFile("with parent folders in names", parents)
    for tenth in range(10):
        yield ModelFile(f"cut at {tenth} tenths", valid[: len(valid) * tenth // 10])
    for place, data in flipped(valid, count=10, head=10):
        yield ModelFile(f"byte {place} changed", data, EITHER)


def malformed_autoencoders(valid: bytes, other: bytes) -> Iterator[ModelFile]:
    yield from malformed(valid, other)
    arrays = unpacked(valid)
    points = arrays["shown_points"]
    count = len(points)
    changed = {
        "without codes": {"shown_points": None},
        "with codes of three numbers": {"shown_points": np.zeros((count, 3), np.float32)},
        "with one code": {
            "shown_points": points[:1],
            "shown_labels": np.zeros(1, np.uint8),
            "shown_index": np.zeros(1, int),
        },
        "with codes of NaN": {"shown_points": np.full_like(points, np.nan)},
        "with a single number as codes": {"shown_points": np.array(1.0, np.float32)},
        "with no codes": {"shown_points": np.zeros((0, 2), np.float32)},
        "with a label of 10": {"shown_labels": np.full(count, 10, np.uint8)},
        "with labels of text": {"shown_labels": np.full(count, "1")},
        "with labels of another count": {"shown_labels": np.zeros(count + 1, np.uint8)},
        "with labels in a column": {"shown_labels": np.zeros((count, 1), np.uint8)},
        "with a negative index": {"shown_index": np.full(count, -1)},
        "with an index above 69,999": {"shown_index": np.full(count, 70_000)},
        "with a fractional index": {"shown_index": np.full(count, 0.5)},
        "with labels of booleans": {"shown_labels": np.zeros(count, bool)},
    }
    for what, change in changed.items():
        data = packed({n: a for n, a in (arrays | change).items() if a is not None})
        yield ModelFile(what, data)
    sources = {"with a long source": "x" * 9999, "with markup": "![](//host/a)", "with a list as its source": range(99)}
    for what, source in sources.items():
        yield ModelFile(what, packed(arrays | {"source": np.array(source)}))
    for source, (train, every) in digits.SOURCES.items():
        own = arrays | {"source": np.array(source)}
        for name, rows in (("known", train), ("shown", every)):
            index = np.full(len(arrays[f"{name}_labels"]), rows)
            yield ModelFile(f"with row {rows} of {source} as {name}", packed(own | {f"{name}_index": index}))
            yield ModelFile(f"with the last of {source} as {name}", packed(own | {f"{name}_index": index - 1}), READ)


def malformed_segmenters(valid: bytes, other: bytes) -> Iterator[ModelFile]:
    yield from malformed(valid, other)
    arrays = unpacked(valid)
    for size in (0, -64, 63, 257, 2**31 - 1, 128.0, "128", True, [128]):
        data = packed(arrays | {"working_size": np.array(size)})
        yield ModelFile(f"with a working size of {size!r}", data)
    yield ModelFile("without a working size", packed({n: a for n, a in arrays.items() if n != "working_size"}))


def valid_files() -> tuple[bytes, bytes]:
    """A valid file of an autoencoder and of a segmentation network, as the pages offer them for download."""
    some = codes.Codes(np.zeros((3, 2), np.float32), np.zeros(3, np.uint8), np.arange(3))
    untrained = network.Autoencoder(autoencoder_keras.build().get_weights())
    app_network = architecture.app_network()
    arrays = keras_model.arrays(keras_model.build(app_network), app_network)
    return (
        autoencoder_model_file.to_bytes(autoencoder_model_file.TrainedAutoencoder(untrained, some, some, digits.MNIST)),
        fcn_model_file.to_bytes(segmenter.Segmenter(engine.EngineNetwork(app_network, arrays))),
    )
