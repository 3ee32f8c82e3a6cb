"""Digits as pictures: white ink on black, as in MNIST, each pixel drawn as a square."""

import base64
import html
import io

import numpy as np
import streamlit as st
from PIL import Image

from core.photos import to_uint8

SCALE = 10  # screen pixels per side of a digit's pixel


def digit(image: np.ndarray, scale: int = SCALE) -> np.ndarray:
    """(28, 28) float, about 0..1 -> (28 scale, 28 scale) uint8 for st.image, enlarged without smoothing."""
    return np.kron(to_uint8(image), np.ones((scale, scale), np.uint8))


def show(pixels: np.ndarray, alt: str, caption: str | None = None) -> None:
    """Draw a uint8 picture as wide as its column, as a PNG: JPEG would blur the edges of enlarged pixels."""
    st.image(pixels, caption, "stretch", output_format="PNG", alt=alt)


def inline(image: np.ndarray, alt: str, caption: str) -> str:
    """(28, 28) float, about 0..1 -> HTML with the picture inside it, as wide as its column.

    It is faster than st.image, whose picture the browser fetches in a second request.
    """
    data = base64.b64encode(png(to_uint8(image))).decode()
    return (
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" '
        'style="display: block; width: 100%; image-rendering: pixelated; border-radius: 0.5rem">'
        '<div style="font-size: 0.875rem; opacity: 0.7; text-align: center; padding-top: 0.4rem; '
        f'font-variant-numeric: tabular-nums">{html.escape(caption)}</div>'
    )


def png(pixels: np.ndarray) -> bytes:
    """A uint8 picture, (height, width) or (height, width, 3 or 4), as a PNG file; for photos see `core.png`."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def difference(values: np.ndarray, above: tuple, below: tuple, scale: int = SCALE) -> np.ndarray:
    """(28, 28) float in about -1..1 -> (28 scale, 28 scale, 3) uint8: black at 0, `above` at 1, `below` at -1."""
    strength = np.clip(values, -1, 1)[..., np.newaxis]
    colour = np.where(strength > 0, strength * np.array(above), -strength * np.array(below))
    return np.kron(np.round(colour).astype(np.uint8), np.ones((scale, scale, 1), np.uint8))
