"""The settings of the convolution page, with their ranges and defaults, and what else it keeps in the session."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from core.convolution import kernels, sizes, stack
from core.convolution.layer import ACTIVATIONS
from core.data import sample_photos
from ui.common.page_state import PageState
from ui.common.settings import ChoiceSetting, IntSetting, TextSetting

CONV, TRANSPOSED, BOTH = LAYERS = ("Conv2D", "Conv2DTranspose", "Conv2D, then Conv2DTranspose")
COPIES, ZEROS = VIEWS = ("Add kernel copies", "Insert zeros, pad, convolve")
WHY, OVERLAP, MATRIX, PICTURE, STACK = TABS = ("Why this size", "Overlap", "As a matrix", "On a picture", "A stack")
DIGIT, UPLOAD = "Digit", "Upload"
MOST_OUTPUT_CELLS = 20_449  # 143 × 143: a transposed layer, 16 × 16 inputs, kernel 16, stride 8, output padding 7

_OUTPUT_PADDINGS = ("unset", *map(str, range(8)))
LAYER_SETTINGS = {
    "layer": ChoiceSetting("Layer", LAYERS, CONV),
    "height": IntSetting("Input height", 1, 4096, 5),
    "width": IntSetting("Input width", 1, 4096, 5),
    "kernel_h": IntSetting("Kernel height", 1, 16, 3),
    "kernel_w": IntSetting("Kernel width", 1, 16, 3),
    "stride_h": IntSetting("Stride height", 1, 8, 1),
    "stride_w": IntSetting("Stride width", 1, 8, 1),
    "padding": ChoiceSetting("Padding", sizes.PADDINGS, "SAME"),
    "dilation": IntSetting("Dilation", 1, 4, 1),
    "out_pad_h": ChoiceSetting("Output padding height", _OUTPUT_PADDINGS, "unset"),
    "out_pad_w": ChoiceSetting("Output padding width", _OUTPUT_PADDINGS, "unset"),
    "channels": IntSetting("Input channels", 1, 8, 1),
    "filters": IntSetting("Filters", 1, 8, 1),
    "activation": ChoiceSetting("Activation", ACTIVATIONS, "linear"),
    "l2": ChoiceSetting("L2 regularizer", ("0", "0.0001", "0.001", "0.01", "0.1"), "0"),
    "seed": IntSetting("Random seed", 1, 99, 1),
    "shown_channel": IntSetting("Displayed channel", 0, 7, 0),
    "shown_filter": IntSetting("Displayed filter", 0, 7, 0),
    "view": ChoiceSetting("Method", VIEWS, COPIES),
    "side": ChoiceSetting("Step through", ("output", "input"), "output"),
}


def _parse_numbers(text: str) -> tuple[float, ...]:
    """Kernel values, row by row, separated by "_"; ValueError with a sentence if the text has anything else."""
    try:
        numbers = tuple(float(word[:24]) for word in text.split("_"))
    except ValueError:
        raise ValueError("Each value must be a number.") from None
    if not np.isfinite(numbers).all():
        raise ValueError("NaN and infinite values are not allowed.")
    return numbers


SETTINGS = LAYER_SETTINGS | {
    "tab": ChoiceSetting("Tab", TABS, WHY),
    "cell": IntSetting("Cell", 1, MOST_OUTPUT_CELLS, 1),
    "source": ChoiceSetting("Picture to filter", (DIGIT, *sample_photos.SAMPLES, UPLOAD), "Cat"),
    "kernel": ChoiceSetting("Start from", kernels.NAMES, "Sobel, vertical edges"),
    "kernel_size": ChoiceSetting("Size", tuple(map(str, kernels.SIZES)), "3"),
    "kernel_seed": IntSetting("Random seed of the kernel", 1, 99, 1),
    "numbers": TextSetting(
        "Kernel values",
        "the 9, 25 or 49 values of a kernel, separated by _",
        None,
        _parse_numbers,
        lambda numbers: "_".join(f"{n:g}" for n in numbers or ()),
    ),
    "stack_preset": ChoiceSetting("Preset", tuple(stack.PRESETS), next(iter(stack.PRESETS))),
    "stack_h": IntSetting("Input height", 1, 4096, 28),
    "stack_w": IntSetting("Input width", 1, 4096, 28),
    "stack_c": IntSetting("Channels", 1, 4096, 1),
    "stack": TextSetting(
        "Layers",
        "a list of layers",
        None,
        lambda text: tuple(stack.from_text(text)) or None,
        lambda layers: stack.to_text(layers or ()),
    ),
}
STATE = PageState("convolution", SETTINGS)


@dataclass
class Table:
    """An editable table: the value that it started from, the value that it has now, and how often it was restarted."""

    start: Any = None
    value: Any = None
    restarts: int = 0


@dataclass
class Session:
    """What the page keeps in the session beside its settings: tables by name, and the uploaded picture."""

    tables: dict[str, Table] = field(default_factory=dict)
    upload: np.ndarray | None = None  # (H, W) float32 in 0 .. 1
    upload_error: str = ""


def session() -> Session:
    """This user's `Session`."""
    return st.session_state.setdefault("convolution_session", Session())


def table(name: str, value: Any) -> tuple[Table, str]:
    """An editable table that shows `value`, and the key for its widget.

    A data editor keeps its user's edits of the value that it started from, so it is restarted if another value comes
    from elsewhere (the URL, a preset), or if Streamlit has dropped the edits. Afterwards set `Table.value`.
    """
    entry = session().tables.setdefault(name, Table())
    key = f"{name}_table_{entry.restarts}"
    if value != entry.value or key not in st.session_state:
        entry.start = entry.value = value
        entry.restarts += 1
        key = f"{name}_table_{entry.restarts}"
    return entry, key
