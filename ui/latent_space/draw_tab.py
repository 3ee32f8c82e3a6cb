"""Draw a digit or upload a picture of one, and see where the autoencoder puts it."""

import base64
from pathlib import Path

import numpy as np
import streamlit as st

from core import photos
from core.autoencoder import digits
from core.autoencoder.digits import Digits
from core.autoencoder.network import squared_error
from ui.latent_space import stills
from ui.latent_space.digit_source import digits_or_sentence
from ui.latent_space.neighbours_tab import verdict_badge
from ui.latent_space.reconstruct_tab import errors_on_the_test_digits, show, show_error
from ui.latent_space.state import Plane

LARGEST = 560  # pixels: a digit ends up 20 pixels tall, more than this tells nothing

_SQUARE = st.components.v2.component(
    "draw_digit",
    html="""<canvas width='280' height='280' role='img' aria-label='Draw a digit here'></canvas>
    <button type='button'>Clear</button>""",
    css="""
    canvas { width: 100%; max-width: 280px; aspect-ratio: 1; display: block; touch-action: none; cursor: crosshair;
             border-radius: var(--st-base-radius); }
    button { margin-top: 0.5rem; padding: 0.25rem 0.75rem; font: inherit; color: var(--st-text-color); cursor: pointer;
             background: none; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
    """,
    js=(Path(__file__).parent / "draw.js").read_text(),
)


def draw(plane: Plane) -> list[dict]:
    """A square to draw on and a field to upload to; gives the mark of what was drawn."""
    source = digits_or_sentence()
    if source is None:
        return []
    square, result = st.columns([1, 3], gap="medium")
    with square:
        picture = (
            _drawing()
            if st.segmented_control(
                "Digit from", ["Drawing", "Picture"], default="Drawing", required=True, key="digit_from"
            )
            == "Drawing"
            else _upload()
        )
    with result:
        if picture is None:
            st.info("Draw a digit in the square, or choose a picture of one.", icon=":material/draw:")
            return []
        try:
            ink = digits.mnist_frame(digits.ink(photos.shrunk(photos.decode(picture), LARGEST)))
        except ValueError as error:  # core.photos.PhotoError among them
            st.warning(str(error), icon=":material/warning:")
            return []
        return [{"at": _judged(plane, source, digits.unit(ink[np.newaxis])), "kind": "guest", "label": "yours"}]


def _drawing() -> bytes | None:
    def drew():
        st.session_state.drawing = st.session_state.square.picture

    # Kept apart from the component, which forgets what it drew when its tab is closed.
    drawing = st.session_state.setdefault("drawing", "")
    _SQUARE(key="square", data={"picture": drawing}, on_picture_change=drew)
    head, _, body = (drawing or "").partition(",")
    return base64.b64decode(body) if head == "data:image/png;base64" else None


def _upload() -> bytes | None:
    file = st.file_uploader("A picture of one digit", ["png", "jpg", "jpeg", "webp"], key="digit_picture")
    return file.getvalue() if file else None


def _judged(plane: Plane, source: Digits, image: np.ndarray) -> np.ndarray:
    code = plane.autoencoder.encode(image)
    again = plane.autoencoder.decode(code)
    error = float(squared_error(image, again)[0])
    usual = errors_on_the_test_digits(plane.key, source.source, plane, source.of(plane.classes))
    with st.grid(4, min_column_width=140, gap="small"):
        show("As MNIST frames it", image[0], "20 pixels tall or wide", "The drawn digit in a frame of 28 by 28 pixels")
        show("Reconstruction", again[0], stills.coordinates(code[0]), "What the decoder makes of its code")
        show_error(image[0], again[0])
        with st.container():
            st.metric("Mean squared error", f"{error:.4f}", border=True)
            st.caption(_compared(plane, error, usual))
            verdict_badge(plane, code[0])
    return code[0]


def _compared(plane: Plane, error: float, usual: np.ndarray) -> str:
    known = ", ".join(map(str, plane.classes))
    share = (usual < error).mean()
    if share < 0.95:
        return f"{share:.0%} of the test digits come out better: an error like theirs."
    return f"{share:.0%} of the test digits come out better: this autoencoder has seen only {known}."
