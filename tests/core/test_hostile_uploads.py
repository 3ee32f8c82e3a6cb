"""Malformed and malicious files: each is read or refused with one sentence, and no file or memory is left over."""

import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from core import photos, weights
from core.autoencoder import model_file as autoencoder_model_file
from core.data import datasets
from core.fcn import model_file as fcn_model_file
from tests.support.hostile import archives, models, pictures
from tests.support.hostile.pictures import READ, REFUSED
from tests.support.hostile.watch import assert_one_clean_sentence, harmless, resident

PICTURES = pictures.collection()
BUNDLES = archives.collection()
ROOT = Path(__file__).parents[2]
MAX_GROWTH = 30  # MB; the largest upload takes ten times as much while it is read

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def ids(upload):
    return upload.what


def test_the_collection_is_large_and_always_the_same():
    assert len(PICTURES) + len(BUNDLES) >= 120
    for made, again in ((PICTURES, pictures.collection()), (BUNDLES, archives.collection())):
        assert len({upload.what for upload in made}) == len(made)
        assert [upload.what for upload in made] == [upload.what for upload in again]
    assert all(a.data == b.data for a, b in zip(PICTURES, pictures.collection(), strict=True))


def read(reader, data, error):
    """(result, None), or (None, error message) of a reader, after the checks of `harmless`."""

    def attempt():
        try:
            return reader(data), None
        except error as caught:
            return None, str(caught)

    result, sentence = harmless(attempt)
    if sentence is not None:
        assert_one_clean_sentence(sentence)
    return result, sentence


@pytest.mark.parametrize("upload", PICTURES, ids=ids)
def test_a_picture_is_read_or_refused(upload):
    photo, message = read(photos.decode, upload.data, photos.PhotoError)
    if photo is None:
        assert upload.outcome != READ
        assert upload.quoted in message
    else:
        assert upload.outcome != REFUSED
        assert photo.dtype == np.uint8
        assert photo.ndim == 3
        assert photo.shape[2] == 3
        assert photo.shape[0] * photo.shape[1] <= photos.MAX_PIXELS
        if upload.picture is not None:
            assert photo.shape == upload.picture.shape
            np.testing.assert_allclose(photo.astype(int), upload.picture, atol=upload.within)
        elif upload.size is not None:
            assert photo.shape[:2] == upload.size
        else:
            assert upload.outcome != READ

    preview, preview_message = read(lambda data: photos.preview(data, 1000), upload.data, photos.PhotoError)
    assert preview_message == message
    if photo is not None:
        small, size = preview
        assert size == photo.shape[:2]
        assert max(small.shape) <= 1000

    mask, _ = read(lambda data: photos.decode_mask(data, upload.size or (32, 48)), upload.data, photos.PhotoError)
    assert mask is None or (photo is not None and mask.shape == photo.shape[:2] and mask.dtype == bool)


@pytest.mark.parametrize("bundle", BUNDLES, ids=ids)
def test_photos_with_masks_are_read_or_refused(bundle):
    dataset, message = read(lambda files: datasets.uploaded(files, 320), bundle.files, datasets.DatasetError)
    if dataset is None:
        assert bundle.outcome != READ
        assert not [text for text in bundle.quoted if text not in message]
        return
    assert bundle.outcome != REFUSED
    assert len(dataset.pairs) == 2
    for pair in dataset.pairs:
        assert pair.photo.dtype == np.uint8
        assert pair.mask.dtype == bool
        assert pair.photo.shape == (*pair.mask.shape, 3)


def model_files():
    """Every malformed model file with its reader."""
    cae, net = models.valid_files()
    yield from ((each, autoencoder_model_file.from_bytes) for each in models.malformed_autoencoders(cae, net))
    yield from ((each, fcn_model_file.from_bytes) for each in models.malformed_segmenters(net, cae))


def test_a_model_file_is_read_or_refused():
    files = list(model_files())
    assert len(files) > 120
    for each, load in files:
        network, _ = read(load, each.data, weights.WeightsError)
        assert each.outcome != (REFUSED if network else READ), each.what


def growth() -> float:
    """Megabytes of memory that a part of the collection, with its largest file, leaves when it is read again."""
    networks = list(islice(model_files(), None, None, 5))

    def read_all():
        for upload in [*PICTURES[::5], next(pictures.full_size())]:
            read(photos.decode, upload.data, photos.PhotoError)
        for bundle in BUNDLES[::5]:
            read(lambda files: datasets.uploaded(files, 320), bundle.files, datasets.DatasetError)
        for each, load in networks:
            read(load, each.data, weights.WeightsError)

    read_all()
    before = resident()
    read_all()
    return resident() - before


def test_memory_does_not_grow():
    """In a separate process, because memory of other tests would count in this one."""
    resident()  # skips on other systems than Linux
    program = "from tests.core import test_hostile_uploads; print(test_hostile_uploads.growth())"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    assert float(result.stdout) < MAX_GROWTH
