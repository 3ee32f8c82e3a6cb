"""Where a point is: among many digits, among few, or where none ever landed."""

import numpy as np
import streamlit as st

from ui.common import pictures, theme
from ui.latent_space.digit_source import digits_or_sentence
from ui.latent_space.state import Plane

VERDICTS = {
    "dense": ("Dense", "green", ":material/groups:"),
    "sparse": ("Sparse", "orange", ":material/person:"),
    "empty": ("No digit ever landed here", "gray", ":material/block:"),
}
NEAREST = 8


def verdict_badge(plane: Plane, point) -> None:
    """One line: how many training digits there are around the point."""
    text, colour, icon = VERDICTS[plane.density.verdict(point)]
    st.badge(text, icon=icon, color=colour)


def where_am_i(plane: Plane, point) -> None:
    """The verdict on a point with its reasons, and the training digits nearest to it."""
    density = plane.density
    rows, distances = density.nearest(point, NEAREST)
    around = float(density.at(np.reshape(point, (1, 2)))[0])
    reasons = {
        "dense": f"Nine of ten training digits have {theme.number(density.dense, 2)} or more to the unit square around "
        "them, and so does this point: what is drawn here stands on many examples.",
        "sparse": "A training digit is within reach, but nine of ten lie where there are more: what is drawn here "
        "stands on few examples.",
        "empty": f"The nearest training digit is {theme.number(distances[0], 2)} away, further than training digits "
        f"are from one another ({theme.number(density.reach, 2)}): what is drawn here is the decoder's imagination.",
    }
    left, right = st.columns([1, 3], gap="medium")
    left.metric(
        "Training digits to a unit square", theme.number(round(around) if around >= 1 else around, 2), border=True
    )
    left.metric("Distance to the nearest", theme.number(distances[0], 2), border=True)
    with right:
        verdict_badge(plane, point)
        st.markdown(reasons[density.verdict(point)])
        _neighbours(plane, rows, distances)


def _neighbours(plane: Plane, rows, distances) -> None:
    labels, codes = plane.known.labels[rows], plane.known.points[rows]
    source = digits_or_sentence()
    if source is None or source.source != plane.source:
        st.caption(f"The nearest training digits are {plane.source}'s, whose pictures are not to be had here:")
        st.dataframe(
            {"Digit": labels, "Distance": distances, "z1": codes[:, 0], "z2": codes[:, 1]},
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.2f") for name in ("Distance", "z1", "z2")},
        )
        return
    images = source.train_images[plane.known.index[rows]]
    st.caption("The nearest training digits and how far away they are:")
    with st.grid("auto", min_column_width=72, gap="small") as grid:
        for image, label, distance in zip(images, labels, distances, strict=True):
            with grid.cell():
                st.image(
                    pictures.digit(image / 255, 4),
                    width="stretch",
                    alt=f"A {label} at distance {distance:.2f}",
                    output_format="PNG",
                )
                st.caption(f"{label} · {distance:.2f}", text_alignment="center")
