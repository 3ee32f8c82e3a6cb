"""The strip of kept points."""

import streamlit as st

from ui.common import pictures
from ui.latent_space import state, stills
from ui.latent_space.state import Plane

TILE = 120  # pixels, the least width of a kept digit


def kept_strip(plane: Plane) -> None:
    """The kept points as digits, newest first, each to download or remove, all of them as one sheet."""
    points = state.kept()
    if not points:
        st.caption("Nothing kept yet. Click in the plane, or change z1 or z2: every point you mark stays here.")
        return
    images = state.decoded(plane, points)
    with st.container(horizontal=True):
        st.download_button(
            "Download as one sheet",
            lambda: stills.sheet(images, points),
            "latent_points.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button("Remove all", icon=":material/delete:", on_click=state.forget_all)
    with st.grid("auto", min_column_width=TILE, gap="small", key="kept") as grid:
        for i, (point, image) in reversed(list(enumerate(zip(points, images, strict=True)))):
            with grid.cell():
                _tile(i, point, image)


def _tile(i: int, point, image) -> None:
    words = stills.coordinates(point)
    st.image(pictures.digit(image, 4), width="stretch", alt=f"The digit decoded at {words}", output_format="PNG")
    st.caption(f"{point[0]:.2f}, {point[1]:.2f}".replace("-", "−"), text_alignment="center")
    with st.container(horizontal=True, horizontal_alignment="center", gap=None):
        st.download_button(
            "PNG",
            lambda: pictures.png(pictures.digit(image)),
            f"digit_{point[0]:.2f}_{point[1]:.2f}.png",
            "image/png",
            key=f"kept_png_{i}",
            type="tertiary",
            help=f"Download the digit at {words}",
            on_click="ignore",
        )
        st.button(
            "Remove",
            key=f"kept_remove_{i}",
            type="tertiary",
            help=f"Remove {words}",
            on_click=state.forget,
            args=(point,),
        )
