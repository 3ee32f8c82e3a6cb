"""What the segmentation page shows: the network looked at once a photo, everything after that drawn from its map."""

import logging
import os
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core import fcn, photos, weights
from core.fcn import segmenter
from core.serving import client
from ui.common import theme

LONGEST = 1000
"""Longest side of a picture sent to the browser: finer than the page shows it; downloads keep the photo's own size."""
_log = logging.getLogger(__name__)
FIGURES = {
    "held_out": {"iou": float, "mean_absolute_error": float},
    "parameters": float,
    "photos": {"training": float, "held_out": float},
}
"""What the network's card shows of its manifest."""
NO_BAR = {"displayModeBar": False}


@dataclass(frozen=True)
class OnScreen:
    """A photo as the page shows it.

    `pixels` is (h, w, 3) uint8, neither side longer than LONGEST; `size` the upload's own (height, width); `key` tells
    one upload from another.
    """

    pixels: np.ndarray
    size: tuple[int, int]
    key: str

    def width(self, tallest: int) -> int:
        """Width in pixels of the page at which the photo is no taller than `tallest`; a column may narrow it."""
        return max(1, round(tallest * self.size[1] / self.size[0]))


@st.cache_resource(show_spinner=False)
def network() -> segmenter.Segmenter:
    """The one network of this process. WeightsError where its weights are not what they should be."""
    return fcn.load()


@st.cache_resource(show_spinner=False)
def server() -> client.Server | None:
    """The network elsewhere that the environment variable SEGMENTATION_SERVER names, if it is set."""
    address = os.environ.get("SEGMENTATION_SERVER")
    return client.Server(address, weights.facts(segmenter.WEIGHTS)["sha256"]) if address else None


@st.cache_resource(max_entries=2, show_spinner=False)  # shared as it is: nobody changes it, and it may be 150 MB
def decoded(data: bytes) -> np.ndarray:
    """`core.photos.decode` at the photo's own size for downloads and measures, the last two photos kept."""
    return photos.decode(data)


@st.cache_resource(max_entries=20, show_spinner=False)  # up to 3 MB each
def on_screen(data: bytes) -> OnScreen:
    """Decode an upload for the page; PhotoError where it is no photo."""
    return OnScreen(*photos.preview(data, LONGEST), sha256(data).hexdigest())


@st.cache_data(max_entries=200, show_spinner=False)
def look(data: bytes) -> np.ndarray:
    """The network's map of an upload at its working size, (h, w) float32 in 0..1: one run a photo, here or there."""
    photo, elsewhere = on_screen(data).pixels, server()
    if elsewhere is not None:
        try:
            return elsewhere.coarse_map(photo)
        except client.ServerError as error:
            _log.warning("%s", error)
    return network().coarse_map(photo)


def from_here() -> None:
    """One sentence where a server was to look at the photos and this process does."""
    if server() and server().problem:
        st.caption(f":material/cloud_off: {server().problem} The network in this app looks at the photos meanwhile.")


@st.cache_resource(max_entries=16, show_spinner=False)  # shared as it is: nobody changes it, and it is 3 MB a photo
def insight(data: bytes, skips: tuple[bool, ...] | None = None) -> segmenter.Insight:
    """Every score map and feature of an upload, some skips switched off where asked."""
    pixels = on_screen(data).pixels
    return network().insight(pixels, skips) if skips else network().insight(pixels)


def certainty(coarse: np.ndarray, threshold: float) -> go.Figure:
    """How the pixels' probabilities are spread, with the threshold that cuts them in two."""
    share, edges = np.histogram(coarse, bins=50, range=(0, 1))
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


def how_sure(coarse: np.ndarray, threshold: float, covered: str) -> None:
    """The histogram and what it says; `covered` is the share of the picture in words."""
    st.plotly_chart(
        certainty(coarse, threshold),
        config=NO_BAR,
        key="certainty",
        alt=f"Histogram of the probabilities; {covered} of the pixels lie above the threshold {threshold:.2f}.",
    )
    st.markdown(
        "Most pixels lie at one of the ends, where the network is sure and the threshold changes nothing; those in "
        "between are edges and doubts."
    )


def about() -> None:
    """The network's card, from the manifest that was written when it was trained."""
    try:
        facts = weights.facts(segmenter.WEIGHTS, FIGURES)
    except weights.WeightsError as error:
        st.error(str(error), icon=":material/error:")
        return
    figures = facts["held_out"]
    with st.grid(4, min_column_width=130):
        st.metric("Mean IoU", f"{figures['iou']:.3f}")
        st.metric("Mean absolute error", f"{figures['mean_absolute_error']:.3f}")
        st.metric("Parameters", theme.number(facts["parameters"]))
        st.metric("Photos it learned from", theme.number(facts["photos"]["training"]))
    st.markdown(
        f"Measured on {facts['photos']['held_out']} photos that training never saw, each at its own size. An encoder "
        "of 3×3 convolutions shrinks the photo to a thirty-second and finds *what* is there; transposed convolutions "
        "enlarge it again, and at every size the encoder's features of that size are added, which restores *where*. "
        "There is no dense layer, so a photo may have any size and shape.\n\n"
        "It learned from DUTS-TR, photos in which people marked the object that stands out. It answers nothing when "
        "nothing stands out, takes the most striking of several objects, and blurs hair, spokes and leaves. For "
        "research and education only, as its photos are."
    )
