"""The tab Reconstruct: a test digit and the digit that the decoder draws from its code."""

import numpy as np
import streamlit as st

from core.autoencoder import digits
from core.autoencoder.digits import Digits
from core.autoencoder.network import squared_error
from ui.common import pictures, theme
from ui.latent_space import state, stills
from ui.latent_space.digit_source import available_digits
from ui.latent_space.state import STATE, Plane

WORST = 8


@st.cache_resource(max_entries=8, show_spinner="Reconstructing the test digits")
def reconstruction_errors(plane_key: str, source: str, _plane: Plane, _digits: Digits) -> np.ndarray:
    """Mean squared error of each test digit, (n,). `plane_key` and `source` identify the other arguments."""
    del plane_key, source
    images = digits.unit(_digits.test_images)
    return squared_error(images, _plane.autoencoder.reconstruct(images))


def reconstruct_tab(plane: Plane) -> list[dict]:
    """Draw a test digit, its reconstruction and the error; return its mark in the plane."""
    source = available_digits()
    if source is None:
        return []
    data = source.of(plane.classes)
    errors = reconstruction_errors(plane.key, source.source, plane, data)
    number = _test_digit(errors)
    label, row = data.test_labels[number], data.test_index[number]
    image = digits.unit(source.all_test[row])
    titles = "Original", f"{source.source}, a {label}", f"Test digit {number}, a handwritten {label}"
    code, share, cell = show_reconstruction(plane, image, errors, *titles)
    cell.caption(f"{share:.0%} of the {len(errors):,} test digits have a lower error; mean error {errors.mean():.4f}.")
    return [{"at": code, "kind": "example", "label": f"test digit {number}"}]


def show_reconstruction(plane: Plane, image: np.ndarray, errors: np.ndarray, title: str, caption: str, alt: str):
    """Draw a digit, (28, 28) float in 0..1, its reconstruction, their difference and the error, in four cells.

    Returns:
        The digit's code (2,), the share of the test digits' `errors` (n,) that are lower, and the last cell.
    """
    code = plane.autoencoder.encode(image[np.newaxis])[0]
    decoded = state.decoded(plane, [code])[0]
    error = squared_error(image[np.newaxis], decoded[np.newaxis])[0]
    difference = pictures.difference(decoded - image, theme.rgb(theme.KERNEL), theme.rgb(theme.INPUT))
    missing_or_excess = "Where the reconstruction has too little or too much ink"
    cells = (
        (title, pictures.digit(image), alt, caption),
        ("Reconstruction", pictures.digit(decoded), "The digit decoded at its code", stills.coordinates(code)),
        ("Error", difference, missing_or_excess, "blue: missing ink, orange: excess ink"),
    )
    with st.grid(4, min_column_width=140, gap="small") as grid:
        for heading, *picture in cells:
            with grid.cell():
                st.markdown(f"**{heading}**")
                pictures.show(*picture)
        last = grid.cell()
    last.metric("Mean squared error", f"{error:.4f}", border=True)
    return code, (errors < error).mean(), last


def _test_digit(errors: np.ndarray) -> int:
    last = len(errors) - 1

    def select(number: int) -> None:
        STATE.update(test_digit=int(number))

    select(min(STATE["test_digit"], last))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = STATE.number("test_digit", label=f"Test digit, 0 to {last}", max_value=last, width=200)
        st.button(
            "Random digit",
            key="random_digit",
            icon=":material/casino:",
            on_click=lambda: select(np.random.default_rng().integers(len(errors))),
        )
        st.markdown("Highest errors:", width="content")
        for row in np.argsort(errors)[::-1][:WORST].tolist():
            st.button(str(row), key=f"worst_{row}", type="tertiary", on_click=select, args=(row,))
    return number
