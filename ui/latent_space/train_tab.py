"""Train an autoencoder of one's own, watch it learn, take it away and bring it back."""

import plotly.graph_objects as go
import streamlit as st

from core.autoencoder import model_file
from core.autoencoder.digits import Digits
from core.autoencoder.training_job import Settings, TrainingJob
from ui.common.running import running, switched_off
from ui.latent_space import plane, state
from ui.latent_space.digit_source import available_digits
from ui.latent_space.lesson_tab import loss_curve


def train() -> None:
    """Settings, then a running training or the last one's result, then download and upload."""
    if switched_off():
        with st.columns(2)[0]:
            _take_away_and_bring_back()
        return
    source = available_digits()
    if source is None:
        return
    settings, watch = st.columns([2, 3], gap="large")
    job = st.session_state.get("training_job")
    busy = job is not None and job.running
    with settings:
        chosen = _settings(busy)
        if busy:
            st.button("Stop", icon=":material/stop:", on_click=job.stop, width="stretch")
        else:
            st.button(
                "Train",
                icon=":material/play_arrow:",
                type="primary",
                width="stretch",
                disabled=not chosen.classes,
                on_click=_start,
                args=(source, chosen),
            )
        if not chosen.classes:
            st.caption("Choose at least one digit.")
        _take_away_and_bring_back()
    with watch:
        if busy:
            running(job, _drawn)
        elif job is not None and job.progress is not None:
            _ended(job)
        else:
            st.info(
                "Choose digits and press Train: the loss and the plane are drawn here while it learns. Your model then "
                "takes the shipped one's place on this page, for you alone.",
                icon=":material/model_training:",
            )


def _start(source: Digits, settings: Settings) -> None:
    st.session_state.training_job = TrainingJob(source, settings)


def _settings(busy: bool) -> Settings:
    classes = st.pills(
        "Digits",
        list(range(10)),
        selection_mode="multi",
        default=[0, 1, 7],
        key="train_classes",
        wrap=True,
        disabled=busy,
        persist_state="session",
    )
    left, right = st.columns(2)
    epochs = left.number_input("Epochs", 1, 60, 5, key="train_epochs", disabled=busy, persist_state="session")
    batch = right.selectbox(
        "Batch", [32, 64, 128, 256], index=2, key="train_batch", disabled=busy, persist_state="session"
    )
    rate = left.selectbox(
        "Learning rate", [0.0003, 0.001, 0.003, 0.01], index=2, key="train_rate", disabled=busy, persist_state="session"
    )
    seed = right.number_input("Seed", 0, 9999, 0, key="train_seed", disabled=busy, persist_state="session")
    return Settings(tuple(sorted(classes or ())), epochs, batch, rate, seed)


def _ended(job: TrainingJob) -> None:
    if job.problem:
        st.warning(job.problem, icon=":material/warning:")
    elif job.progress.fraction < 1:
        st.success(
            f"Stopped in epoch {job.progress.epoch} of {job.progress.epochs}: what it had learned is your model.",
            icon=":material/check:",
        )
    else:
        epochs = "1 epoch" if job.progress.epochs == 1 else f"{job.progress.epochs} epochs"
        st.success(f"Trained for {epochs}: this is your model now.", icon=":material/check:")
    _drawn(job)


def _drawn(job: TrainingJob) -> None:
    history = job.progress.history if job.progress else ()
    st.plotly_chart(
        loss_curve(
            [epoch["loss"] for epoch in history], [epoch["test_loss"] for epoch in history], job.settings.epochs
        ),
        key="own_loss",
        alt="Mean squared error by epoch of your training",
    )
    figure = plane.scatter(job.moving[1], job.moving[0]) if job.moving else go.Figure()
    st.plotly_chart(
        figure.update_layout(height=320, uirevision=None, dragmode=False),
        key="own_plane",
        config={"displayModeBar": False},
        alt="Where the test digits lie in the plane after the latest epoch",
    )


def _take_away_and_bring_back() -> None:
    own = state.session().own
    st.download_button(
        "Download your model",
        lambda: model_file.to_bytes(own.autoencoder, own.shown, own.known, own.source),
        "autoencoder.npz",
        icon=":material/download:",
        disabled=own is None,
        on_click="ignore",
        width="stretch",
    )
    file = st.file_uploader("Load a model from here", ["npz"], key="own_file")
    if file is None or st.session_state.get("own_file_id") == file.file_id:
        return
    try:
        model, shown, known, source = model_file.from_bytes(file.getvalue())
    except model_file.OwnModelError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    st.session_state.own_file_id = file.file_id
    state.adopt_model(source, model, shown, known)
    st.rerun()
