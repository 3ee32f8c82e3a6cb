"""The tab Draw: the user draws or uploads a digit, and the autoencoder encodes it."""

import base64
import struct
from pathlib import Path

import numpy as np
import streamlit as st

from core import photos
from core.autoencoder import digits
from ui.common.components import component
from ui.common.page_state import escaped
from ui.latent_space import state
from ui.latent_space.digit_source import available_digits
from ui.latent_space.neighbours_tab import density_badge
from ui.latent_space.reconstruct_tab import reconstruction_errors, show_reconstruction
from ui.latent_space.state import STATE, Plane

MAX_SIDE = 560  # pixels: the digit is scaled to 20 pixels, a larger picture adds nothing

SIDE = 280  # pixels of the square
_PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", SIDE, SIDE)  # how its picture begins
_URL = "data:image/png;base64,"

_square = component(
    "draw_digit",
    html=f"""<canvas width='{SIDE}' height='{SIDE}' role='img' aria-label='Draw a digit here'></canvas>
    <button type='button'>Clear</button>""",
    css="""
    canvas { width: 100%; max-width: 280px; aspect-ratio: 1; display: block; touch-action: none; cursor: crosshair;
             border-radius: var(--st-base-radius); }
    button { margin-top: 0.5rem; padding: 0.25rem 0.75rem; font: inherit; color: var(--st-text-color); cursor: pointer;
             background: none; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
    """,
    js=(Path(__file__).parent / "draw.js").read_text(),
)


def draw_tab(plane: Plane) -> list[dict]:
    """Draw the input and, once there is a digit, its reconstruction; return the digit's mark in the plane."""
    source = available_digits()
    if source is None:
        return []
    left, right = st.columns([1, 3], gap="medium")
    with left:
        digit = _drawing() if STATE.choice("digit_from") == "Drawing" else _upload()
    with right:
        if digit is None:
            st.info("Draw a digit in the square, or upload a picture of one.", icon=":material/draw:")
            return []
        if isinstance(digit, str):
            st.warning(escaped(digit), icon=":material/warning:")
            return []
        errors = reconstruction_errors(plane.key, source.source, plane, source.of(plane.classes))
        titles = "In MNIST's frame", "20 pixels tall or wide", "Your digit in a frame of 28 by 28 pixels"
        code, share, cell = show_reconstruction(plane, digits.unit(digit), errors, *titles)
        with cell:
            known = ", ".join(map(str, plane.classes))
            verdict = "an ordinary error" if share < 0.95 else f"this autoencoder has only learned {known}"
            st.caption(f"{share:.0%} of the test digits have a lower error: {verdict}.")
            density_badge(plane, code)
    return [{"at": code, "kind": "example", "label": "your digit"}]


def _framed(picture: bytes) -> np.ndarray | str:
    """The digit in a picture as MNIST frames it, (28, 28) uint8, or the sentence that says why there is none."""
    try:
        return digits.mnist_frame(digits.ink(photos.shrunk(photos.decode(picture), MAX_SIDE)))
    except ValueError as error:  # core.photos.PhotoError among them
        return str(error)


def _data_url(report) -> str:
    """The parser of a drawing: the data URL of a PNG with the size of the square, or "" for a cleared square."""
    if not isinstance(report, str) or not (report == "" or _png(report).startswith(_PNG)):
        raise ValueError("Expected the square as a PNG.")
    return report


def _png(url: str) -> bytes:
    return base64.b64decode(url.removeprefix(_URL), validate=True)


def _drawing() -> np.ndarray | str | None:
    def keep(picture: str) -> None:
        state.session().drawing = picture

    # The component itself loses the drawing when its tab is closed.
    _square("square", {"picture": state.session().drawing}, picture=(_data_url, keep))
    return _framed(_png(state.session().drawing)) if state.session().drawing else None


def _upload() -> np.ndarray | str | None:
    def keep():
        file = st.session_state.digit_picture
        state.session().upload = _framed(file.getvalue()) if file else None

    # The uploader itself loses the file when its tab is closed.
    st.file_uploader("A picture of one digit", ["png", "jpg", "jpeg", "webp"], key="digit_picture", on_change=keep)
    return state.session().upload
