"""A test digit beside what the decoder makes of its code."""

import numpy as np
import streamlit as st

from core.autoencoder import digits
from core.autoencoder.digits import Digits
from core.autoencoder.network import squared_error
from ui.common import pictures, theme
from ui.latent_space import stills
from ui.latent_space.digit_source import digits_or_sentence
from ui.latent_space.state import Plane

WORST = 8


@st.cache_resource(max_entries=8, show_spinner="Measuring the test digits")
def errors_on_the_test_digits(key: str, source: str, _plane: Plane, _digits: Digits) -> np.ndarray:
    """Mean squared error of each test digit, (n,); `key` and `source` stand for the plane and the digits."""
    del key, source
    images = digits.unit(_digits.test_images)
    return squared_error(images, _plane.autoencoder.reconstruct(images))


def reconstruct(plane: Plane) -> list[dict]:
    """Pick a test digit by number, at random or among the worst; gives its mark in the plane."""
    source = digits_or_sentence()
    if source is None:
        return []
    chosen = source.of(plane.classes)
    errors = errors_on_the_test_digits(plane.key, source.source, plane, chosen)
    number = _pick(errors)
    label = chosen.test_labels[number]
    image = digits.unit(chosen.test_images[number : number + 1])
    code = plane.autoencoder.encode(image)
    again = plane.autoencoder.decode(code)
    with st.grid(4, min_column_width=140, gap="small"):
        show("Original", image[0], f"{source.source}, a {label}", f"Test digit {number}, a handwritten {label}")
        show("Reconstruction", again[0], stills.coordinates(code[0]), f"The digit decoded at its code, {code[0]}")
        show_error(image[0], again[0])
        with st.container():
            share = (errors < errors[number]).mean()
            st.metric("Mean squared error", f"{errors[number]:.4f}", border=True)
            st.caption(
                f"{share:.0%} of the {len(errors):,} test digits come out better; their mean is {errors.mean():.4f}."
            )
    return [{"at": code[0], "kind": "guest", "label": f"test digit {number}"}]


def show(title: str, image: np.ndarray, caption: str, alt: str) -> None:
    """A titled digit, (28, 28) float, as one cell of a grid."""
    with st.container():
        st.markdown(f"**{title}**")
        st.image(pictures.digit(image), width="stretch", caption=caption, alt=alt, output_format="PNG")


def show_error(image: np.ndarray, again: np.ndarray) -> None:
    """The difference of two (28, 28) digits as one cell: blue where ink is missing, orange where there is too much."""
    with st.container():
        st.markdown("**Error**")
        st.image(
            pictures.difference(again - image, theme.rgb(theme.KERNEL), theme.rgb(theme.INPUT)),
            width="stretch",
            caption="blue: ink missing, orange: too much",
            alt="Where the reconstruction has too little or too much ink",
            output_format="PNG",
        )


def _pick(errors: np.ndarray) -> int:
    last = len(errors) - 1
    st.session_state.test_digit = min(st.session_state.get("test_digit", 0), last)

    def choose(number: int) -> None:
        st.session_state.test_digit = int(number)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(f"Test digit, 0 to {last}", 0, last, key="test_digit", width=200)
        st.button(
            "At random",
            icon=":material/casino:",
            on_click=lambda: choose(np.random.default_rng().integers(len(errors))),
        )
        st.markdown("The worst:", width="content")
        for row in np.argsort(errors)[::-1][:WORST].tolist():
            st.button(str(row), key=f"worst_{row}", type="tertiary", on_click=choose, args=(row,))
    return number
