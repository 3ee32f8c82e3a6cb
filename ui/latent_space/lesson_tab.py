"""The tab Lesson: the last step of the lesson, and the pre-trained model's loss beside the lesson's."""

import plotly.graph_objects as go
import streamlit as st

from core import weights
from core.autoencoder import network
from ui.common import theme
from ui.common.page import weights_error_shown
from ui.common.training_curves import curves
from ui.latent_space import state

LESSON_LOSS = 0.0283  # the final training loss of the lesson's published run
FIGURES = {"epochs": float, "test_loss": float, "loss_per_epoch": [float], "test_loss_per_epoch": [float]}


def loss_curve(train: list[float], test: list[float], epochs: int) -> go.Figure:
    """Mean squared error on training and test digits after each epoch so far; the axis is `epochs` long."""
    figure = curves({"Training digits": train, "Test digits": test}, epochs)
    return figure.update_yaxes(title="Mean squared error")


@weights_error_shown()
def lesson_tab() -> None:
    """Draw a button that marks the lesson's point, and the training curve of the pre-trained model."""
    facts = weights.facts(network.WEIGHTS, FIGURES)
    text, chart = st.columns([2, 3], gap="medium")
    with text:
        st.markdown(
            "The lesson ends with 500 random test digits in the plane. It then decodes the point **(2, −4)**, which "
            "is the code of none of them."
        )
        st.button(
            "Decode (2, −4)",
            key="decode_lesson_point",
            icon=":material/my_location:",
            on_click=state.mark,
            args=(state.LESSON_POINT,),
        )
        st.markdown(
            f"The lesson's published run ends at a mean squared error of {LESSON_LOSS}. The pre-trained model has the "
            f"same layers. Trained for {facts['epochs']} epochs, with a decreasing learning rate and slightly "
            f"distorted digits, it reaches **{facts['test_loss']:.4f}** on the test digits."
        )
    figure = loss_curve(facts["loss_per_epoch"], facts["test_loss_per_epoch"], facts["epochs"])
    figure.add_hline(LESSON_LOSS, line={"color": theme.PADDING, "width": 1, "dash": "dash"})
    figure.add_annotation(
        x=1, xref="paper", y=LESSON_LOSS, yshift=10, xanchor="right", text="the lesson's run", showarrow=False
    )
    chart.plotly_chart(
        figure.update_layout(height=300),
        key="lesson_loss",
        alt=f"Mean squared error by epoch: it falls to {facts['loss_per_epoch'][-1]:.4f} on the training digits and "
        f"{facts['test_loss']:.4f} on the test digits",
    )
