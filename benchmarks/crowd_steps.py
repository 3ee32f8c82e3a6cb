"""The steps of a simulated user on each page, and checks of the server's answers against `core`."""

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial

import numpy as np
from PIL import Image

from benchmarks.simulated_user import SimulatedUser
from core import autoencoder, fcn, masks, photos, refinement
from core.autoencoder import network
from core.convolution.example import LayerExample
from core.convolution.layer import Layer
from core.data import sample_photos
from core.fcn.segmenter import Segmenter
from ui.common import theme
from ui.convolution.board import cell_text
from ui.segmentation.overlay_settings import OverlaySettings
from ui.segmentation.predictions import LONGEST

PHOTO_SIZE = (1600, 1200)
CHECKED_PHOTOS = 40  # whose predictions stay in memory: two for each of the most users
OPEN, CLICK, UPLOAD, SLIDE, LAYER = KINDS = (
    "open a page",
    "click in the plane",
    "upload a photo",
    "move the threshold",
    "change the layer",
)
Check = Callable[[], str]
"""Compares an answer with what it should be: a sentence that names the difference, or ""."""
Step = tuple[str, Callable[[], Check]]
"""The kind of a step, and the function that makes it."""


def random_photo(random: np.random.Generator) -> bytes:
    """A JPEG that no other user has: a part of a sample photo with random mirroring and colours, enlarged."""
    sample = Image.fromarray(photos.decode(sample_photos.sample(str(random.choice(list(sample_photos.SAMPLES))))))
    width, height = (round(random.uniform(0.6, 0.95) * side) for side in sample.size)
    left, top = random.integers(0, sample.width - width), random.integers(0, sample.height - height)
    part = np.asarray(sample.crop((left, top, left + width, top + height)))[:, :: random.choice([-1, 1])]
    coloured = np.clip(part * random.uniform(0.7, 1.2, 3), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(coloured).resize(PHOTO_SIZE).save(file, "JPEG", quality=88)
    return file.getvalue()


def latent_space_steps(user: SimulatedUser, random: np.random.Generator) -> Iterator[Step]:
    """Open the latent space page and click at two random points."""

    def click() -> Check:
        point = random.uniform(-4, 4, 2)
        user.report("plane_layer", "click", point.tolist())
        return partial(wrong_digit, point, user.elements("html")[0].body)

    yield OPEN, partial(open_page, user, "latent_space", "Latent space")
    yield CLICK, click
    yield CLICK, click


def segmentation_steps(user: SimulatedUser, random: np.random.Generator) -> Iterator[Step]:
    """Open the segmentation page, upload a new photo and set two random thresholds."""
    data = random_photo(random)

    def answer(threshold: float) -> Check:
        picture = user.elements("imgs")[0].imgs[0]
        return partial(wrong_mask, data, threshold, picture.caption, user.fetch(picture.url))

    def upload() -> Check:
        user.upload("uploads", "photo.jpg", data)
        return answer(OverlaySettings.threshold)

    def slide() -> Check:
        threshold = round(random.uniform(0.05, 0.95), 2)
        user.set("threshold", [threshold])
        return answer(threshold)

    yield OPEN, partial(open_page, user, "segmentation", "Segmentation")
    yield UPLOAD, upload
    yield SLIDE, slide
    yield SLIDE, slide


def convolution_steps(user: SimulatedUser, random: np.random.Generator) -> Iterator[Step]:
    """Open the convolution page, change the random seed and one other setting."""
    settings = {"seed": 1, "kernel_h": 3, "kernel_w": 3, "stride_h": 1}

    def change(key: str, highest: int) -> Check:
        settings[key] = int(random.choice([n for n in range(1, highest + 1) if n != settings[key]]))
        user.set(key, [float(settings[key])])
        return partial(wrong_output, dict(settings), user.elements("bidi_component")[0].json)

    yield OPEN, partial(open_page, user, "convolution", "Convolution")
    yield LAYER, partial(change, "seed", 99)
    yield LAYER, partial(change, str(random.choice(["kernel_h", "kernel_w", "stride_h"])), 5)


PAGE_STEPS = (latent_space_steps, segmentation_steps, convolution_steps)


def open_page(user: SimulatedUser, name: str, title: str) -> Check:
    """Open a page; the check is that it has its title and the navigation at the top."""
    user.open(name)
    heading = user.elements("heading")[0].body
    navigation = user.navigation.position == user.navigation.TOP
    return lambda: "" if heading == title and navigation else f"{name} came as {heading}, top navigation {navigation}"


@cache
def decoder() -> network.Autoencoder:
    """The shipped autoencoder in this process."""
    return autoencoder.load()


@cache
def segmenter() -> Segmenter:
    """The shipped segmentation network in this process."""
    return fcn.load()


@lru_cache(CHECKED_PHOTOS)
def prediction(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The photo as the page shows it, (h, w, 3), and its refined probability map, (h, w)."""
    pixels, _ = photos.preview(data, LONGEST)
    return pixels, refinement.refined(segmenter().coarse_map(pixels), pixels)


def wrong_digit(point: np.ndarray, html: str) -> str:
    """Check that the picture in `html` is the digit at `point`, (2,)."""
    data = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    picture = np.asarray(Image.open(io.BytesIO(data)), int)
    off = np.abs(picture - photos.to_uint8(decoder().decode(point[np.newaxis])[0])).max()
    return f"The digit at {point.round(3)} is off by up to {off} of 255" if off > 1 else ""


def wrong_mask(data: bytes, threshold: float, caption: str, picture: bytes) -> str:
    """Check that caption and overlay belong to this photo and threshold."""
    pixels, probability = prediction(data)
    mask, _ = masks.regions(probability > threshold, OverlaySettings.min_region)
    share, share_in_caption = 100 * masks.share(mask), float(re.search(r"([\d.]+) %", caption)[1])
    expected = masks.overlay(pixels, mask, theme.rgb(OverlaySettings.colour), OverlaySettings.opacity)
    overlay = np.asarray(Image.open(io.BytesIO(picture)), int)
    off = np.abs(overlay - expected).mean() if overlay.shape == expected.shape else 255
    if abs(share - share_in_caption) < 0.15 and off < 3:  # the losses of a JPEG are 1 to 2
        return ""
    return f"A mask of {share:.1f} % at {threshold} came as {share_in_caption} %, its overlay off by {off:.1f} of 255"


def wrong_output(settings: dict[str, int], board: str) -> str:
    """Check that the last grid in `board`, a JSON text, is the output of the layer with these settings."""
    kernel, strides = (settings["kernel_h"], settings["kernel_w"]), (settings["stride_h"], 1)
    layer = Layer(kind="Conv2D", filters=1, kernel=kernel, strides=strides, padding="SAME")
    output = LayerExample(layer, (5, 5, 1), settings["seed"]).y[..., 0]
    cells = json.loads(board)["panels"][-1]["text"]
    return "" if cells == [cell_text(y) for y in output.ravel()] else f"The output of {settings} came as {cells}"
