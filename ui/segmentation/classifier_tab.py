"""The tab "What and where": from a classifier, which says what, to a network that also says where."""

from functools import cache

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core import masks, photos
from core.fcn import classifier
from ui.common import theme
from ui.common.page import weights_error_shown
from ui.segmentation import predictions
from ui.segmentation.overlay_settings import OverlaySettings, predict
from ui.segmentation.state import CLASS_RANKS, STATE


@cache
def network() -> classifier.Classifier:
    """The one classifier of this process. WeightsError if its weights are missing or altered."""
    return classifier.load()


@st.cache_data(max_entries=50, show_spinner=False, hash_funcs=predictions.BY_KEY)  # up to 0.4 MB each
def classification(photo: predictions.OnScreen) -> classifier.Classification:
    """What the classifier says about a photo, computed once per photo."""
    return network().classify(photo.pixels)


@st.fragment
@weights_error_shown()
def classifier_tab(photo: predictions.OnScreen, coarse: np.ndarray, settings: OverlaySettings) -> None:
    """The tab; `coarse` is the map (h, w) of the app's network."""
    result = classification(photo)
    best, names = result.best(len(CLASS_RANKS)), classifier.names()
    titles = dict(zip(CLASS_RANKS, (names[each] for each in best), strict=True))
    st.markdown(
        "**Classification** answers *what* is in a photo, **segmentation** also *where* it is. EfficientNet-Lite0 "
        "learned to classify ImageNet's 1000 classes; the app's network has its convolutions as encoder."
    )
    what, where, mask = st.columns(3, gap="medium")
    with what:
        st.markdown("###### What: the five most probable classes")
        st.plotly_chart(
            probabilities([names[each] for each in best], result.probabilities[best]),
            key="classes",
            config={"displayModeBar": False},
            alt="Probabilities: "
            + ", ".join(f"{names[each]} {100 * result.probabilities[each]:.0f} %" for each in best),
        )
        rank = STATE.choice("class_rank", format_func=titles.__getitem__)
        st.caption("If no class fits, similar classes share the probability. There is none for an astronaut.")
    index = best[CLASS_RANKS.index(rank)]
    scores = result.maps[..., index]
    rows, columns = scores.shape
    low, high = (theme.number(float(each), 2) for each in (scores.min(), scores.max()))
    with where:
        st.markdown("###### Where: the same layer at each place")
        st.image(
            heat_map(photo.pixels, scores),
            f"Score of “{names[index]}” in {rows} × {columns} cells, from {low} (dark) to {high} (orange)",
            "stretch",
            alt=f"The photo, brighter where the score of {names[index]} is higher; {rows} × {columns} cells",
        )
    with mask:
        st.markdown("###### Segmentation: each pixel")
        object_mask = predict(coarse, photo.pixels.shape[:2], settings).mask
        st.image(
            masks.overlay(photo.pixels, object_mask, theme.rgb(settings.colour), settings.opacity),
            "The mask of the app's network",
            "stretch",
            alt=f"The photo under its mask, which covers {100 * masks.share(object_mask):.0f} %",
        )
    st.markdown(
        "The classifier averages its last features over all places and applies a dense layer. Applied to each cell "
        "instead, the dense layer is a **1×1 convolution** and gives a map of scores for each class, for a photo of "
        f"any size. Nothing is lost: the mean of this map is **{theme.number(float(scores.mean()), 4)}**, and the "
        f"classifier's own score of “{names[index]}” is **{theme.number(float(result.scores[index]), 4)}**, because "
        "both steps are linear. Softmax turns the 1000 scores into probabilities.\n\nA "
        "segmentation network goes on from here: it trains such a map for its own class, *object*, and restores the "
        "edges with transposed convolutions and skip connections."
    )
    STATE.write_url()


def probabilities(names: list[str], values: np.ndarray) -> go.Figure:
    """Horizontal bars, the first one on top; `values` are 0..1."""
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            text=[f"{100 * value:.0f} %" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker_color=theme.OUTPUT,
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    return figure.update_layout(
        theme.layout(
            height=190,
            margin={"l": 8, "r": 36, "t": 8, "b": 8},
            xaxis={"range": [0, 1], "visible": False, "fixedrange": True},
            yaxis={"autorange": "reversed", "fixedrange": True, "automargin": True},
        )
    )


def heat_map(pixels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The photo (H, W, 3) uint8, dark at the lowest score (h, w), under the kernel's colour at the highest."""
    low, high = float(scores.min()), float(scores.max())
    heat = masks.resized((scores - low) / (high - low or 1.0), pixels.shape[:2], smooth=False)[..., None]
    colour = np.array(theme.rgb(theme.KERNEL)) / 255
    photo = pixels / 255
    return photos.to_uint8((0.35 + 0.3 * heat) * photo + 0.4 * heat * colour)
