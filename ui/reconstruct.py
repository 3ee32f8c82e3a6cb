"""A test digit beside what the decoder makes of its code."""

import numpy as np
import streamlit as st

from core import digits
from core.autoencoder import squared_error
from ui import latent_state, pictures
from ui.digit_source import digits_or_sentence


def reconstruct(plane) -> None:
    """Pick a test digit by its number; show the original beside its reconstruction."""
    source = digits_or_sentence()
    if source is None:
        return
    classes = np.unique(plane.shown.labels).tolist()
    chosen = source.of(classes)
    images = digits.unit(chosen.test_images)
    st.session_state.setdefault("test_digit", 0)
    number = st.number_input("Test digit", 0, len(images) - 1, key="test_digit", width=200)
    image = images[number : number + 1]
    code = plane.autoencoder.encode(image)[0]
    again = latent_state.decoded(plane, [code])
    first, second, _ = st.columns([1, 1, 2])
    label = chosen.test_labels[number]
    first.image(
        pictures.digit(image[0]),
        width="stretch",
        caption=f"Original, a {label} from {source.source}",
        alt=f"Test digit {number}, a handwritten {label}",
    )
    second.image(
        pictures.digit(again[0]),
        width="stretch",
        caption=f"Reconstruction, mean squared error {squared_error(image, again)[0]:.4f}",
        alt=f"The same digit decoded from z1 = {code[0]:.2f}, z2 = {code[1]:.2f}",
    )
