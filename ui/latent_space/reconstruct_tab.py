"""The tab Reconstruct: a test digit and the digit that the decoder draws from its code."""

import numpy as np
import streamlit as st

from core.autoencoder import digits
from core.autoencoder.digits import Digits
from core.autoencoder.network import squared_error
from ui.common import pictures, theme
from ui.latent_space import stills
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
    image = digits.unit(source.all_test[row : row + 1])
    code = plane.autoencoder.encode(image)
    decoded = plane.autoencoder.decode(code)
    with st.grid(4, min_column_width=140, gap="small"):
        digit_cell("Original", image[0], f"{source.source}, a {label}", f"Test digit {number}, a handwritten {label}")
        digit_cell(
            "Reconstruction", decoded[0], stills.coordinates(code[0]), f"The digit decoded at its code, {code[0]}"
        )
        error_cell(image[0], decoded[0])
        with st.container():
            share = (errors < errors[number]).mean()
            st.metric("Mean squared error", f"{errors[number]:.4f}", border=True)
            st.caption(
                f"{share:.0%} of the {len(errors):,} test digits have a lower error; mean error {errors.mean():.4f}."
            )
    return [{"at": code[0], "kind": "example", "label": f"test digit {number}"}]


def digit_cell(title: str, image: np.ndarray, caption: str, alt: str) -> None:
    """Draw a titled digit, (28, 28) float in 0..1, as one cell of a grid."""
    with st.container():
        st.markdown(f"**{title}**")
        st.image(pictures.digit(image), width="stretch", caption=caption, alt=alt, output_format="PNG")


def error_cell(image: np.ndarray, decoded: np.ndarray) -> None:
    """Draw the difference of two digits (28, 28) as one cell of a grid: blue for missing ink, orange for excess ink."""
    with st.container():
        st.markdown("**Error**")
        st.image(
            pictures.difference(decoded - image, theme.rgb(theme.KERNEL), theme.rgb(theme.INPUT)),
            width="stretch",
            caption="blue: missing ink, orange: excess ink",
            alt="Where the reconstruction has too little or too much ink",
            output_format="PNG",
        )


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
