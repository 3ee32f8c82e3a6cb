"""The tab Saved points: all points that the user has marked, as digits."""

import streamlit as st

from ui.common import pictures
from ui.latent_space import state, stills
from ui.latent_space.state import Plane

MIN_TILE = 120  # pixels, the smallest width of a digit


def saved_points_tab(plane: Plane) -> None:
    """Draw the saved points, newest first, with buttons to download or remove one or all of them."""
    points = list(state.session().saved)
    if not points:
        st.caption("No saved points yet. Click in the plane, or change z1 or z2: every point you mark is saved here.")
        return
    images = state.decoded(plane, points)
    with st.container(horizontal=True):
        st.download_button(
            "Download all",
            lambda: stills.sheet(images, points),
            "latent_points.png",
            "image/png",
            key="saved_download",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button("Remove all", key="saved_remove", icon=":material/delete:", on_click=state.session().saved.clear)
    with st.grid("auto", min_column_width=MIN_TILE, gap="small", key="saved") as grid:
        for i, (point, image) in reversed(list(enumerate(zip(points, images, strict=True)))):
            with grid.cell():
                _tile(i, point, image)


def _tile(i: int, point, image) -> None:
    words = stills.coordinates(point)
    pictures.show(pictures.digit(image, 4), f"The digit decoded at {words}")
    st.caption(stills.numbers(point), text_alignment="center")
    with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
        st.download_button(
            "PNG",
            lambda: pictures.png(pictures.digit(image)),
            f"digit_{point[0]:.2f}_{point[1]:.2f}.png",
            "image/png",
            key=f"saved_png_{i}",
            type="tertiary",
            help=f"Download the digit at {words}",
            on_click="ignore",
        )
        st.button(
            "Remove",
            key=f"saved_remove_{i}",
            type="tertiary",
            help=f"Remove {words}",
            on_click=state.remove_saved,
            args=(point,),
        )
