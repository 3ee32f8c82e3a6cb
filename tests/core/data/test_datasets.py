"""Reading photos with masks from a folder, a zip and .npy files, and the errors for unusable data."""

import io
import os
import tracemalloc
import unicodedata
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import archives, datasets
from core.fcn import training as fcn_training
from tests.support.hostile.watch import assert_one_clean_sentence

DUTS = "DUTS_FILE"
"""Environment variable: the path of duts_tr_256.zip, which the app's network was trained on."""


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def members(count=6, seed=0):
    rng = np.random.default_rng(seed)
    files = {}
    for i in range(count):
        photo = rng.integers(0, 256, (10 + i, 12, 3), np.uint8)
        files[f"images/p{i}.png"] = png(photo)
        files[f"masks/p{i}.png"] = png(np.uint8(255) * (photo[..., 0] > 99))
    return files


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def foldered(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def refused(read, *quoted):
    """That `read` raises a DatasetError of one sentence which quotes these names and numbers."""
    with pytest.raises(datasets.DatasetError) as caught:
        read()
    assert_one_clean_sentence(str(caught.value))
    assert not [text for text in quoted if text not in str(caught.value)]


def bools(count, side):
    """The lesson's files as arrays of bool, packed well; the masks are not one-hot."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, channels in zip(datasets.TRIPLE[:2], (3, 2), strict=True):
            array = io.BytesIO()
            np.save(array, np.zeros((count, side, side, channels), bool))
            archive.writestr(name, array.getvalue())
    return file.getvalue()


def test_arrays_are_converted_without_a_copy_of_all_photos():
    upload, largest = {"d.zip": bools(count=20, side=512)}, 20 * 512 * 512 * 3
    tracemalloc.start()
    try:
        refused(lambda: datasets.uploaded(upload, 64), "one-hot")
        assert tracemalloc.get_traced_memory()[1] < 2.5 * largest  # zipfile joins what it unpacks
    finally:
        tracemalloc.stop()


def test_a_header_with_more_photos_than_allowed_is_refused_before_any_is_converted(monkeypatch):
    monkeypatch.setattr(datasets.photos, "shrunk", None)
    refused(lambda: datasets.uploaded({"d.zip": bools(count=501, side=1)}, 64), "501", "500")


def test_an_upload_is_refused_where_the_memory_is_too_little(monkeypatch):
    monkeypatch.setattr(datasets.memory, "available", lambda: 1.1e9)
    refused(lambda: datasets.uploaded({"d.zip": b""}, 64), "memory")


def test_zip_and_folder_give_the_same_pairs(tmp_path):
    from_zip = datasets.load(zipped(tmp_path / "d.zip", members()))
    from_folder = datasets.load(foldered(tmp_path / "d", members()))
    assert [p.name for p in from_zip] == [f"p{i}" for i in range(6)]
    for pair in from_zip:
        np.testing.assert_array_equal(pair.mask, pair.photo[..., 0] > 99)
    assert datasets.fingerprint(from_zip) == datasets.fingerprint(from_folder)


def test_the_fingerprint_depends_on_every_pixel(tmp_path):
    pairs = datasets.load(zipped(tmp_path / "d.zip", members()))
    before = datasets.fingerprint(pairs)
    mask = pairs[3].mask.copy()
    mask[0, 0] = ~mask[0, 0]
    pairs[3] = datasets.Pair(pairs[3].name, pairs[3].photo, mask)
    assert datasets.fingerprint(pairs) != before


def test_a_split_depends_on_the_pairs_and_the_seed_alone(tmp_path):
    pairs = datasets.load(zipped(tmp_path / "d.zip", members(20)))
    rest, held_out = datasets.split(pairs, 7, seed=3)
    names = [p.name for p in rest], [p.name for p in held_out]
    assert len(held_out) == 7
    assert sorted(names[0] + names[1]) == sorted(p.name for p in pairs)
    assert [p.name for p in datasets.split(pairs, 7, seed=3)[1]] == names[1]
    assert [p.name for p in datasets.split(pairs, 7, seed=4)[1]] != names[1]


def test_photos_and_masks_of_the_same_parent_folder_are_paired(tmp_path):
    """The names repeat in the two folders, and the folders are not in the same order for photos and for masks."""
    train, val = members(seed=1), members(seed=2)
    files = {f"train/{name}": data for name, data in train.items() if name.startswith("images")}
    files |= {f"val/{name}": data for name, data in val.items()}
    files |= {f"train/{name}": data for name, data in train.items() if name.startswith("masks")}
    pairs = datasets.load(zipped(tmp_path / "d.zip", files | members(1)))
    assert [p.name for p in pairs] == ["p0", *(f"{folder}/p{i}" for folder in ("train", "val") for i in range(6))]
    for pair in pairs:
        np.testing.assert_array_equal(pair.mask, pair.photo[..., 0] > 99)


def test_a_mask_in_another_folder_is_not_a_photos_mask(tmp_path):
    files = {f"{'train' if name.startswith('images') else 'val'}/{name}": data for name, data in members().items()}
    refused(lambda: datasets.load(zipped(tmp_path / "d.zip", files)), "train/p0")


@pytest.mark.parametrize(("folder", "pack"), [("images", zipped), ("masks", zipped), ("images", foldered)])
def test_two_files_with_the_same_stem_are_refused_by_name(tmp_path, folder, pack):
    files = members()
    files[f"{folder}/p3.jpg"] = files[f"{folder}/p3.png"]
    refused(lambda: datasets.load(pack(tmp_path / "d", files)), f"{folder}/p3.png", f"{folder}/p3.jpg")


def test_the_split_of_the_training_photos_never_changes():
    """SHA-256 of the indices of 8,800 training, 200 validation and 500 held-out photos: measured before this test."""
    parts = fcn_training.divided(list(range(9_500)))
    assert [len(part) for part in parts] == [8_800, 200, 500]
    digest = sha256(np.concatenate(parts).astype("<i4").tobytes()).hexdigest()
    assert digest == "6c69392d59e2ebe4d641c60e5ef530c453da0e014dc4789413a3dc7fcd1a5207"


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get(DUTS), reason=f"set {DUTS} to the path of duts_tr_256.zip")
def test_the_training_photos_have_the_fingerprint_in_the_manifest():
    pairs = datasets.load(Path(os.environ[DUTS]))
    assert len(pairs) == 9_500
    assert datasets.fingerprint(pairs) == "e1af8243697d9bd3d3914a93bf2694a433e74b1873ef31cdd4ca683e367f23d6"


@pytest.mark.parametrize(
    ("change", "quoted"),
    [
        (lambda f: f.clear(), ["images", "masks"]),
        (lambda f: f.update({"images/p1.png": b""}), ["p1"]),
        (lambda f: [f.pop(f"masks/p{i}.png") for i in (2, 3)], ["2 ", "p2"]),
        (lambda f: f.update({"images/p1.png": b"not a picture"}), ["p1"]),
        (lambda f: f.update({"masks/p1.png": b"not a picture"}), ["p1"]),
        (lambda f: f.update({"masks/p0.png": png(np.zeros((9, 9), np.uint8))}), ["p0", "9 x 9", "12 x 10"]),
    ],
)
def test_unusable_data_is_refused(tmp_path, change, quoted):
    files = members()
    change(files)
    refused(lambda: datasets.load(zipped(tmp_path / "d.zip", files)), *quoted)


def test_a_path_that_is_neither_a_folder_nor_a_zip_is_refused(tmp_path):
    (tmp_path / "d.zip").write_bytes(b"PK but not really")
    for name in ("d.zip", "nothing"):
        refused(lambda name=name: datasets.load(tmp_path / name), name)


def test_files_of_the_system_are_ignored(tmp_path):
    files = members() | {"images/.DS_Store": b"", "__MACOSX/images/._p1.png": b"not a picture"}
    files |= {f"{folder}/{name}": b"" for folder in ("images", "masks") for name in ("Thumbs.db", "desktop.ini")}
    assert len(datasets.load(zipped(tmp_path / "d.zip", files))) == 6


def accented(name):
    """A name with é, composed for photos and decomposed for masks, as zips from Linux and macOS have it."""
    return unicodedata.normalize("NFC" if "images" in name else "NFD", name.replace("p0", "café"))


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name.replace("/", "\\"),
        lambda name: f"folder\\{name}".replace("/", "\\"),
        str.title,
        lambda name: name.replace("images", "IMAGES"),
        accented,
    ],
)
def test_names_are_read_as_intended(rename):
    files = {rename(name): data for name, data in members(3).items()}
    pairs = datasets.uploaded({"d.zip": zipped(io.BytesIO(), files).getvalue()}, longest=64).pairs
    assert len(pairs) == 3
    for pair in pairs:
        np.testing.assert_array_equal(pair.mask, pair.photo[..., 0] > 99)
    triples = {f"folder\\{name}": npy(array) for name, array in triple().items()}
    assert len(datasets.uploaded({"d.zip": zipped(io.BytesIO(), triples).getvalue()}, longest=64).pairs) == 4


def test_one_name_in_two_spellings_is_refused():
    files = {unicodedata.normalize(form, "images/é.png"): b"" for form in ("NFC", "NFD")}
    refused(lambda: datasets.uploaded({"d.zip": zipped(io.BytesIO(), files).getvalue()}, longest=64), "same name")


def test_a_member_name_with_parent_folders_writes_nothing(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    path = zipped(tmp_path / "deep" / "er" / "d.zip", {f"../../{name}": data for name, data in members().items()})
    assert len(datasets.load(path)) == 6
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["d.zip"]


def test_an_upload_is_read_in_memory_and_reduced():
    dataset = datasets.uploaded({"**mine**.ZIP": zipped(io.BytesIO(), members()).getvalue()}, longest=8)
    assert [max(pair.mask.shape) for pair in dataset.pairs] == [8] * 6
    for pair in dataset.pairs:
        assert pair.photo.shape[:2] == pair.mask.shape


def locked(data):
    """The same zip; its directory says that every member is encrypted."""
    return data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")


@pytest.mark.parametrize(
    ("data", "quoted"),
    [
        (b"no zip", ["d.zip"]),
        (zipped(io.BytesIO(), {f"images/{i}.txt": b"" for i in range(1_001)}).getvalue(), ["1,001", "1,000"]),
        (zipped(io.BytesIO(), {"masks/a.png": bytes(10)} | members()).getvalue()[:-200], ["d.zip"]),
        (locked(zipped(io.BytesIO(), members()).getvalue()), ["p0"]),
    ],
)
def test_an_unusable_upload_is_refused(data, quoted):
    refused(lambda: datasets.uploaded({"d.zip": data}, longest=64), *quoted)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(datasets, "UPLOAD_LIMITS", archives.Ceiling(10, 6_000_000, 6_000_000))
    monkeypatch.setattr(archives, "_unpacked", lambda *_: pytest.fail("unpacked"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(7):
            archive.writestr(f"images/{i}.png", bytes(1_000_000))
    assert len(file.getvalue()) < 10_000
    refused(lambda: datasets.uploaded({"bomb.zip": file.getvalue()}, longest=64), "bomb.zip", "7 MB", "10", "6 MB")


def triple(count=4, side=16, dtype=np.uint8):
    """Small versions of the lesson's three files: name -> array."""
    rng = np.random.default_rng(0)
    photos = rng.integers(0, 256, (count, side, side, 3))
    covered = photos[..., 0] > 99
    photos = photos / 255 if np.dtype(dtype).kind == "f" else photos
    return {
        "images_training.npy": photos.astype(dtype),
        "seg_training.npy": np.stack([~covered, covered], axis=-1).astype(np.float64),
        "images_testing.npy": photos[:2].astype(dtype),
    }


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_the_triple_is_read_from_uploads_a_folder_and_a_zip(tmp_path, dtype):
    arrays = triple(dtype=dtype)
    files = {name: npy(array) for name, array in arrays.items()}
    dataset = datasets.uploaded(files, longest=320)
    expected = triple()["images_training.npy"]
    for i, pair in enumerate(dataset.pairs):
        np.testing.assert_array_equal(pair.photo, expected[i])
        np.testing.assert_array_equal(pair.mask, expected[i, ..., 0] > 99)
    assert len(dataset.testing) == 2
    np.testing.assert_array_equal(dataset.testing[1], expected[1])
    copies = [datasets.load(foldered(tmp_path / "d", files)), datasets.load(zipped(tmp_path / "d.zip", files))]
    assert {datasets.fingerprint(pairs) for pairs in copies} == {datasets.fingerprint(dataset.pairs)}


FIRST, SECOND, THIRD = datasets.TRIPLE


def changed(name, change):
    return lambda arrays: arrays.update({name: change(arrays[name])})


@pytest.mark.parametrize(
    ("change", "quoted"),
    [
        (lambda a: a.pop(SECOND), datasets.TRIPLE),
        (changed(FIRST, lambda x: x[..., 0]), [FIRST, "(4, 16, 16)"]),
        (changed(FIRST, lambda x: x[:0]), [FIRST, "(0, 16, 16, 3)"]),
        (changed(SECOND, lambda x: x[..., :1]), [SECOND, "(4, 16, 16, 1)"]),
        (changed(SECOND, lambda x: x[:3]), [FIRST, "(4, 16, 16, 3)", SECOND, "(3, 16, 16, 2)"]),
        (changed(SECOND, lambda x: np.full_like(x, np.nan)), [SECOND, "NaN"]),
        (changed(SECOND, lambda x: 0.5 + 0 * x), [SECOND, "one-hot"]),
        (changed(SECOND, np.ones_like), [SECOND, "one-hot"]),
        (changed(THIRD, lambda x: np.full(x.shape, np.inf)), [THIRD, "NaN"]),
        (changed(FIRST, lambda x: x.astype(int) - 300), [FIRST, "-300"]),
        (changed(FIRST, lambda x: x.astype("U3")), [FIRST, "<U3"]),
        (changed(FIRST, lambda x: x.astype(complex)), [FIRST, "complex128"]),
    ],
)
def test_unusable_arrays_are_refused(change, quoted):
    arrays = triple()
    change(arrays)
    refused(lambda: datasets.uploaded({name: npy(array) for name, array in arrays.items()}, longest=320), *quoted)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK no array",
        npy(np.array([{"an": "object"}], dtype=object), allow_pickle=True),
        npy(np.zeros((4, 16, 16, 3), np.uint8))[:-1],
        npy(np.zeros((1, 9, 9, 3), np.uint8)).replace(b"(1, 9, 9, 3)", b"(99999999, )"),
    ],
)
def test_a_file_without_an_array_is_refused_and_never_unpickled(data):
    files = {name: npy(array) for name, array in triple().items()} | {FIRST: data}
    refused(lambda: datasets.uploaded(files, longest=320), FIRST, "numpy.save")
