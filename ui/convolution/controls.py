"""The controls of the convolution page: what each setting may be, its widget, its place in the address.

Every setting is one entry of `SETTINGS`, so that widget, address and correction agree on its range.
"""

from dataclasses import dataclass

import streamlit as st

from core import convolution
from core.convolution.example import Experiment, RoundTrip
from core.convolution.layer import ACTIVATIONS, Layer
from ui.common.settings import Choice, Whole, choice_widget, current, whole_widget
from ui.convolution.stepper import go_to

CONV, TRANSPOSED, BOTH = LAYERS = ("Conv2D", "Conv2DTranspose", "There and back")
STAMPS, ZEROS = VIEWS = ("Stamps", "Insert zeros, pad, convolve")


TABS = ("Why this size", "Overlap", "As a matrix", "On a picture", "A stack")
OUTPUT_PADDINGS = ("unset", *map(str, range(8)))
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
    "out_pad_h": Choice("Output padding height", OUTPUT_PADDINGS, "unset"),
    "out_pad_w": Choice("Output padding width", OUTPUT_PADDINGS, "unset"),
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


def moved() -> None:
    """Another cell is selected: the matrix under its tab shows it too; for callbacks."""
    if st.session_state.get("tab") == TABS[2]:
        st.rerun(["picture", "details"])


def pick(side: str, cell: int) -> None:
    """Select a cell of the input or the output; for boards."""
    st.session_state.side = side
    go_to(cell)
    moved()


def whole(key: str, **options) -> int:
    """The widget of a `Whole` in `SETTINGS`."""
    return whole_widget(key, SETTINGS[key], **options)


def choice(key: str, **options) -> str:
    """The widget of a `Choice` in `SETTINGS`."""
    return choice_widget(key, SETTINGS[key], **options)


@dataclass(frozen=True)
class Chosen:
    """What the controls say; `output_padding` belongs to the transposed layer, `channel` and `filter` count from 0."""

    mode: str
    experiment: Experiment
    output_padding: tuple[int, int] | None
    channel: int
    filter: int

    @property
    def trip(self) -> RoundTrip:
        """The round trip that starts with the experiment."""
        return RoundTrip(self.experiment, self.output_padding)

    @property
    def refusal(self) -> str:
        """Why Keras would refuse, a sentence with the numbers; empty where it would not."""
        try:
            shape = self.experiment.output_shape
            if self.mode == BOTH:
                self.trip.way_back.output_shape(shape)
        except ValueError as error:
            return str(error)
        return ""


def chosen() -> Chosen:
    """The settings as they stand."""
    now = {key: current(key, setting) for key, setting in SETTINGS.items()}
    extra = now["out_pad_h"], now["out_pad_w"]
    output_padding = None if extra == ("unset", "unset") else tuple(0 if o == "unset" else int(o) for o in extra)
    mode = now["layer"]
    layer = Layer(
        kind=TRANSPOSED if mode == TRANSPOSED else CONV,
        filters=now["filters"],
        kernel=(now["kernel_h"], now["kernel_w"]),
        strides=(now["stride_h"], now["stride_w"]),
        padding=now["padding"],
        dilation=(now["dilation"],) * 2,
        output_padding=output_padding if mode == TRANSPOSED else None,
        activation=now["activation"] if mode != BOTH else "linear",
        l2=float(now["l2"]),
    )
    experiment = Experiment(layer, (now["height"], now["width"], now["channels"]), now["seed"])
    channel, filter_ = min(now["shown_channel"], now["channels"] - 1), min(now["shown_filter"], now["filters"] - 1)
    return Chosen(mode, experiment, output_padding, channel, filter_)


def selected(now: Chosen) -> tuple[str, tuple[int, int]]:
    """The selected cell: "input" or "output", and (row, column) there."""
    by_input = now.mode == TRANSPOSED and st.session_state.get("view") != ZEROS
    side = st.session_state.get("side", "output") if by_input else "output"
    rows, columns, _ = now.experiment.shape if side == "input" else now.experiment.output_shape
    return side, divmod(min(st.session_state.get("cell", 1), rows * columns) - 1, columns)


def _apply_example() -> None:
    wanted = EXAMPLES.get(st.session_state.example)
    if wanted is not None:
        st.session_state.update({key: setting.start for key, setting in SETTINGS.items()} | wanted)


def choose_layer() -> None:
    """Which layer, and the worked examples beside it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        choice("layer")
        st.menu_button("Worked examples", EXAMPLES, key="example", on_click=_apply_example, icon=":material/school:")


def controls() -> None:
    """All other controls, one under another."""
    left, right = st.columns(2, wrap=False)
    with left:
        whole("height", field=True)
        whole("kernel_h")
        whole("stride_h")
    with right:
        whole("width", field=True)
        whole("kernel_w")
        whole("stride_w")
    choice("padding", width="stretch")
    whole("dilation")
    with st.popover("Channels, activation, penalty", icon=":material/tune:", width="stretch"):
        left, right = st.columns(2, wrap=False)
        with left:
            whole("channels")
            whole("shown_channel")
            choice("activation", listed=True)
            choice("out_pad_h", listed=True)
        with right:
            whole("filters")
            whole("shown_filter")
            choice("l2", listed=True)
            choice("out_pad_w", listed=True)
        whole("seed")
        st.caption("Output padding belongs to the transposed layer: which of several sizes it leads back to.")
