"""A collection of uploads that no one means well: each ends in a picture or a sentence, and leaves nothing behind."""

import re
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
from tests.support.hostile.watch import assert_one_clean_sentence, harmless, resident

PICTURES = pictures.collection()
BUNDLES = archives.collection()
ROOT = Path(__file__).parents[2]
LEFT_OVER = 30  # MB; the largest upload takes ten times as much while it is read

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
    """What a reader makes of data without doing harm: (result, None), or (None, the sentence)."""

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
def test_a_picture_ends_in_a_picture_or_a_sentence(upload):
    photo, sentence = read(photos.decode, upload.data, photos.PhotoError)
    if photo is None:
        assert re.search(upload.sentence or "no sentence was due", sentence)
    else:
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
            assert upload.sentence == "."  # either was allowed

    shown, again = read(lambda data: photos.preview(data, 1000), upload.data, photos.PhotoError)
    assert again == sentence
    if photo is not None:
        small, size = shown
        assert size == photo.shape[:2]
        assert max(small.shape) <= 1000

    mask, _ = read(lambda data: photos.decode_mask(data, upload.size or (32, 48)), upload.data, photos.PhotoError)
    assert mask is None or (photo is not None and mask.shape == photo.shape[:2] and mask.dtype == bool)


@pytest.mark.parametrize("bundle", BUNDLES, ids=ids)
def test_photos_with_masks_end_in_pairs_or_a_sentence(bundle):
    found, sentence = read(lambda files: datasets.uploaded(files, 320), bundle.files, datasets.DatasetError)
    if found is None:
        assert re.search(bundle.sentence or "no sentence was due", sentence)
        return
    assert len(found.pairs) == bundle.pairs
    for pair in found.pairs:
        assert pair.photo.dtype == np.uint8
        assert pair.mask.dtype == bool
        assert pair.photo.shape == (*pair.mask.shape, 3)


@pytest.fixture(scope="module")
def both():
    """A good file of each network."""
    return models.good()


def brought(cae, net):
    """Every spoiled file of a network with its reader."""
    yield from ((each, autoencoder_model_file.from_bytes) for each in models.spoiled_autoencoders(cae, net))
    yield from ((each, fcn_model_file.from_bytes) for each in models.spoiled_segmenters(net, cae))


def test_weights_end_in_a_network_or_a_sentence(both):
    files = list(brought(*both))
    assert len(files) > 120
    for each, load in files:
        network, sentence = read(load, each.data, weights.WeightsError)
        assert each.may if network else re.search(each.sentence, sentence), (each.what, sentence)


def grown() -> float:
    """Megabytes that a part of the collection, its largest among them, leaves when it comes for the second time."""
    networks = models.good()

    def many():
        for upload in [*PICTURES[::5], next(pictures.full_size())]:
            read(photos.decode, upload.data, photos.PhotoError)
        for bundle in BUNDLES[::5]:
            read(lambda files: datasets.uploaded(files, 320), bundle.files, datasets.DatasetError)
        for each, load in islice(brought(*networks), None, None, 5):
            read(load, each.data, weights.WeightsError)

    many()
    before = resident()
    many()
    return resident() - before


def test_memory_is_back_where_it_was():
    """In a process of its own: what other tests left in this one would be counted."""
    resident()  # skips where nobody tells
    program = "from tests.core import test_hostile_uploads; print(test_hostile_uploads.grown())"
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
    assert float(told.stdout) < LEFT_OVER
