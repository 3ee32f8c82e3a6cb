"""The convolution page's tab "A stack": an editable table of layers, what each makes of the shape, Keras code."""

import streamlit as st

from core.convolution import PADDINGS, stack
from core.convolution.layer import ACTIVATIONS, KINDS, Layer
from core.convolution.stack import Stage, keras_code, trace
from ui.common import theme
from ui.common.settings import Choice, Whole, choice_widget, whole_widget

SETTINGS = {
    "stack_preset": Choice("Preset", tuple(stack.PRESETS), next(iter(stack.PRESETS))),
    "stack_h": Whole("Input height", 1, 4096, 28),
    "stack_w": Whole("Input width", 1, 4096, 28),
    "stack_c": Whole("Channels", 1, 4096, 1),
}
ROW = 35  # pixels of a row, so that both tables run side by side


def _take_preset() -> None:
    """Bring the preset's own input size and forget the edits; a callback."""
    _, (height, width, channels) = stack.PRESETS[st.session_state.stack_preset]
    st.session_state.update(stack_h=height, stack_w=width, stack_c=channels)
    st.session_state.stack_edition = st.session_state.get("stack_edition", 0) + 1
    st.session_state.pop("stack_start", None)
    st.query_params.pop("stack", None)


def _start() -> list[Layer]:
    """The layers that the editor starts from: those of the address, once, or the preset's."""
    if "stack_start" not in st.session_state:
        st.session_state.stack_start = stack.PRESETS[st.session_state.stack_preset][0]
        try:
            st.session_state.stack_start = (
                stack.from_text(st.query_params.get("stack", "")) or st.session_state.stack_start
            )
        except ValueError as error:
            st.toast(f"{error} The preset stands in for it.", icon=":material/link_off:", duration="infinite")
    return st.session_state.stack_start


def _editor(layers: list[Layer]) -> list[dict]:
    column = st.column_config
    return st.data_editor(
        stack.to_rows(layers),
        key=f"stack_table_{st.session_state.get('stack_edition', 0)}",
        num_rows="dynamic",
        row_height=ROW,
        hide_index=True,
        column_config={
            "layer": column.SelectboxColumn("Layer", options=KINDS, default="Conv2D", width=135),
            "filters": column.NumberColumn("Filters", min_value=1, step=1, default=8, width=65),
            "kernel": column.NumberColumn("Kernel", min_value=1, step=1, default=3, width=65),
            "stride": column.NumberColumn("Stride", min_value=1, step=1, default=1, width=60),
            "padding": column.SelectboxColumn("Padding", options=PADDINGS, default="SAME", width=75),
            "dilation": column.NumberColumn("Dilation", min_value=1, step=1, default=1, width=70),
            "output_padding": column.NumberColumn("Out. pad", help="Output padding", min_value=0, step=1, width=70),
            "activation": column.SelectboxColumn("Activation", options=ACTIVATIONS, default="relu", width=85),
        },
        alt="The layers of the stack, to edit: one row a layer",
    )


def results(stages: list[Stage]) -> list[dict]:
    """One dictionary a layer for the table of results; the impossible one says so."""
    return [
        {
            "Output": "impossible" if stage.error else " × ".join(map(str, stage.shape)),
            "Receptive field": "" if stage.error else _pair(stage.field),
            "Jump": "" if stage.error else _pair(stage.jump),
            "Parameters": None if stage.error else stage.parameters,
            "Multiply-adds": None if stage.error else stage.multiply_adds,
        }
        for stage in stages
    ]


def field_chart(stages: list[Stage], height: int):
    """Receptive field after each layer as a Plotly figure; a dashed line where it covers the input's `height`."""
    import plotly.graph_objects as go

    good = [stage for stage in stages if not stage.error]
    names = [f"{i}. {stage.layer.kind}" for i, stage in enumerate(good, start=1)]
    figure = go.Figure(
        go.Scatter(
            x=names,
            y=[stage.field[0] for stage in good],
            mode="lines+markers",
            line={"color": theme.INPUT},
            marker={"size": 8},
            hovertemplate="%{x}: %{y} cells<extra></extra>",
        )
    )
    figure.add_hline(
        y=height,
        line={"color": theme.PADDING, "dash": "dash"},
        annotation_text=f"input height {height}",
        annotation_position="top left",
    )
    figure.update_layout(theme.layout(height=280, margin={"l": 60, "r": 16, "t": 16, "b": 70}))
    figure.update_yaxes(title="receptive field, cells", rangemode="tozero")
    return figure


def stack_tab() -> None:
    """Presets, the two tables, the totals, the chart and the code."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice_widget("stack_preset", SETTINGS["stack_preset"], listed=True, on_change=_take_preset, width=240)
        shape = tuple(
            whole_widget(key, SETTINGS[key], field=True, width=140) for key in ("stack_h", "stack_w", "stack_c")
        )
    editor, computed = st.columns([3, 2])
    with editor:
        rows = _editor(_start())
    try:
        layers = stack.from_rows(rows)
    except ValueError as error:
        computed.warning(str(error), icon=":material/block:")
        return
    if (
        st.query_params.get("stack") != (text := stack.to_text(layers))
        and layers != stack.PRESETS[st.session_state.stack_preset][0]
    ):
        st.query_params["stack"] = text
    stages = trace(layers, shape)
    with computed:
        st.dataframe(
            results(stages),
            row_height=ROW,
            hide_index=True,
            column_config={
                "Output": st.column_config.TextColumn(width=115),
                "Receptive field": st.column_config.TextColumn("Field", help="Receptive field, cells", width=60),
                "Jump": st.column_config.TextColumn(help="Distance of neighbours, cells of the input", width=55),
                "Parameters": st.column_config.NumberColumn(format="localized", width=95),
                "Multiply-adds": st.column_config.NumberColumn(format="localized", width=115),
            },
            alt="Output shape, receptive field, jump, parameters and multiply-adds after each layer",
        )
        if stages and stages[-1].error:
            st.warning(f"Layer {len(stages)}: {stages[-1].error}", icon=":material/block:")
        parameters, products = (sum(getattr(s, name) for s in stages) for name in ("parameters", "multiply_adds"))
        st.markdown(f"Together **{theme.number(parameters)}** parameters, **{theme.number(products)}** multiply-adds.")
    chart, code = st.columns([3, 2])
    with chart:
        st.plotly_chart(
            field_chart(stages, shape[0]),
            config={"displayModeBar": False},
            alt="Receptive field growing from layer to layer, with the input's height as a line",
        )
    with code:
        st.code(keras_code(layers, shape), height=280)


def _pair(pair) -> str:
    return f"{pair[0]}" if pair[0] == pair[1] else f"{pair[0]} × {pair[1]}"
