"""The controls of the convolution page: what each setting may be, its widget, its place in the address.

Every setting is one entry of `SETTINGS`, so that widget, address and correction agree on its range.
"""

from dataclasses import dataclass

import streamlit as st

from core import convolution
from core.experiment import Experiment
from core.layers import ACTIVATIONS, Layer
from ui.settings import Choice, Whole, choice_widget, tell_correction, whole_widget
from ui.stepper import go_to

CONV, TRANSPOSED, BOTH = LAYERS = ("Conv2D", "Conv2DTranspose", "There and back")
STAMPS, ZEROS = VIEWS = ("Stamps", "Insert zeros, pad, convolve")


SETTINGS = {
    "layer": Choice("Layer", LAYERS, CONV),
    "height": Whole("Input height", 1, 4096, 5),
    "width": Whole("Input width", 1, 4096, 5),
    "kernel_h": Whole("Kernel height", 1, 16, 3),
    "kernel_w": Whole("Kernel width", 1, 16, 3),
    "stride_h": Whole("Stride height", 1, 8, 1),
    "stride_w": Whole("Stride width", 1, 8, 1),
    "padding": Choice("Padding", convolution.PADDINGS, "SAME"),
    "dilation": Whole("Dilation", 1, 4, 1),
    "out_pad": Choice("Output padding", ("unset", "set"), "unset"),
    "out_pad_h": Whole("Output padding height", 0, 7, 0),
    "out_pad_w": Whole("Output padding width", 0, 7, 0),
    "channels": Whole("Channels in", 1, 8, 1),
    "filters": Whole("Filters out", 1, 8, 1),
    "activation": Choice("Activation", ACTIVATIONS, "linear"),
    "l2": Choice("L2 factor", ("0", "0.0001", "0.001", "0.01", "0.1"), "0"),
    "seed": Whole("Numbers", 1, 99, 1),
    "shown_channel": Whole("Shown channel", 0, 7, 0),
    "shown_filter": Whole("Shown filter", 0, 7, 0),
    "view": Choice("Picture", VIEWS, STAMPS),
    "side": Choice("Follow", ("output", "input"), "output"),
}
SHOWING = {"seed", "shown_channel", "shown_filter", "view", "side"}  # these change the view, not the layer

# The lesson's worked examples: what they set; everything else goes back to its start.
EXAMPLES = {
    "4 × 4 to 2 × 2: VALID": {"height": 4, "width": 4, "padding": "VALID"},
    "5 × 5 to 5 × 5: SAME": {},
    "5 × 5 to 2 × 2: stride 2, VALID": {"stride_h": 2, "stride_w": 2, "padding": "VALID"},
    "2 × 2 to 5 × 5: its transpose": {
        "layer": TRANSPOSED,
        "height": 2,
        "width": 2,
        "stride_h": 2,
        "stride_w": 2,
        "padding": "VALID",
    },
    "2 × 2 to 4 × 4: transposed, VALID": {"layer": TRANSPOSED, "height": 2, "width": 2, "padding": "VALID"},
}


def tell_corrections() -> None:
    """Say once what an address could not have."""
    if "address_read" not in st.session_state:
        st.session_state.address_read = True
        for key, setting in SETTINGS.items():
            tell_correction(key, setting)


def pick(side: str, cell: int) -> None:
    """Select a cell of the input or the output; for boards."""
    st.session_state.side = side
    go_to(cell)


def whole(key: str, **options) -> int:
    """The widget of a `Whole` in `SETTINGS`."""
    return whole_widget(key, SETTINGS[key], **options)


def choice(key: str, **options) -> str:
    """The widget of a `Choice` in `SETTINGS`."""
    return choice_widget(key, SETTINGS[key], **options)


def _apply_example() -> None:
    wanted = EXAMPLES.get(st.session_state.example)
    if wanted is not None:
        st.session_state.update({key: setting.start for key, setting in SETTINGS.items()} | wanted)


@dataclass(frozen=True)
class Chosen:
    """What the controls say; `channel` and `filter` count from 0."""

    experiment: Experiment
    output_padding: tuple[int, int] | None
    channel: int
    filter: int


def choose_layer() -> str:
    """Which layer, one of `LAYERS`, and the worked examples beside it."""
    address = st.query_params.to_dict()
    starts = {key: setting.start for key, setting in SETTINGS.items() if key not in SHOWING}
    now = {key: str(st.session_state.get(key, address.get(key, start))) for key, start in starts.items()}
    same = (name for name, example in EXAMPLES.items() if now == {k: str(v) for k, v in (starts | example).items()})
    st.session_state.example = next(same, None)
    with st.container(horizontal=True, gap="medium"):
        mode = choice("layer")
        st.selectbox(
            "Worked example",
            EXAMPLES,
            index=None,
            key="example",
            placeholder="Your own numbers",
            on_change=_apply_example,
            width=330,
        )
    return mode


def controls(mode: str) -> Chosen:
    """All other controls, one under another."""
    left, right = st.columns(2, wrap=False)
    with left:
        height = whole("height", field=True)
        kernel_h, stride_h = whole("kernel_h"), whole("stride_h")
    with right:
        width = whole("width", field=True)
        kernel_w, stride_w = whole("kernel_w"), whole("stride_w")
    padding = choice("padding", width="stretch")
    dilation = whole("dilation")
    with st.popover("Channels, activation, penalty", icon=":material/tune:", width="stretch"):
        transposed = mode != CONV
        unset = choice("out_pad", disabled=not transposed, help="Which of several sizes a transposed layer gives.")
        left, right = st.columns(2, wrap=False)
        with left:
            out_pad_h = whole("out_pad_h", disabled=unset == "unset", label="for height")
            channels, seed = whole("channels"), whole("seed", field=True)
        with right:
            out_pad_w = whole("out_pad_w", disabled=unset == "unset", label="for width")
            filters, l2 = whole("filters"), choice("l2", listed=True)
        activation = choice("activation", listed=True, disabled=mode == BOTH)
        left, right = st.columns(2, wrap=False)
        with left:
            channel = whole("shown_channel", disabled=channels == 1)
        with right:
            filter_ = whole("shown_filter", disabled=filters == 1)
    output_padding = (out_pad_h, out_pad_w) if transposed and unset == "set" else None
    layer = Layer(
        kind="Conv2DTranspose" if mode == TRANSPOSED else "Conv2D",
        filters=filters,
        kernel=(kernel_h, kernel_w),
        strides=(stride_h, stride_w),
        padding=padding,
        dilation=(dilation, dilation),
        output_padding=output_padding if mode == TRANSPOSED else None,
        activation=activation if mode != BOTH else "linear",
        l2=float(l2),
    )
    experiment = Experiment(layer, (height, width, channels), seed)
    return Chosen(experiment, output_padding, min(channel, channels - 1), min(filter_, filters - 1))
