"""The controls of the convolution page, and the layer that they describe."""

from dataclasses import dataclass

import streamlit as st

from core.convolution.example import ConvThenTranspose, LayerExample
from core.convolution.layer import Layer
from ui.common.page_state import notify
from ui.convolution.state import BOTH, CONV, LAYER_SETTINGS, MATRIX, STATE, TRANSPOSED, ZEROS

# The lesson's worked examples: the settings that differ from the defaults.
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

SPEEDS = {"1 per second": 1000, "2 per second": 500, "4 per second": 250, "8 per second": 125}


@dataclass(frozen=True)
class Selection:
    """The layer and the cell that the controls describe; `channel` and `filter` count from 0."""

    mode: str
    example: LayerExample
    output_padding: tuple[int, int] | None
    channel: int
    filter: int

    @property
    def pair(self) -> ConvThenTranspose:
        """The example and the transposed layer after it."""
        return ConvThenTranspose(self.example, self.output_padding)

    @property
    def transposed_layer(self) -> Layer | None:
        """The transposed layer after the example's layer, if the mode has one."""
        return self.pair.transposed_layer if self.mode == BOTH else None

    @property
    def error(self) -> str:
        """A sentence with the numbers if Keras refuses the layer, else ""."""
        try:
            shape = self.example.output_shape
            if self.transposed_layer:
                self.transposed_layer.output_shape(shape)
        except ValueError as error:
            return str(error)
        return ""

    @property
    def side(self) -> str:
        """The grid whose cells are stepped through, "output" or "input"."""
        return STATE["side"] if self.mode == TRANSPOSED and STATE["view"] != ZEROS else "output"

    @property
    def cells(self) -> int:
        """The number of cells to step through; 0 if nothing is drawn."""
        rows, columns, _ = self._stepped_shape if self.example.drawable and not self.error else (0, 0, 0)
        return rows * columns

    @property
    def cell(self) -> tuple[int, int]:
        """The selected cell, (row, column) on `side`."""
        return divmod(min(STATE["cell"], self.cells) - 1, self._stepped_shape[1])

    @property
    def _stepped_shape(self) -> tuple[int, int, int]:
        return self.example.shape if self.side == "input" else self.example.output_shape


def selection() -> Selection:
    """The selection from the page's current settings."""
    now = {key: STATE[key] for key in LAYER_SETTINGS}
    paddings = now["out_pad_h"], now["out_pad_w"]
    output_padding = None if paddings == ("unset", "unset") else tuple(0 if o == "unset" else int(o) for o in paddings)
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
    example = LayerExample(layer, (now["height"], now["width"], now["channels"]), now["seed"])
    channel, filter_ = min(now["shown_channel"], now["channels"] - 1), min(now["shown_filter"], now["filters"] - 1)
    return Selection(mode, example, output_padding, channel, filter_)


def read_url() -> None:
    """Take the settings from the URL, and correct those that must fit other settings."""
    if not STATE.read_url():
        return
    if STATE["numbers"] and len(STATE["numbers"]) != (count := int(STATE["kernel_size"]) ** 2):
        notify(f"numbers in the URL must be the {count} values of the kernel; using the named kernel instead.")
        STATE.update(numbers=None)
    if 0 < (count := selection().cells) < STATE["cell"]:
        notify(f"cell in the URL must be a whole number from 1 to {count:,}; using 1 instead.")
        STATE.update(cell=1)


def write_url() -> None:
    """Write the URL, except while the animation plays: each of its steps would be an entry of the browser's history."""
    if not (st.session_state.get("play") and selection().cells > 1):
        STATE.write_url()


def rerun_matrix() -> None:
    """In callbacks that select another cell: rerun the details too if they show the matrix with this cell's row."""
    if STATE["tab"] == MATRIX:
        st.rerun(["picture", "details"])


def pick(side: str, cell: int) -> None:
    """Select a cell, counted from 0, of the input or the output; for boards."""
    STATE.update(side=side, cell=cell + 1)
    rerun_matrix()


def _apply_example() -> None:
    settings = EXAMPLES.get(st.session_state.example)
    if settings is not None:
        STATE.reset(*LAYER_SETTINGS, **settings)


def layer_controls() -> None:
    """The layer and the worked examples, side by side."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        STATE.choice("layer")
        st.menu_button("Worked examples", EXAMPLES, key="example", on_click=_apply_example, icon=":material/school:")


def setting_controls() -> None:
    """All other settings of the layer in one column."""
    with st.grid(2, min_column_width=100):
        STATE.number("height")
        STATE.number("width")
        for name in ("kernel_h", "kernel_w", "stride_h", "stride_w"):
            STATE.slider(name)
    STATE.choice("padding", width="stretch")
    STATE.slider("dilation")
    with st.expander("Channels, activation, L2", key="more"):
        with st.grid(2, min_column_width=100):
            for name in ("channels", "filters", "shown_channel", "shown_filter"):
                STATE.slider(name)
            for name in ("activation", "l2", "out_pad_h", "out_pad_w"):
                STATE.select(name)
        STATE.slider("seed")
        st.caption("Output padding belongs to the transposed layer: it selects one of several possible output sizes.")


def stepper(count: int, name: str) -> int:
    """Controls in a row to step through `count` cells; returns the milliseconds per cell of the animation, or 0.

    Args:
        name: the label of the slider.
    """
    STATE.update(cell=min(STATE["cell"], count))
    single = count == 1

    def step(by: int) -> None:
        STATE.update(cell=(STATE["cell"] - 1 + by) % count + 1)
        rerun_matrix()

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Back", icon=":material/skip_previous:", key="back", disabled=single, on_click=step, args=(-1,))
        STATE.slider("cell", label=name, max_value=max(count, 2), disabled=single, on_change=rerun_matrix, width=220)
        st.button("Next", icon=":material/skip_next:", key="next", disabled=single, on_click=step, args=(1,))
        playing = st.toggle("Play", key="play", disabled=single)
        speed = st.selectbox("Speed", SPEEDS, key="speed", index=1, width=150, label_visibility="collapsed")
    return SPEEDS[speed] if playing and not single else 0
