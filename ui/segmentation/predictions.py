"""What the network computes for the page: once per photo, everything else is drawn from its probability map."""

import logging
import os
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import streamlit as st

from core import fcn, photos, refinement, weights
from core.fcn import segmenter
from core.serving import client
from ui.common.page_state import escaped
from ui.segmentation.state import SKIPS, Photo

LONGEST = 1000
"""Longest side of a picture sent to the browser: finer than the page shows it; downloads have the photo's own size."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OnScreen:
    """A photo as the page shows it.

    `pixels` is (h, w, 3) uint8, neither side longer than LONGEST; `size` the photo's own (height, width); `key`
    identifies the photo.
    """

    pixels: np.ndarray
    size: tuple[int, int]
    key: str

    def width(self, tallest: int) -> int:
        """Width in pixels of the page at which the photo is no taller than `tallest`; a column may narrow it."""
        return max(1, round(tallest * self.size[1] / self.size[0]))


ALL_ON = (True,) * len(SKIPS)
BY_KEY = {Photo: attrgetter("key"), OnScreen: attrgetter("key")}
"""For Streamlit's caches: a photo's key is a digest that is computed once."""


@st.cache_resource(show_spinner=False)
def network() -> segmenter.Segmenter:
    """The one network of this process. WeightsError if its weights are missing or altered."""
    return fcn.load()


@st.cache_resource(show_spinner=False)
def server() -> client.Server | None:
    """The segmentation server that the environment variable SEGMENTATION_SERVER names, if it is set."""
    url = os.environ.get("SEGMENTATION_SERVER")
    return client.Server(url, weights.facts(weights.FCN)["sha256"]) if url else None


def at_own_size(photo: Photo, view: OnScreen) -> np.ndarray:
    """The pixels of a photo, (H, W, 3) uint8, decoded again only if `view` has fewer; up to 150 MB, never cached."""
    return view.pixels if view.pixels.shape[:2] == view.size else photos.decode(photo.data)


def on_screen(photo: Photo) -> OnScreen:
    """Decode a photo for the page; PhotoError if it cannot be read."""
    return checked(_preview(photo))


@st.cache_resource(max_entries=20, show_spinner=False, hash_funcs=BY_KEY)  # up to 3 MB each
def _preview(photo: Photo) -> OnScreen | str:
    try:
        return OnScreen(*photos.preview(photo.data, LONGEST), photo.key)
    except photos.PhotoError as error:
        return str(error)  # a cache keeps results, not errors, and a damaged file would be decoded at every rerun


def checked(result):
    """A cached result; PhotoError with its text if it is a sentence."""
    if isinstance(result, str):
        raise photos.PhotoError(result)
    return result


@st.cache_data(max_entries=200, show_spinner=False, hash_funcs=BY_KEY)
def probability_map(photo: OnScreen) -> np.ndarray:
    """The network's probabilities at its working size, (h, w) float32 in 0..1, computed here or on the server."""
    elsewhere = server()
    if elsewhere is not None:
        try:
            return elsewhere.coarse_map(photo.pixels)
        except client.ServerError as error:
            _log.warning("%s", error)
    return network().coarse_map(photo.pixels)


@st.cache_resource(max_entries=20, show_spinner=False, hash_funcs=BY_KEY)  # never changed, 0.8 MB each
def colour_model(photo: OnScreen, coarse: np.ndarray) -> np.ndarray:
    """`core.refinement.colour_model` of a photo and its probability map, for any size."""
    return refinement.colour_model(coarse, photo.pixels)


def server_notice() -> None:
    """One sentence if the segmentation server fails and this process computes instead."""
    if server() and server().problem:
        st.caption(f":material/cloud_off: {escaped(server().problem)} The network in this app is used instead.")


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_KEY)  # never changed, about 3 MB each
def insight(photo: OnScreen, skips: tuple[bool, ...]) -> segmenter.Insight:
    """All score maps and features of a photo; `skips` says which skip connections are in use, coarse to fine."""
    return network().insight(photo.pixels, skips)
