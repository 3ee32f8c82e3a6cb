"""Uploads: each ends in an upright RGB array, or in a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core import photos


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def quarters(mode="RGB"):
    """40 wide, 20 high: red, green / blue, white."""
    image = Image.new("RGB", (40, 20), "white")
    for box, colour in {(0, 0, 20, 10): "red", (20, 0, 40, 10): "lime", (0, 10, 20, 20): "blue"}.items():
        image.paste(colour, box)
    return image.convert(mode)


@pytest.mark.parametrize("kind", photos.FORMATS)
def test_every_format_gives_the_same_picture(kind):
    options = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    photo = photos.decode(encoded(quarters(), kind, **options))
    assert photo.shape == (20, 40, 3)
    assert photo.dtype == np.uint8
    np.testing.assert_allclose(photo[5, 5], [255, 0, 0], atol=4)
    np.testing.assert_allclose(photo[15, 35], [255, 255, 255], atol=4)


# Where the red quarter of an upright picture lies before the viewer obeys the EXIF tag (EXIF 2.3, tag 274).
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation):
    upright = np.asarray(quarters())
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif)
    np.testing.assert_array_equal(photos.decode(data), upright)


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + bytes(range(200))])
def test_broken_exif_leaves_the_pixels(exif):
    assert photos.decode(encoded(quarters(), "JPEG", exif=exif)).shape == (20, 40, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_becomes_rgb(mode):
    if mode == "I;16":
        image = Image.fromarray(np.linspace(0, 65535, 800).reshape(20, 40).astype(np.uint16))
    else:
        image = quarters(mode)
    photo = photos.decode(encoded(image, "PNG"))
    assert photo.shape == (20, 40, 3)
    assert photo.dtype == np.uint8


def test_sixteen_bit_grey_is_scaled_not_cut_off():
    deep = np.array([[0, 257, 32896, 65535]], np.uint16)
    np.testing.assert_array_equal(photos.decode(encoded(Image.fromarray(deep), "PNG"))[0, :, 0], [0, 1, 128, 255])


def test_transparency_lies_on_white():
    image = Image.new("RGBA", (3, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 255))
    image.putpixel((2, 0), (0, 0, 0, 128))
    np.testing.assert_array_equal(photos.decode(encoded(image, "PNG"))[0], [[255] * 3, [255, 0, 0], [127] * 3])


def test_cmyk_and_the_first_frame():
    assert photos.decode(encoded(quarters("CMYK"), "JPEG")).shape == (20, 40, 3)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    moving = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    np.testing.assert_array_equal(photos.decode(moving)[4, 4], [255, 0, 0])


def claims(width, height):
    """A PNG of a few bytes that claims to be huge."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8000, 8000), (20_000, 20_000), (1, 2**31 - 1), (60_000_001, 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(size):
    with pytest.raises(photos.PhotoError):
        photos.decode(claims(*size))


def test_the_pixel_ceiling_names_the_numbers():
    with pytest.raises(photos.PhotoError, match=r"8000 x 8000 pixels.*50 million"):
        photos.decode(claims(8000, 8000))


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"%PDF-1.4", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"PK\3\4", b"\xff\xd8\xff"],
)
def test_what_is_no_photo_gets_a_sentence(data):
    with pytest.raises(photos.PhotoError) as caught:
        photos.decode(data)
    assert str(caught.value).endswith(".")


def test_gif_and_tiff_are_refused_whatever_their_name():
    for kind in ("GIF", "TIFF", "BMP"):
        with pytest.raises(photos.PhotoError, match="JPEG, PNG or WebP"):
            photos.decode(encoded(quarters(), kind))


@pytest.mark.parametrize("kind", photos.FORMATS)
def test_a_file_cut_anywhere_is_a_sentence(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    data = encoded(noise, kind)
    for tenth in range(1, 10):
        with pytest.raises(photos.PhotoError):
            photos.decode(data[: len(data) * tenth // 10])


@pytest.mark.parametrize(("mode", "on"), [("L", 255), ("L", 1), ("1", 1), ("P", 7), ("RGB", (200, 0, 0)), ("I;16", 9)])
def test_a_mask_is_what_is_bright_or_labelled(mode, on):
    truth = np.zeros((6, 9), bool)
    truth[2:4, 3:8] = True
    image = Image.new(mode, (9, 6))
    image.putpalette([each for i in range(8) for each in (i, 30 * i, 0)]) if mode == "P" else None
    image.paste(on, (3, 2, 8, 4))
    np.testing.assert_array_equal(photos.decode_mask(encoded(image, "PNG"), (6, 9)), truth)


def test_a_mask_with_transparency_is_its_opaque_part():
    image = Image.new("RGBA", (9, 6), (255, 255, 255, 0))
    image.paste((0, 0, 0, 255), (0, 0, 2, 6))
    mask = photos.decode_mask(encoded(image, "PNG"), (6, 9))
    assert mask[:, :2].all()
    assert not mask[:, 2:].any()
    # A picture that could be transparent and nowhere is, is read by its brightness.
    assert not photos.decode_mask(encoded(Image.new("RGBA", (9, 6), "black"), "PNG"), (6, 9)).any()


def test_a_mask_of_another_size_is_a_sentence_with_both():
    with pytest.raises(photos.PhotoError, match=r"9 x 6 pixels and its photo 6 x 9"):
        photos.decode_mask(encoded(Image.new("L", (9, 6)), "PNG"), (9, 6))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_preview_is_the_photo_smaller_and_knows_its_own_size(kind, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(Image.open(io.BytesIO(photos.sample("Rocket"))).convert("RGB"), kind, exif=exif)
    photo = photos.decode(data)
    small, size = photos.preview(data, 150)
    assert size == photo.shape[:2]
    assert max(small.shape) == 150
    assert np.abs(small.astype(int) - photos.shrunk(photo, 150)).mean() < 3
    whole, size = photos.preview(data, 5000)
    np.testing.assert_array_equal(whole, photo)
    assert size == photo.shape[:2]
    with pytest.raises(photos.PhotoError, match="damaged"):
        photos.preview(data[:2000], 150)
    # One pixel taller than wide, a difference that is lost on the way to an eighth.
    assert photos.preview(encoded(Image.new("RGB", (999, 1000)), "JPEG", exif=exif), 100)[1] == (
        (999, 1000) if orientation == 6 else (1000, 999)
    )


def test_shrunk_keeps_the_aspect_and_never_enlarges():
    photo = np.zeros((300, 600, 3), np.uint8)
    assert photos.shrunk(photo, 200).shape == (100, 200, 3)
    assert photos.shrunk(photo, 600) is photo
    assert photos.shrunk(np.zeros((1, 900, 3), np.uint8), 100).shape == (1, 100, 3)


@pytest.mark.parametrize("name", photos.SAMPLES)
def test_samples_are_photos(name):
    photo = photos.decode(photos.sample(name))
    assert min(photo.shape[:2]) >= 300
    assert photo.std() > 20
