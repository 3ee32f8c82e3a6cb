"""What a training reports, epoch by epoch."""

import plotly.graph_objects as go

from ui.common import theme


def curves(lines: dict[str, list[float]], epochs: int, *, first: int = 1, shares: bool = False) -> go.Figure:
    """Up to four lines over the epochs.

    Args:
        lines: values by the line's name, one for each epoch so far.
        epochs: how many there will be; the axis has room for all from the start.
        first: the epoch of the first value; 0 for what was measured before any.
        shares: whether the values are parts of 1, seen against all of it.
    """
    colours = (theme.OUTPUT, theme.KERNEL, theme.OKABE_ITO["purple"], theme.PADDING)
    styles = [{"color": colour, "dash": "dot" if i else "solid"} for i, colour in enumerate(colours)]
    figure = go.Figure(
        [
            go.Scatter(x=list(range(first, first + len(values))), y=values, name=name, line=style)
            for (name, values), style in zip(lines.items(), styles, strict=False)
        ]
    )
    figure.update_traces(mode="lines+markers" if epochs < 15 else "lines", hovertemplate="%{y:.3g}")
    return figure.update_layout(
        theme.layout(
            height=210,
            showlegend=True,
            hovermode="x unified",
            margin={"l": 8, "r": 8, "t": 32, "b": 8},
            xaxis={
                "title": "Epoch",
                "range": [-0.2, epochs + 0.2],
                "dtick": max(1, -(-epochs // 10)),
                "fixedrange": True,
            },
            yaxis={
                "rangemode": "tozero",
                "range": [0, 1.03] if shares or not any(lines.values()) else None,
                "fixedrange": True,
                "automargin": True,
            },
        )
    )
