"""What the segmentation page shows: the network looked at once a photo, everything after that drawn from its map."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core import masks, photos, weights
from ui import theme
from ui.pictures import png

ON_SCREEN = 1100
"""Longest side of a picture sent to the browser: finer than the page shows it; downloads keep the photo's own size."""
TALLEST = 560
"""Pixels of the page that a portrait may take, so that it and its controls stay in one window."""


@dataclass(frozen=True)
class Seen:
    """A photo for the screen, (h, w, 3) uint8, its own (height, width), and the network's coarse map in 0..1."""

    photo: np.ndarray
    size: tuple[int, int]
    coarse: np.ndarray


@st.cache_resource(show_spinner="Loading the network")
def network():
    """The one network of this process. WeightsError where its weights are not what they should be."""
    from core import fcn  # TensorFlow: only when a photo is to be looked at

    return fcn.load()


@st.cache_data(max_entries=50, show_spinner=False)
def look(data: bytes) -> Seen:
    """Run the network over an upload, once; PhotoError where it is no photo."""
    photo = photos.decode(data)
    return Seen(photos.shrunk(photo, ON_SCREEN), photo.shape[:2], network().coarse_map(photo))


def width_on_screen(size: tuple[int, int], tallest: int = TALLEST) -> int:
    """Width in pixels at which a picture of (height, width) is no taller than `tallest`; the column may narrow it."""
    return max(1, round(tallest * size[1] / size[0]))


def mask_file(data: bytes, coarse: np.ndarray, threshold: float) -> bytes:
    """The mask as a PNG of the photo's own size, white on the object."""
    return png(np.uint8(255) * (masks.enlarged(coarse, photos.decode(data).shape[:2]) > threshold))


def overlay_file(data: bytes, coarse: np.ndarray, threshold: float, colour: str, opacity: float) -> bytes:
    """The photo under its mask as a PNG of the photo's own size."""
    photo = photos.decode(data)
    mask = masks.enlarged(coarse, photo.shape[:2]) > threshold
    return png(masks.overlay(photo, mask, theme.rgb(colour), opacity))


def downloads(data: bytes, seen: Seen, threshold: float, colour: str, opacity: float) -> None:
    """Two buttons; a file is made when its button is pressed, not before."""
    made = {
        "mask": partial(mask_file, data, seen.coarse, threshold),
        "overlay": partial(overlay_file, data, seen.coarse, threshold, colour, opacity),
    }
    with st.container(horizontal=True):
        for name, make in made.items():
            st.download_button(
                f"{name.capitalize()} as PNG",
                make,
                f"{name}.png",
                "image/png",
                on_click="ignore",
                icon=":material/download:",
            )


def certainty(seen: Seen, threshold: float) -> go.Figure:
    """How the pixels' probabilities are spread, with the threshold that cuts them in two."""
    share, edges = np.histogram(seen.coarse, bins=50, range=(0, 1))
    middle = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(
        go.Bar(
            x=middle,
            y=100 * share / share.sum(),
            width=0.02,
            marker={"color": np.where(middle > threshold, theme.OUTPUT, theme.PADDING), "line": {"width": 0}},
            hovertemplate="probability %{x:.2f}<br>%{y:.2f} % of the pixels<extra></extra>",
        )
    )
    figure.add_vline(threshold, line={"width": 2, "dash": "dot", "color": theme.PADDING})
    return figure.update_layout(
        **theme.layout(
            height=240,
            margin={"l": 60, "r": 8, "t": 8, "b": 44},
            xaxis={"title": "Probability of object", "range": [0, 1], "fixedrange": True},
            yaxis={"title": "Pixels, % (log)", "type": "log", "fixedrange": True},
        )
    )


def about() -> None:
    """The network's card, from the manifest that was written when it was trained."""
    facts = weights.facts("fcn.weights.h5")
    figures = facts["held_out"]
    for column, (label, value) in zip(
        st.columns(4),
        {
            "Mean IoU": f"{figures['iou']:.3f}",
            "Mean absolute error": f"{figures['mean_absolute_error']:.3f}",
            "Parameters": f"{facts['parameters']:,}".replace(",", "\u202f"),
            "Photos it learned from": f"{facts['photos']['training']:,}".replace(",", "\u202f"),
        }.items(),
        strict=True,
    ):
        column.metric(label, value)
    st.markdown(
        f"Measured on {facts['photos']['held_out']} photos that training never saw, each at its own size. An encoder "
        "of 3×3 convolutions shrinks the photo to a thirty-second and finds *what* is there; transposed convolutions "
        "enlarge it again, and at every size the encoder's features of that size are added, which restores *where*. "
        "There is no dense layer, so a photo may have any size and shape.\n\n"
        "It learned from DUTS-TR, photos in which people marked the object that stands out. It answers nothing when "
        "nothing stands out, takes the most striking of several objects, and blurs hair, spokes and leaves. For "
        "research and education only, as its photos are."
    )
