"""The chart of the latent plane: a Plotly scatter of codes, and a layer over it for clicks anywhere and for marks."""

import base64
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from core.autoencoder.interpolation import View
from core.photos import to_uint8
from ui.common import pictures, theme
from ui.common.components import component, numbers, reported_value

KEY = "plane"  # of the container that holds the chart
HEIGHT = 560
HERE = Path(__file__).parent
LAYER = "plane_layer"  # key of the layer over the chart
FARTHEST = 1e6  # no coordinate that the browser reports may be larger

_layer = component(
    "latent_plane_layer",
    html="<div><svg aria-hidden='true'></svg>\n</div>",
    css="""
    div { position: relative; height: 0; }
    svg { position: absolute; overflow: hidden; pointer-events: none; z-index: 1; }
    circle, polyline { fill: none; stroke: var(--st-text-color); stroke-width: 1.5; }
    circle.marked { stroke-width: 3; }
    circle.saved { fill: var(--st-background-color); fill-opacity: 0.6; }
    circle.example { stroke-dasharray: 3 2; stroke-width: 2.5; }
    polyline.path { stroke-dasharray: 6 4; }
    text { fill: var(--st-text-color); font: 600 13px var(--st-font);
           paint-order: stroke; stroke: var(--st-background-color); stroke-width: 4px; }
    """,
    js=(HERE.parent / "common" / "pointer.js").read_text() + (HERE / "plane.js").read_text(),
)


def _view(report) -> View:
    """The parser of a visible part: four numbers, min < max on both axes."""
    left, right, bottom, top = numbers(4, FARTHEST)(report)
    if not (left < right and bottom < top):
        raise ValueError("A view needs min < max on both axes.")
    return left, right, bottom, top


def visible_part() -> View | None:
    """The part of the plane that the browser has reported as visible, if any."""
    return reported_value(LAYER, "view", _view)


def layer(marks: list[dict], *, follow: bool, on_click, on_view, key: str = LAYER) -> None:
    """Draw marks over the chart in the container KEY; report clicks and, with `follow`, the visible part.

    Args:
        marks: dicts of `at`, `kind` ("marked", "saved", "example" or "path") and, if there is one, `label`. `at` is a
            point (z1, z2), or (n, 2) points of a path.
        follow: report the visible part after each change.
        on_click: callback, gets the point (z1, z2).
        on_view: callback, gets what `visible_part` returns from now on.
    """
    _layer(
        key,
        {
            "chart": KEY,
            "marks": [{**mark, "at": np.asarray(mark["at"], float).tolist()} for mark in marks],
            "follow": follow,
        },
        click=(numbers(2, FARTHEST), on_click),
        view=(_view, on_view),
    )


def extent(points: np.ndarray, marked: tuple[float, float] | None = None, margin: float = 0.08) -> View:
    """(z1 min, z1 max, z2 min, z2 max) around codes (n, 2) with a margin of each side's length.

    It is extended to a marked point that would lie outside.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    room = margin * np.maximum(high - low, 1e-3)
    left, bottom, right, top = map(float, (*(low - room), *(high + room)))
    if marked is None or (left <= marked[0] <= right and bottom <= marked[1] <= top):
        return left, right, bottom, top
    return extent(np.vstack([points, marked]))


def scatter(points: np.ndarray, labels: np.ndarray, axes: View | None = None, revision: str = "") -> go.Figure:
    """Draw codes (n, 2), coloured and shaped by class (n,), on axes of equal scale and the given range.

    The user's zoom is kept until `revision` changes.
    """
    view = axes or extent(points)
    figure = go.Figure(
        [
            go.Scatter(
                x=points[labels == digit, 0],
                y=points[labels == digit, 1],
                mode="markers",
                name=str(digit),
                marker={"color": theme.DIGITS[digit], "symbol": theme.DIGIT_SYMBOLS[digit], "size": 7, "opacity": 0.85},
                hoverinfo="skip",
            )
            for digit in np.unique(labels).tolist()
        ]
    )
    axis = {"zeroline": False, "ticks": "outside", "showgrid": True}
    return figure.update_layout(
        theme.layout(
            height=HEIGHT,
            dragmode="pan",
            showlegend=True,
            legend_title={"text": "Digit", "side": "left"},
            modebar={"bgcolor": "rgba(0,0,0,0)"},
            margin={"l": 8, "r": 8, "t": 64, "b": 8},
            xaxis=axis | {"title": "z1", "range": view[:2]},
            yaxis=axis | {"title": "z2", "range": view[2:], "scaleanchor": "x", "scaleratio": 1},
            uirevision=revision,
        )
    )


def add_density(figure: go.Figure, density, view: View, cells: int = 120) -> go.Figure:
    """Draw the density (core.autoencoder.density.Density) under the codes of a figure; higher density is darker."""
    z1, z2 = np.linspace(*view[:2], cells), np.linspace(*view[2:], cells)
    grid = density.at(np.stack(np.meshgrid(z1, z2), axis=-1).reshape(-1, 2)).reshape(cells, cells)
    # The fourth root keeps low densities visible: a tenth of the digits is spread over most of the plane.
    clear, full = (f"rgba({','.join(map(str, theme.rgb(theme.PADDING)))},{alpha})" for alpha in (0, 0.75))
    heat = go.Heatmap(
        x=z1, y=z2, z=grid**0.25, colorscale=[[0, clear], [1, full]], zmin=0, showscale=False, zsmooth="best"
    )
    figure.add_trace(heat.update(hoverinfo="skip"))
    figure.data = (figure.data[-1], *figure.data[:-1])
    return figure


def add_atlas(figure: go.Figure, mosaic: np.ndarray, view: View) -> go.Figure:
    """Draw a mosaic of digits and its view, as core.autoencoder.interpolation.atlas returns them, under the codes.

    The ink is grey on a transparent ground, visible on a light and on a dark page.
    """
    left, right, bottom, top = view
    ink = to_uint8(mosaic)
    picture = np.empty((*ink.shape, 2), np.uint8)  # grey and alpha
    picture[..., 0], picture[..., 1] = sum(theme.rgb(theme.PADDING)) // 3, ink
    source = "data:image/png;base64," + base64.b64encode(pictures.png(picture)).decode()
    place = {"x": left, "y": top, "sizex": right - left, "sizey": top - bottom, "xref": "x", "yref": "y"}
    return figure.add_layout_image(place | {"source": source, "sizing": "stretch", "layer": "below"})


CONFIG = {
    "displaylogo": False,
    "displayModeBar": True,
    "doubleClick": False,  # two clicks are two points
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "toImage"],
}
