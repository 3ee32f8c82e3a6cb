"""Before and after: two pictures of one size on top of each other, divided by a line that the user moves."""

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from ui.common.components import component

_divider = component(
    "before_after",
    html="""<div class='frame'><img class='after'><img class='before'><span class='line'></span>
    <input type='range' min='0' max='100' step='1' value='50' aria-label='How much of the picture shows the photo'>
    </div>""",
    css="""
    .frame { position: relative; overflow: hidden; border-radius: var(--st-base-radius); }
    .frame:has(input:focus-visible) { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
    img { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
    .line { position: absolute; top: 0; bottom: 0; width: 3px; margin-left: -1.5px; background: #fff;
            box-shadow: 0 0 0 1px #0008; pointer-events: none; }
    .line::after { content: "\\2194"; position: absolute; top: 50%; left: 50%; width: 34px; height: 34px;
            margin: -17px; border-radius: 50%; background: #fff; color: #1d2028; font: 20px/34px var(--st-font);
            text-align: center; box-shadow: 0 0 0 1px #0008; }
    /* The whole picture is the slider: mouse, finger and keys are the browser's own. */
    input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize;
            appearance: none; touch-action: pan-y; }
    input::-webkit-slider-thumb { appearance: none; width: 1px; height: 100%; }
    input::-moz-range-thumb { width: 1px; height: 100%; border: 0; }
    """,
    js=(Path(__file__).parent / "divider.js").read_text(encoding="utf-8"),
)


def before_after(before: np.ndarray, after: np.ndarray, alt: tuple[str, str], key: str) -> None:
    """Two uint8 pictures of one size, `before` on the left of the line and `after` on the right, with their alt texts.

    The line starts in the middle. It keeps its place when the pictures change.
    """
    height, width = before.shape[:2]
    sources = [_source(before), _source(after)]
    _divider(key, {"sources": sources, "alt": list(alt), "ratio": width / height})


def _source(picture: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
