"""Valid photos and masks; malformed and malicious files are in test_hostile_uploads.py."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from core import full_size, photos
from core.data import sample_photos
from tests.support.hostile.pictures import png
from tests.support.hostile.watch import assert_one_clean_sentence


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def refused(read, *quoted):
    """That `read` raises a PhotoError of one sentence which quotes these numbers."""
    with pytest.raises(photos.PhotoError) as caught:
        read()
    assert_one_clean_sentence(str(caught.value))
    assert not [text for text in quoted if text not in str(caught.value)]


def test_sixteen_bit_grey_is_scaled_not_clipped():
    deep = np.array([[0, 257, 32896, 65535]], np.uint16)
    np.testing.assert_array_equal(photos.decode(encoded(Image.fromarray(deep), "PNG"))[0, :, 0], [0, 1, 128, 255])


def test_transparency_is_composited_on_white():
    image = Image.new("RGBA", (3, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 255))
    image.putpixel((2, 0), (0, 0, 0, 128))
    np.testing.assert_array_equal(photos.decode(encoded(image, "PNG"))[0], [[255] * 3, [255, 0, 0], [127] * 3])


def test_a_photo_above_the_pixel_limit_is_refused_with_both_numbers():
    refused(lambda: photos.decode(png((8000, 8000), 8, 2, b"")), "8000 x 8000", "50 million")


def progressive(size, scans):
    """A progressive JPEG of one colour whose last scan is repeated until there are this many."""
    data = encoded(Image.new("RGB", size, "teal"), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * (scans - photos._scans(data)) + data[-2:]


@pytest.mark.parametrize(("size", "scans", "millions"), [((64, 48), 101, "0.0"), ((5000, 4000), 60, "20.0")])
def test_a_jpeg_of_too_many_scans_is_refused_before_it_is_decoded(size, scans, millions):
    data = progressive(size, scans)
    for read in (photos.decode, lambda data: photos.preview(data, 100)):
        before = time.process_time()
        refused(lambda read=read: read(data), f"{scans} scans", millions)
        assert time.process_time() - before < 0.1


def test_scans_are_those_of_the_photo_alone():
    assert photos.decode(progressive((64, 48), 100)).shape == (48, 64, 3)
    exif = Image.Exif()
    exif[270] = b"\xff\xda\0\2" * 200  # looks like 200 scans
    assert photos._scans(encoded(Image.new("RGB", (64, 48)), "JPEG", exif=exif) + b"\xff\xda" * 200) == 1
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    assert photos._scans(encoded(Image.fromarray(noise), "JPEG", quality=99)) == 1
    assert photos._scans(encoded(Image.fromarray(noise), "JPEG", quality=99, progressive=True)) == 10


@pytest.mark.parametrize(("mode", "on"), [("L", 255), ("L", 1), ("1", 1), ("P", 7), ("RGB", (200, 0, 0)), ("I;16", 9)])
def test_a_mask_is_read_by_brightness_in_every_mode(mode, on):
    truth = np.zeros((6, 9), bool)
    truth[2:4, 3:8] = True
    image = Image.new(mode, (9, 6))
    image.putpalette([each for i in range(8) for each in (i, 30 * i, 0)]) if mode == "P" else None
    image.paste(on, (3, 2, 8, 4))
    np.testing.assert_array_equal(photos.decode_mask(encoded(image, "PNG"), (6, 9)), truth)


def test_a_mask_with_transparency_is_read_by_its_alpha():
    image = Image.new("RGBA", (9, 6), (255, 255, 255, 0))
    image.paste((0, 0, 0, 255), (0, 0, 2, 6))
    mask = photos.decode_mask(encoded(image, "PNG"), (6, 9))
    assert mask[:, :2].all()
    assert not mask[:, 2:].any()
    # A picture with an alpha channel but no transparent pixel is read by its brightness.
    assert not photos.decode_mask(encoded(Image.new("RGBA", (9, 6), "black"), "PNG"), (6, 9)).any()


def test_a_mask_of_another_size_is_refused_with_both_sizes():
    refused(lambda: photos.decode_mask(encoded(Image.new("L", (9, 6)), "PNG"), (9, 6)), "9 x 6", "6 x 9")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_preview_is_the_photo_reduced_with_its_original_size(kind, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(Image.open(io.BytesIO(sample_photos.sample("Rocket"))).convert("RGB"), kind, exif=exif)
    photo = photos.decode(data)
    small, size = photos.preview(data, 150)
    assert size == photo.shape[:2]
    assert max(small.shape) == 150
    assert np.abs(small.astype(int) - photos.shrunk(photo, 150)).mean() < 3
    unreduced, size = photos.preview(data, 5000)
    np.testing.assert_array_equal(unreduced, photo)
    assert size == photo.shape[:2]
    refused(lambda: photos.preview(data[:2000], 150))
    # One pixel taller than wide: an eighth of the size would no longer show it.
    assert photos.preview(encoded(Image.new("RGB", (999, 1000)), "JPEG", exif=exif), 100)[1] == (
        (999, 1000) if orientation == 6 else (1000, 999)
    )


def test_shrunk_keeps_the_aspect_and_never_enlarges():
    photo = np.zeros((300, 600, 3), np.uint8)
    assert photos.shrunk(photo, 200).shape == (100, 200, 3)
    assert photos.shrunk(photo, 600) is photo
    assert photos.shrunk(np.zeros((1, 900, 3), np.uint8), 100).shape == (1, 100, 3)


@pytest.mark.parametrize("name", sample_photos.SAMPLES)
def test_samples_are_photos(name):
    photo = photos.decode(sample_photos.sample(name))
    assert min(photo.shape[:2]) >= 300
    assert photo.std() > 20


def test_luma_is_that_of_bt_601():
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]]], np.uint8)
    np.testing.assert_allclose(photos.luma(rgb), [[76.245, 149.685, 29.07, 255, 0]], atol=1e-4)
    assert np.array_equal(np.round(photos.luma(rgb)), np.asarray(Image.fromarray(rgb).convert("L")))  # Pillow's own


def test_to_uint8_rounds_and_clips():
    values = np.array([[-0.4, 0, 0.5, 1, 1.7], [1 / 255, 0.4 / 255, 0.6 / 255, 254.4 / 255, 254.6 / 255]])
    np.testing.assert_array_equal(photos.to_uint8(values), [[0, 0, 128, 255, 255], [1, 0, 1, 254, 255]])
    assert photos.to_uint8(values).dtype == np.uint8


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_conversion_in_strips_equals_the_whole(mode, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (60, 50, 4), np.uint8)
    image = Image.fromarray(noise).convert("RGB" if mode in ("P", "CMYK") else "L" if mode == "I;16" else "RGBA")
    image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    data = encoded(image, "JPEG" if mode == "CMYK" else "PNG", **({"transparency": 3} if mode == "P" else {}))
    whole, mask = photos.decode(data), photos.decode_mask(data, (60, 50))
    strips = full_size.strips
    monkeypatch.setattr(full_size, "strips", lambda size: strips(size, 350))
    np.testing.assert_array_equal(photos.decode(data), whole)
    np.testing.assert_array_equal(photos.decode_mask(data, (60, 50)), mask)
