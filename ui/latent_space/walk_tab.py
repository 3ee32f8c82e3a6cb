"""A walk through the plane: straight from point to point, the digit decoded at every step."""

import numpy as np
import streamlit as st

from core.autoencoder import interpolation
from ui.common import pictures
from ui.latent_space import state, stills
from ui.latent_space.state import Plane


def walk(plane: Plane) -> tuple[list[dict], list[np.ndarray]]:
    """Choose the way, step through it, take it away as GIF; gives the mark of the step and the path in the plane."""
    along_kept = "Along kept points"
    choice, slider = st.columns([2, 1], gap="medium")
    with choice:
        way = st.segmented_control(
            "Walk", ["Between two points", along_kept], default="Between two points", required=True, key="way"
        )
        stops = state.kept() if way == along_kept else _two_points(plane)
    steps = slider.slider("Steps in all", 5, 40, 15, key="walk_steps")
    if len(stops) < 2:
        st.info("Keep two points or more: click them in the plane.", icon=":material/touch_app:")
        return [], []
    points = interpolation.walk(np.array(stops), steps)
    images = state.decoded(plane, points)
    at = min(st.session_state.get("walk_step", 1), steps)
    st.session_state.walk_step = at
    big, strip = st.columns([1, 4], gap="medium")
    with strip:
        at = st.slider("Step", 1, steps, key="walk_step") - 1
        st.image(
            _strip(images, at),
            width="stretch",
            output_format="PNG",
            alt=f"{steps} digits decoded along the walk, step {at + 1} outlined",
        )
        st.download_button(
            "Download as GIF",
            lambda: stills.gif(images),
            "latent_walk.gif",
            "image/gif",
            icon=":material/animation:",
            on_click="ignore",
        )
    big.image(
        pictures.digit(images[at]),
        width="stretch",
        output_format="PNG",
        caption=stills.coordinates(points[at]),
        alt=f"The digit decoded at {stills.coordinates(points[at])}",
    )
    return [{"at": points[at], "kind": "guest", "label": f"step {at + 1}"}], [points]


def _two_points(plane: Plane) -> list[tuple[float, float]]:
    places = {
        f"Middle of the {label}s": np.median(plane.known.points[plane.known.labels == label], axis=0)
        for label in plane.classes
    }
    places["Marked point"] = state.marked()
    places |= {f"Kept: {stills.coordinates(point)}": point for point in state.kept()}
    names = list(places)
    with st.container(horizontal=True):
        start = st.selectbox("From", names, index=0, key="walk_from", width=250)
        end = st.selectbox("To", names, index=len(plane.classes) - 1 or 1, key="walk_to", width=250)
    return [tuple(map(float, places[start])), tuple(map(float, places[end]))]


def _strip(images: np.ndarray, at: int, scale: int = 3, columns: int = 20) -> np.ndarray:
    """Digits (n, 28, 28) side by side, `columns` a row, the one at `at` framed in white: (height, width) uint8."""
    tiles = [np.pad(pictures.digit(image, scale), 4, constant_values=255 * (i == at)) for i, image in enumerate(images)]
    while len(tiles) % min(columns, len(images)):
        tiles.append(np.zeros_like(tiles[0]))
    width = min(columns, len(images))
    return np.vstack([np.hstack(tiles[row : row + width]) for row in range(0, len(tiles), width)])
