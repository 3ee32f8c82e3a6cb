"""The latent space page's tab "Train": an autoencoder on digits that you choose."""

from collections.abc import Callable
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from core.autoencoder.training_job import Settings, TrainingJob
from ui.common import train_tab
from ui.latent_space import plane, state
from ui.latent_space.digit_source import available_digits
from ui.latent_space.lesson_tab import loss_curve

HINT = (
    "Choose digits and press Train: the loss and the plane are drawn here while the model learns. After that this page "
    "uses your model in place of the pre-trained one, for you alone."
)


def train() -> None:
    """Draw the tab."""
    train_tab.train_tab(state.MyAutoencoder.of_session(), _settings, _draw, hint=HINT)


def _settings(busy: bool) -> Callable | None:
    data = available_digits()
    if data is None:
        return None
    classes = state.STATE.pills("train_classes", disabled=busy)
    count = sum(int((data.train_labels == digit).sum()) for digit in classes)
    st.caption(f"{count:,} training digits" if count else "Choose at least one digit.")
    with st.grid(2):
        epochs = state.STATE.number("train_epochs", disabled=busy)
        batch = int(state.STATE.select("train_batch", disabled=busy))
        rate = float(state.STATE.select("train_rate", disabled=busy))
        seed = state.STATE.number("train_seed", disabled=busy)
    settings = Settings(tuple(sorted(classes)), epochs, batch, rate, seed)
    return partial(TrainingJob, data, settings) if count else None


def _draw(job: TrainingJob) -> None:
    history = job.progress.history if job.progress else ()
    losses = ([epoch[name] for epoch in history] for name in ("loss", "test_loss"))
    st.plotly_chart(
        loss_curve(*losses, job.settings.epochs), key="own_loss", alt="Mean squared error by epoch of your training"
    )
    figure = plane.scatter(job.moving[1], job.moving[0]) if job.moving else go.Figure()
    st.plotly_chart(
        figure.update_layout(height=320, uirevision=None, dragmode=False),
        key="own_plane",
        config={"displayModeBar": False},
        alt="Latent codes of test digits after the latest epoch",
    )
