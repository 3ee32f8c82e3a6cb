"""The convolution page's tab "A stack": an editable table of layers, their output shapes and costs, Keras code."""

import streamlit as st

from core.convolution import stack
from core.convolution.layer import ACTIVATIONS, KINDS, Layer
from core.convolution.sizes import PADDINGS
from core.convolution.stack import Stage, keras_code, trace
from ui.common import theme
from ui.common.page_state import escaped
from ui.convolution.state import STATE, table


def _take_preset() -> None:
    """Take the preset's layers and its input size; a callback."""
    _, (height, width, channels) = stack.PRESETS[STATE["stack_preset"]]
    STATE.update(stack_h=height, stack_w=width, stack_c=channels, stack=None)


def _editor(layers: tuple[Layer, ...], key: str) -> list[dict]:
    column = st.column_config
    return st.data_editor(
        stack.to_rows(layers),
        key=key,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "layer": column.SelectboxColumn("Layer", options=KINDS, default="Conv2D", width=150),
            "filters": column.NumberColumn("Filters", min_value=1, step=1, default=8, width=105),
            "kernel": column.NumberColumn("Kernel", min_value=1, step=1, default=3, width=105),
            "stride": column.NumberColumn("Stride", min_value=1, step=1, default=1, width=105),
            "padding": column.SelectboxColumn("Padding", options=PADDINGS, default="SAME", width=115),
            "dilation": column.NumberColumn("Dilation", min_value=1, step=1, default=1, width=115),
            "output_padding": column.NumberColumn("Output padding", min_value=0, step=1, width=160),
            "activation": column.SelectboxColumn("Activation", options=ACTIVATIONS, default="relu", width=130),
        },
        alt="The layers of the stack, editable: one row per layer",
    )


def results(stages: list[Stage]) -> list[dict]:
    """One dictionary per layer for the table of results, with "impossible" for an impossible one."""
    return [
        {
            "Layer": f"{i}. {stage.layer.kind}",
            "Output": "impossible" if stage.error else " × ".join(map(str, stage.shape)),
            "Receptive field": "" if stage.error else _pair(stage.field),
            "Total stride": "" if stage.error else _pair(stage.total_stride),
            "Parameters": None if stage.error else stage.parameters,
            "Multiply-adds": None if stage.error else stage.multiply_adds,
        }
        for i, stage in enumerate(stages, start=1)
    ]


def field_chart(stages: list[Stage], height: int):
    """The receptive field after each layer as a Plotly figure, with a dashed line at the input's `height`."""
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
    """The preset and its input size, both tables, the totals, the chart and the code."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        STATE.select("stack_preset", on_change=_take_preset, width=240)
        shape = tuple(STATE.number(key, width=140) for key in ("stack_h", "stack_w", "stack_c"))
    preset = tuple(stack.PRESETS[STATE["stack_preset"]][0])
    entry, key = table("stack", STATE["stack"] or preset)
    rows = _editor(entry.start, key)
    try:
        layers = tuple(stack.from_rows(rows))
    except ValueError as error:
        st.warning(escaped(error), icon=":material/block:")
        return
    entry.value = layers or preset
    STATE.update(stack=None if entry.value == preset else layers)
    stages = trace(layers, shape)
    left, right = st.columns([5, 4])
    with left:
        st.dataframe(
            results(stages),
            hide_index=True,
            column_config={
                "Receptive field": st.column_config.TextColumn(help="In cells of the input"),
                "Total stride": st.column_config.TextColumn(
                    help="The distance of neighbouring cells, in cells of the input"
                ),
                "Parameters": st.column_config.NumberColumn(format="localized"),
                "Multiply-adds": st.column_config.NumberColumn(format="localized"),
            },
            alt="Output shape, receptive field, total stride, parameters and multiply-adds after each layer",
        )
        if stages and stages[-1].error:
            st.warning(escaped(f"Layer {len(stages)}: {stages[-1].error}"), icon=":material/block:")
        parameters, products = (sum(getattr(s, name) for s in stages) for name in ("parameters", "multiply_adds"))
        st.markdown(f"Total **{theme.number(parameters)}** parameters, **{theme.number(products)}** multiply-adds.")
    with right:
        st.plotly_chart(
            field_chart(stages, shape[0]),
            config={"displayModeBar": False},
            alt="Receptive field after each layer, with the input's height as a line",
        )
    st.code(keras_code(layers, shape), height=280)


def _pair(pair) -> str:
    return f"{pair[0]}" if pair[0] == pair[1] else f"{pair[0]} × {pair[1]}"
