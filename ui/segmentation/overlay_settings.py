"""Overlay settings: from the network's probability map to the mask, and to the picture on screen and in a file.

The network runs once per photo: threshold, colour and the rest apply to its map.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from core import full_size, masks, photos, refinement
from ui.common import theme
from ui.segmentation import predictions
from ui.segmentation.state import STATE

OUTLINES = 300
"""The width of an outline is the picture's longest side divided by this."""


@dataclass(frozen=True)
class OverlaySettings:
    """How a mask is made and drawn; `colour` is #RRGGBB, the other numbers are in 0..1."""

    threshold: float = 0.5
    min_region: float = 0.002  # smaller regions, as a share of the photo, are ignored
    colour: str = theme.MASKS["Green"]
    opacity: float = 0.55
    outline: bool = False
    refined: bool = True  # the mask's edges follow those of the photo

    @property
    def of_mask(self) -> "OverlaySettings":
        """Those that change the mask; the others, which only change its picture, as by default."""
        return OverlaySettings(self.threshold, self.min_region, refined=self.refined)


@dataclass(frozen=True)
class Prediction:
    """The network's answer at one size; maps of a large photo are computed for some rows at a time, (rows, W) float32.

    `probability` gives the network's calibrated probability, never refined; `edges` the map, refined or not, from which
    `mask` (H, W) bool is made; `regions` is the number of the mask's regions.
    """

    probability: Callable[[slice], np.ndarray]
    edges: Callable[[slice], np.ndarray]
    mask: np.ndarray
    regions: int


def controls() -> OverlaySettings:
    """The widgets, and the settings that they have."""
    threshold = STATE.slider(
        "threshold", step=0.01, help="Pixels with a higher probability of object belong to the mask."
    )
    min_region = STATE.slider(
        "min_region",
        step=0.1,
        format="%.1f %% of the photo",
        help="A region is a connected part of the mask. Small ones are often errors.",
    )
    opacity = STATE.slider("opacity", step=5, format="%d %%")
    colour = STATE.choice("colour")
    outline = STATE.toggle("outline")
    refined = STATE.toggle("refined", help="The network's map is coarser than the photo. This moves its edges to them.")
    return OverlaySettings(threshold, min_region / 100, theme.MASKS[colour], opacity / 100, outline, refined)


def predict(coarse: np.ndarray, size: tuple[int, int], settings: OverlaySettings) -> Prediction:
    """A map of probabilities (h, w) enlarged to `size` (H, W), and its mask, not refined."""
    probability = partial(masks.enlarged, coarse, size)
    return _thresholded(probability, probability, size, settings)


def predict_page(photo: predictions.OnScreen, pixels: np.ndarray, settings: OverlaySettings) -> Prediction:
    """The page's mask, the one definition of it, at the size of `pixels`: the photo on screen or at its own size."""
    coarse, size = predictions.probability_map(photo), pixels.shape[:2]
    if not settings.refined:
        return predict(coarse, size, settings)
    edges = partial(refinement.enlarged, predictions.colour_model(photo, coarse), pixels)
    return _thresholded(partial(masks.enlarged, coarse, size), edges, size, settings)


def _thresholded(
    probability: Callable, edges: Callable, size: tuple[int, int], settings: OverlaySettings
) -> Prediction:
    mask = np.empty(size, bool)
    for rows in full_size.strips(size):
        np.greater(edges(rows), settings.threshold, out=mask[rows])
    return Prediction(probability, edges, *masks.regions(mask, settings.min_region))


def draw(view: str, pixels: np.ndarray, prediction: Prediction, settings: OverlaySettings) -> np.ndarray:
    """A photo, (H, W, 3) uint8, in a view: (H, W) for mask and probability, (H, W, 4) for the cut-out, else (H, W, 3).

    Returns uint8.
    """
    return drawing(view, pixels, prediction, settings)(slice(None))


def drawing(
    view: str, pixels: np.ndarray, prediction: Prediction, settings: OverlaySettings
) -> Callable[[slice], np.ndarray]:
    """`draw` for some rows of a large photo: a function rows -> their pixels."""
    mask = prediction.mask
    if view == "Mask":
        return lambda rows: np.uint8(255) * mask[rows]
    if view == "Probability":
        return lambda rows: photos.to_uint8(prediction.probability(rows))
    if view == "Cut-out":
        alpha = masks.soft_edge(prediction.edges, mask, settings.threshold)
        return lambda rows: masks.cut_out(pixels[rows], alpha[rows])
    if view == "Photo":
        return lambda rows: pixels[rows]
    colour = theme.rgb(settings.colour)
    line = masks.outline(mask, max(1, round(max(mask.shape) / OUTLINES))) if settings.outline else None

    def overlay(rows: slice) -> np.ndarray:
        picture = masks.overlay(pixels[rows], mask[rows], colour, settings.opacity)
        if line is not None:
            picture[line[rows]] = colour
        return picture

    return overlay


def on_squares(picture: np.ndarray, side: int = 12) -> np.ndarray:
    """A picture with alpha, (H, W, 4) uint8, on grey squares as in image editors: (H, W, 3) uint8."""
    rows, columns = (np.arange(n) // side % 2 for n in picture.shape[:2])
    squares = np.where(rows[:, None] ^ columns, 150.0, 190.0)[..., None]
    alpha = picture[..., 3:] / 255
    return np.round(alpha * picture[..., :3] + (1 - alpha) * squares).astype(np.uint8)
