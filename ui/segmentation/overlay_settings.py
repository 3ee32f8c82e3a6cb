"""Overlay settings: from the network's probability map to the mask, and to the picture on screen and in a file.

The network runs once per photo: threshold, colour and the rest apply to its map.
"""

from dataclasses import dataclass

import numpy as np

from core import masks, photos, refinement
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


@dataclass(frozen=True)
class Prediction:
    """The network's answer at one size.

    `coarse` is the network's map, (h, w) float in 0..1; `edges` (H, W) the map, refined or not, from which `mask`
    (H, W) bool is made; `regions` the number of the mask's regions.
    """

    coarse: np.ndarray
    edges: np.ndarray
    mask: np.ndarray
    regions: int

    @property
    def probability(self) -> np.ndarray:
        """The network's calibrated probability, (H, W) float in 0..1, never refined."""
        return masks.enlarged(self.coarse, self.mask.shape)


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
    return _thresholded(coarse, masks.enlarged(coarse, size), settings)


def predict_page(photo: predictions.OnScreen, pixels: np.ndarray, settings: OverlaySettings) -> Prediction:
    """The page's mask, the one definition of it, at the size of `pixels`: the photo on screen or at its own size."""
    coarse = predictions.probability_map(photo)
    if not settings.refined:
        return predict(coarse, pixels.shape[:2], settings)
    return _thresholded(coarse, refinement.enlarged(predictions.colour_model(photo, coarse), pixels), settings)


def _thresholded(coarse: np.ndarray, edges: np.ndarray, settings: OverlaySettings) -> Prediction:
    return Prediction(coarse, edges, *masks.regions(edges > settings.threshold, settings.min_region))


def draw(view: str, pixels: np.ndarray, prediction: Prediction, settings: OverlaySettings) -> np.ndarray:
    """A photo, (H, W, 3) uint8, in a view: (H, W) for mask and probability, (H, W, 4) for the cut-out, else (H, W, 3).

    Returns uint8.
    """
    if view == "Mask":
        return np.uint8(255) * prediction.mask
    if view == "Probability":
        return photos.to_uint8(prediction.probability)
    if view == "Cut-out":
        return masks.cut_out(pixels, prediction.edges, prediction.mask, settings.threshold)
    if view == "Photo":
        return pixels
    colour = theme.rgb(settings.colour)
    overlay = masks.overlay(pixels, prediction.mask, colour, settings.opacity)
    if settings.outline:
        width = max(1, round(max(prediction.mask.shape) / OUTLINES))
        overlay[masks.outline(prediction.mask, width)] = colour
    return overlay


def on_squares(picture: np.ndarray, side: int = 12) -> np.ndarray:
    """A picture with alpha, (H, W, 4) uint8, on grey squares as in image editors: (H, W, 3) uint8."""
    rows, columns = (np.arange(n) // side % 2 for n in picture.shape[:2])
    squares = np.where(rows[:, None] ^ columns, 150.0, 190.0)[..., None]
    alpha = picture[..., 3:] / 255
    return np.round(alpha * picture[..., :3] + (1 - alpha) * squares).astype(np.uint8)
