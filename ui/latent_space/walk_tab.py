"""The tab Walk: the digits along straight lines from point to point."""

import numpy as np
import streamlit as st

from core.autoencoder import interpolation
from ui.common import pictures
from ui.latent_space import state, stills
from ui.latent_space.state import STATE, WALKS, Plane


def walk_tab(plane: Plane) -> list[dict]:
    """Draw the walk's settings and its digits; return the path and the mark of the current step."""
    left, right = st.columns([2, 1], gap="medium")
    with left:
        points = state.session().saved if STATE.choice("walk") == WALKS[1] else _two_points(plane)
    with right:
        steps = STATE.slider("walk_steps")
    if len(points) < 2:
        st.info("Save at least two points: click them in the plane.", icon=":material/touch_app:")
        return []
    path = interpolation.walk(np.array(points), steps)
    images = state.decoded(plane, path)
    STATE.update(walk_step=min(STATE["walk_step"], steps))
    left, right = st.columns([1, 4], gap="medium")
    with right:
        at = STATE.slider("walk_step", max_value=steps) - 1
        pictures.show(_strip(images, at), f"{steps} digits decoded along the walk, step {at + 1} outlined")
        st.download_button(
            "Download as GIF",
            lambda: stills.gif(images),
            "latent_walk.gif",
            "image/gif",
            icon=":material/animation:",
            on_click="ignore",
        )
    words = stills.coordinates(path[at])
    with left:
        pictures.show(pictures.digit(images[at]), f"The digit decoded at {words}", words)
    return [{"at": path, "kind": "path"}, {"at": path[at], "kind": "example", "label": f"step {at + 1}"}]


def _two_points(plane: Plane) -> list[tuple[float, float]]:
    places = {
        state.centre_name(digit): np.median(plane.known.points[plane.known.labels == digit], axis=0)
        for digit in plane.classes
    }
    places[state.MARKED] = state.marked_point()
    places |= {f"{state.SAVED}{stills.coordinates(point)}": point for point in state.session().saved}
    names = list(places)
    defaults = {"walk_from": names[0], "walk_to": names[len(plane.classes) - 1 or 1]}
    STATE.update(**{key: name for key, name in defaults.items() if STATE[key] not in names})
    with st.container(horizontal=True):
        ends = [STATE.select(key, options=names, width=250) for key in defaults]
    return [tuple(map(float, places[end])) for end in ends]


def _strip(images: np.ndarray, at: int, scale: int = 3, columns: int = 20) -> np.ndarray:
    """Digits (n, 28, 28) side by side, `columns` a row, the one at `at` in a white frame: (height, width) uint8."""
    tiles = [np.pad(pictures.digit(image, scale), 4, constant_values=255 * (i == at)) for i, image in enumerate(images)]
    width = min(columns, len(images))
    while len(tiles) % width:
        tiles.append(np.zeros_like(tiles[0]))
    return np.vstack([np.hstack(tiles[row : row + width]) for row in range(0, len(tiles), width)])
