"""Photos with masks from a folder and from a zip, and what is wrong with data that is not that."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from core import datasets


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


def test_zip_and_folder_give_the_same_pairs(tmp_path):
    seen = []
    from_zip = datasets.load(zipped(tmp_path / "d.zip", members()), lambda *count: seen.append(count))
    from_folder = datasets.load(foldered(tmp_path / "d", members()))
    assert seen == [(i, 6) for i in range(1, 7)]
    assert [p.name for p in from_zip] == [f"p{i}" for i in range(6)]
    for pair in from_zip:
        np.testing.assert_array_equal(pair.mask, pair.photo[..., 0] > 99)
    assert datasets.fingerprint(from_zip) == datasets.fingerprint(from_folder)


def test_fingerprint_sees_a_single_pixel(tmp_path):
    pairs = datasets.load(zipped(tmp_path / "d.zip", members()))
    before = datasets.fingerprint(pairs)
    mask = pairs[3].mask.copy()
    mask[0, 0] = ~mask[0, 0]
    pairs[3] = datasets.Pair(pairs[3].name, pairs[3].photo, mask)
    assert datasets.fingerprint(pairs) != before


def test_split_divides_once_and_for_all(tmp_path):
    pairs = datasets.load(zipped(tmp_path / "d.zip", members(20)))
    rest, held_out = datasets.split(pairs, 7, seed=3)
    names = [p.name for p in rest], [p.name for p in held_out]
    assert len(held_out) == 7
    assert sorted(names[0] + names[1]) == sorted(p.name for p in pairs)
    assert [p.name for p in datasets.split(pairs, 7, seed=3)[1]] == names[1]
    assert [p.name for p in datasets.split(pairs, 7, seed=4)[1]] != names[1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f.clear(), "No photos found"),
        (lambda f: f.pop("masks/p2.png"), "1 photos have no mask of the same name, the first is p2"),
        (lambda f: f.update({"images/p1.png": b"no picture"}), "p1 cannot be read"),
        (lambda f: f.update({"masks/p1.png": b"no picture"}), "p1 cannot be read"),
        (
            lambda f: f.update({"masks/p0.png": png(np.zeros((9, 9), np.uint8))}),
            "mask is 9 x 9 pixels, its photo 12 x 10",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path, change, sentence):
    files = members()
    change(files)
    with pytest.raises(datasets.DatasetError, match=sentence):
        datasets.load(zipped(tmp_path / "d.zip", files))


def test_neither_folder_nor_zip(tmp_path):
    (tmp_path / "d.zip").write_bytes(b"PK but not really")
    for name in ("d.zip", "nothing"):
        with pytest.raises(datasets.DatasetError, match="neither a folder nor a zip"):
            datasets.load(tmp_path / name)
