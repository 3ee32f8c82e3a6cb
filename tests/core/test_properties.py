"""Random bytes, files and layers, drawn by hypothesis: each gives a valid result or an error of one sentence."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core import convolution, photos
from core.convolution import sizes
from core.data import datasets
from tests.support.hostile import archives, pictures
from tests.support.hostile.watch import assert_one_clean_sentence

FAST = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
HEADS = [pictures.noisy(kind) for kind in photos.FORMATS] + [upload.data for upload in pictures.animations()]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@st.composite
def damaged(draw, files):
    """A valid file with one to four pieces removed, inserted, doubled or changed."""
    data = draw(st.sampled_from(files))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        piece = draw(st.one_of(st.binary(max_size=40), st.just(data[start:end] * 2), st.just(b"\xff" * (end - start))))
        data = data[:start] + piece + data[end:]
    return data


@FAST
@given(st.one_of(st.binary(max_size=300), damaged(HEADS)), st.integers(1, 60))
@example(b"", 1)
def test_bytes_are_a_photo_or_an_error(data, longest):
    try:
        photo = photos.decode(data)
    except photos.PhotoError as error:
        assert_one_clean_sentence(str(error))
        with pytest.raises(photos.PhotoError):
            photos.preview(data, longest)
        return
    assert photo.dtype == np.uint8
    assert photo.shape[2:] == (3,)
    small, size = photos.preview(data, longest)
    assert size == photo.shape[:2]
    assert max(small.shape[:2]) <= max(longest, 1)
    assert photos.pixels(data) == photo.shape[0] * photo.shape[1]
    assert photos.decode_mask(data, size).shape == size


@FAST
@given(
    st.dictionaries(
        st.one_of(st.text(max_size=30), st.sampled_from(["images/a.png", "masks/a.png", "images/b", *datasets.TRIPLE])),
        st.one_of(st.binary(max_size=60), st.sampled_from(list(archives.members().values()))),
        max_size=4,
    )
)
def test_files_are_pairs_or_an_error(files):
    packed = {name: data for name, data in files.items() if name and name.isprintable()}
    for upload in (files, {"d.zip": archives.zipped(packed)}):
        if upload:
            assert_pairs_or_an_error(upload)


@FAST
@given(
    damaged([archives.zipped(archives.members()), archives.zipped(archives.members(), archives.zipfile.ZIP_DEFLATED)])
)
def test_a_damaged_zip_is_pairs_or_an_error(data):
    assert_pairs_or_an_error({"d.zip": data})


@FAST
@given(damaged([archives.npy(array) for array in archives.triple().values()]), st.sampled_from(datasets.TRIPLE))
def test_a_damaged_array_is_pairs_or_an_error(data, name):
    valid = {each: archives.npy(array) for each, array in archives.triple().items()}
    assert_pairs_or_an_error(valid | {name: data})


def assert_pairs_or_an_error(files):
    try:
        dataset = datasets.uploaded(files, 32)
    except datasets.DatasetError as error:
        assert_one_clean_sentence(str(error))
        return
    assert all(pair.photo.shape == (*pair.mask.shape, 3) and max(pair.mask.shape) <= 32 for pair in dataset.pairs)


SIDES = st.tuples(st.integers(1, 6), st.integers(1, 6))
SMALL = st.tuples(st.integers(1, 3), st.integers(1, 3))


@FAST
@given(SIDES, SMALL, SMALL, SMALL, st.sampled_from(sizes.PADDINGS), st.integers(0, 99))
def test_a_convolution_and_its_transpose_are_adjoint(size, kernel, strides, dilation, padding, seed):
    """<conv(x), y> = <x, transpose(y)> for all x and y, the definition of the transpose, or both are refused."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(*size, 2))
    weights = rng.normal(size=(*kernel, 2, 3))
    try:
        out = convolution.conv2d(x, weights, strides, padding, dilation)
    except ValueError as error:
        assert_one_clean_sentence(str(error))
        return
    axes = list(zip(size, kernel, strides, [padding] * 2, dilation, strict=True))
    assert out.shape == (*(convolution.conv_output_size(*axis) for axis in axes), 3)
    extra = [sizes.restoring_output_padding(*axis) for axis in axes]
    try:
        y = rng.normal(size=out.shape)
        back = convolution.conv2d_transpose(y, weights, strides, padding, dilation, tuple(o or 0 for o in extra))
    except ValueError as error:
        assert_one_clean_sentence(str(error))
        return
    if back.shape == x.shape:
        assert np.vdot(out, y) == pytest.approx(np.vdot(x, back), abs=1e-4)
