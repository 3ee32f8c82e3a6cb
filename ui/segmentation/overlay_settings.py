"""How a photo is looked at: from the network's map to the picture on screen and the picture in a file.

Nothing here runs the network: threshold, colour and the rest act on the map that it left.
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import masks
from ui.common import theme
from ui.common.settings import Choice, choice_widget

VIEWS = ("Overlay", "Mask", "Probability", "Cut-out", "Photo")
SWITCH = ("true", "false")
SETTINGS = {
    "seen_as": Choice("View", VIEWS, VIEWS[0]),
    "divided": Choice("Before / after", SWITCH, "false"),
    "colour": Choice("Colour", tuple(theme.MASKS), "Green"),
    "outline": Choice("Outline", SWITCH, "false"),
}
OUTLINES = 300
"""An outline is as wide as the picture's longest side divided by this."""


@dataclass(frozen=True)
class Look:
    """What the controls say; `colour` is #RRGGBB, the rest shares of 1."""

    threshold: float = 0.5
    smallest: float = 0.002  # specks are no objects
    colour: str = theme.MASKS["Green"]
    opacity: float = 0.55
    outline: bool = False


@dataclass(frozen=True)
class Found:
    """What the network's map says of a photo at one size: (H, W, 3) uint8, (H, W) float 0..1, (H, W) bool, a count."""

    photo: np.ndarray
    probability: np.ndarray
    mask: np.ndarray
    objects: int


def controls() -> Look:
    """The widgets of a `Look`, whose values live in the address."""
    bound = {"bind": "query-params"}
    threshold = st.slider("Threshold on the probability", 0.01, 0.99, 0.5, 0.01, key="threshold", **bound)
    smallest = st.slider(
        "Smallest region kept",
        *(0.0, 5.0, 100 * Look.smallest, 0.1),
        format="%.1f %% of the picture",
        key="smallest",
        **bound,
    )
    opacity = st.slider("Opacity of the mask", 0, 100, 55, 5, format="%d %%", key="opacity", **bound)
    colour = choice_widget("colour", SETTINGS["colour"])
    outline = st.toggle("Outline", key="outline", **bound)
    return Look(threshold, smallest / 100, theme.MASKS[colour], opacity / 100, outline)


def find(photo: np.ndarray, coarse: np.ndarray, look: Look) -> Found:
    """The network's map (h, w) of a photo (H, W, 3), at the photo's size and cut by the look."""
    probability = masks.enlarged(coarse, photo.shape[:2])
    mask, objects = masks.regions(probability > look.threshold, look.smallest)
    return Found(photo, probability, mask, objects)


def drawn(view: str, found: Found, look: Look) -> np.ndarray:
    """One of the `VIEWS`, uint8: (H, W) for mask and probability, (H, W, 4) for the cut-out, else (H, W, 3)."""
    if view == "Mask":
        return np.uint8(255) * found.mask
    if view == "Probability":
        return np.round(255 * found.probability).astype(np.uint8)
    if view == "Cut-out":
        return masks.cut_out(found.photo, found.probability, found.mask, look.threshold)
    if view == "Photo":
        return found.photo
    colour = theme.rgb(look.colour)
    covered = masks.overlay(found.photo, found.mask, colour, look.opacity)
    if look.outline:
        width = max(1, round(max(found.mask.shape) / OUTLINES))
        covered[masks.outline(found.mask, width)] = colour
    return covered


def on_squares(picture: np.ndarray, side: int = 12) -> np.ndarray:
    """A picture with alpha, (H, W, 4) uint8, on grey squares as image editors show it: (H, W, 3) uint8."""
    rows, columns = (np.arange(n) // side % 2 for n in picture.shape[:2])
    squares = np.where(rows[:, None] ^ columns, 150.0, 190.0)[..., None]
    alpha = picture[..., 3:] / 255
    return np.round(alpha * picture[..., :3] + (1 - alpha) * squares).astype(np.uint8)
