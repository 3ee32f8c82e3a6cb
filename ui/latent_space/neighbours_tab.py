"""The tab Neighbours: how many training digits are near the marked point, and which are nearest."""

import numpy as np
import streamlit as st

from ui.common import pictures, theme
from ui.latent_space.digit_source import available_digits
from ui.latent_space.state import Plane

BADGES = {
    "dense": ("Many training digits nearby", "green", ":material/groups:"),
    "sparse": ("Few training digits nearby", "orange", ":material/person:"),
    "empty": ("No training digits nearby", "gray", ":material/block:"),
}
NEAREST = 8


def density_badge(plane: Plane, point) -> None:
    """Draw one line: whether many, few or no training digits are near the point."""
    text, colour, icon = BADGES[plane.density.level(point)]
    st.badge(text, icon=icon, color=colour)


def neighbours_tab(plane: Plane, point) -> None:
    """Draw the density at the point, what it means for the decoded digit, and the nearest training digits."""
    density = plane.density
    rows, distances = density.nearest(point, NEAREST)
    here = float(density.at(np.reshape(point, (1, 2)))[0])
    explanations = {
        "dense": f"The density here is at least {theme.number(density.dense, 2)}, as it is at nine of ten training "
        "digits: the decoder has learned from many examples here.",
        "sparse": f"There is a training digit nearby, but the density is below {theme.number(density.dense, 2)}, which "
        "nine of ten training digits reach: the decoder has learned from few examples here.",
        "empty": f"The nearest training digit is {theme.number(distances[0], 2)} away. Almost every training digit has "
        f"a neighbour within {theme.number(density.reach, 2)}: the decoder has no examples here and extrapolates.",
    }
    left, right = st.columns([1, 2], gap="medium")
    nearby = theme.number(round(here) if here >= 1 else here, 2)
    left.metric("Training digits nearby (per unit area)", nearby, border=True)
    left.metric("Distance to the nearest one", theme.number(distances[0], 2), border=True)
    with right:
        density_badge(plane, point)
        st.markdown(explanations[density.level(point)])
        _nearest(plane, rows, distances)


def _nearest(plane: Plane, rows, distances) -> None:
    labels, codes, index = (each[rows] for each in (plane.known.labels, plane.known.points, plane.known.index))
    source = available_digits()
    # MNIST_FILE may have fewer digits than MNIST.
    if source is None or source.source != plane.source or index.max() >= len(source.all_train):
        st.caption("The nearest training digits, without their images:")
        st.dataframe(
            {"Digit": labels, "Distance": distances, "z1": codes[:, 0], "z2": codes[:, 1]},
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.2f") for name in ("Distance", "z1", "z2")},
        )
        return
    st.caption("The nearest training digits and their distances:")
    with st.grid("auto", min_column_width=72, gap="small") as grid:
        for image, label, distance in zip(source.all_train[index], labels, distances, strict=True):
            with grid.cell():
                pictures.show(pictures.digit(image / 255, 4), f"A {label} at distance {distance:.2f}")
                st.caption(f"{label} · {distance:.2f}", text_alignment="center")
