"""The tab "How sure it is": the distribution of the probabilities, and whether they are right."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core import fcn, weights
from ui.common import theme
from ui.common.page import weights_error_shown

FIGURES = {"held_out": {"expected_calibration_error": float, "reliability": [[float]]}, "photos": {"held_out": float}}
HEIGHT = 280
DOTTED = {"width": 2, "dash": "dot", "color": theme.PADDING}
PROBABILITY_AXIS = {"title": "Probability of object", "range": [0, 1], "fixedrange": True}


def certainty_tab(coarse: np.ndarray, threshold: float, covered: str) -> None:
    """The tab.

    Args:
        coarse: the network's probabilities, (h, w).
        covered: the share of the photo that the mask covers, as text.
    """
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("## This photo")
        st.plotly_chart(
            histogram(coarse, threshold),
            config={"displayModeBar": False},
            key="certainty",
            alt=f"Histogram of the probabilities; {covered} of the pixels are above the threshold {threshold:.2f}.",
        )
        st.markdown(
            "Most pixels are near 0 or 1: there the network is sure, and the threshold changes little. The pixels in "
            "between are edges and doubtful regions."
        )
    with right, weights_error_shown():
        facts, inference = weights.facts(weights.FCN, FIGURES), fcn.shipped_inference()
        error, photos = facts["held_out"]["expected_calibration_error"], facts["photos"]["held_out"]
        st.markdown(f"## {photos} photos that training never used")
        st.plotly_chart(
            reliability_diagram(facts["held_out"]["reliability"]),
            config={"displayModeBar": False},
            key="reliability",
            alt=f"Reliability diagram of {photos} held-out photos; expected calibration error {error:.3f}.",
        )
        shift, temperature = theme.number(inference.shift), theme.number(inference.temperature)
        st.markdown(
            f"For a score z of the network, the page shows the probability sigmoid((z − {shift}) / {temperature}). The "
            f"shift {shift} and the temperature {temperature} were fitted on validation photos, so that of all pixels "
            "with probability p, a share p belongs to the object: the dotted line. The expected calibration error, the "
            f"mean distance from it, is {error:.3f}."
        )


def histogram(coarse: np.ndarray, threshold: float) -> go.Figure:
    """The distribution of the probabilities, with the threshold that divides them."""
    share, edges = np.histogram(coarse, bins=50, range=(0, 1))
    middle = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(
        go.Bar(
            x=middle,
            y=100 * share / share.sum(),
            width=0.02,
            marker={"color": np.where(middle > threshold, theme.OUTPUT, theme.PADDING), "line": {"width": 0}},
            hovertemplate="probability %{x:.2f}<br>%{y:.2f} % of the pixels<extra></extra>",
        )
    )
    figure.add_vline(threshold, line=DOTTED)
    return _laid_out(figure, {"title": "Pixels, % (log)", "type": "log"})


def reliability_diagram(steps: list[list[float]]) -> go.Figure:
    """For each step of probability, the share of its pixels that is object, over their mean probability.

    Args:
        steps: [share of all pixels, mean probability, share that is object] each, as `core.fcn.evaluation` lists them;
            the area of a point grows with its share of the pixels.
    """
    filled = [step for step in steps if len(step) == 3 and step[0] > 0]
    pixels, predicted, observed = zip(*filled, strict=True) if filled else ((), (), ())
    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": theme.PADDING}, hoverinfo="skip"
            ),
            go.Scatter(
                x=predicted,
                y=observed,
                customdata=[100 * share for share in pixels],
                mode="lines+markers",
                line={"color": theme.OUTPUT},
                marker={"size": [6 + 24 * share**0.5 for share in pixels]},
                hovertemplate="probability %{x:.2f}<br>share of object %{y:.2f}<br>%{customdata:.2f} % of the pixels"
                "<extra></extra>",
            ),
        ]
    )
    return _laid_out(figure, {"title": "Share that is object", "range": [0, 1]})


def _laid_out(figure: go.Figure, y_axis: dict) -> go.Figure:
    margin = {"l": 60, "r": 8, "t": 8, "b": 44}
    return figure.update_layout(
        **theme.layout(height=HEIGHT, margin=margin, xaxis=PROBABILITY_AXIS, yaxis=y_axis | {"fixedrange": True})
    )
