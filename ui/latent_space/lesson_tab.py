"""The lesson's own last step: 500 random test digits, the point (2, -4), the loss of each epoch."""

import plotly.graph_objects as go
import streamlit as st

from core import weights
from core.autoencoder import network
from ui.common import theme
from ui.common.training_curves import curves
from ui.latent_space import state

LESSON_LOSS = 0.0283  # the lesson's published run ends here
FIGURES = {"epochs": float, "test_loss": float, "loss_per_epoch": [float], "test_loss_per_epoch": [float]}


def loss_curve(train: list[float], test: list[float], epochs: int) -> go.Figure:
    """Mean squared error on training and test digits after each of `epochs` epochs, or after those that are over."""
    figure = curves({"Training digits": train, "Test digits": test}, epochs)
    return figure.update_yaxes(title="Mean squared error")


def _beside_the_lessons(facts: dict) -> go.Figure:
    figure = loss_curve(facts["loss_per_epoch"], facts["test_loss_per_epoch"], facts["epochs"])
    figure.add_hline(LESSON_LOSS, line={"color": theme.PADDING, "width": 1, "dash": "dash"})
    figure.add_annotation(
        x=1, xref="paper", y=LESSON_LOSS, yshift=10, xanchor="right", text="the lesson's run", showarrow=False
    )
    return figure.update_layout(height=300)


def lesson() -> None:
    """One button for the lesson's point, and how the shipped autoencoder was trained."""
    try:
        facts = weights.facts(network.WEIGHTS, FIGURES)
    except weights.WeightsError as error:
        st.error(str(error), icon=":material/error:")
        return
    text, chart = st.columns([2, 3], gap="medium")
    with text:
        st.markdown(
            "The lesson ends with 500 random test digits in the plane and one point that none of them has: the decoder "
            "is asked for **(2, −4)**."
        )
        st.button(
            "Decode (2, −4)",
            icon=":material/my_location:",
            on_click=state.mark,
            args=(state.LESSON_POINT,),
        )
        st.markdown(
            f"Its published run ends at a mean squared error of {LESSON_LOSS}. The same layers, trained for "
            f"{facts['epochs']} epochs with a falling rate and slightly moved digits, reach "
            f"**{facts['test_loss']:.4f}** on the test digits."
        )
    chart.plotly_chart(
        _beside_the_lessons(facts),
        key="lesson_loss",
        alt=f"Mean squared error by epoch: it falls to {facts['loss_per_epoch'][-1]:.4f} on the training digits and "
        f"{facts['test_loss']:.4f} on the test digits",
    )
