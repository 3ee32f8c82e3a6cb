"""The digit at the pointer, decoded in the browser with the weights that Python uses."""

import base64
from pathlib import Path

import numpy as np

from ui.common.components import component

HERE = Path(__file__).parent

_digit = component(
    "live_digit",
    html="""<figure>
    <div><canvas width='28' height='28' role='img' aria-label='The digit at the pointer'></canvas></div>
    <figcaption></figcaption></figure>""",
    css="""
    figure { margin: 0; }
    div { aspect-ratio: 1; }
    canvas { width: 100%; display: block; image-rendering: pixelated; border-radius: var(--st-base-radius); }
    canvas.floating { position: fixed; top: 4rem; right: 1rem; width: 7rem; z-index: 100;
                      outline: 2px solid var(--st-text-color); }
    figcaption { font-family: var(--st-font); font-variant-numeric: tabular-nums; font-size: 0.875rem;
                 color: var(--st-text-color); opacity: 0.7; text-align: center; padding-top: 0.4rem; }
    """,
    js=(HERE.parent / "common" / "pointer.js").read_text()
    + (HERE / "decoder.js").read_text()
    + (HERE / "live_digit.js").read_text(),
)


def payload(decoder_weights: list[np.ndarray]) -> str:
    """Kernels and biases of the decoder, in Keras' order, as base64 of little-endian float32."""
    flat = np.concatenate([np.asarray(array, "<f4").ravel() for array in decoder_weights])
    return base64.b64encode(flat.tobytes()).decode()


def live_digit(weights: str, start: tuple[float, float], *, chart: str, key: str) -> None:
    """Draw a canvas with the digit decoded at the pointer's position in the chart of the container `chart`.

    Args:
        weights: the result of `payload`. If no argument changes from run to run, it is sent to the browser only once.
        start: the point to decode before the pointer has moved.
    """
    _digit(key, {"weights": weights, "start": list(start), "chart": chart})
