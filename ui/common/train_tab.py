"""The tab "Train": settings, the running training or its result, and your model as a file.

The pages' own modules say what differs: the settings, what is drawn of a training, and their `MyModel`.
"""

import os
from collections.abc import Callable

import streamlit as st

from core.training.background_job import Job
from ui.common.my_model import MyModel, Status
from ui.common.page_state import escaped
from ui.common.streamlit_workarounds import uploaded_files

REFRESH_SECONDS = 2.0  # each refresh draws the charts again, and the training waits for that


def train_tab(
    my: MyModel,
    settings: Callable[[bool], Callable[[Callable[[], bool]], Job] | None],
    draw: Callable[[Job], None],
    *,
    hint: str = "",
    figures: Callable[[Job], str] = lambda _job: "",
    preview: Callable[[], None] = lambda: None,
    trial: Callable[[], None] = lambda: None,
) -> None:
    """Draw the tab.

    Args:
        settings: draws the settings, disabled where its argument is True; returns what makes the job, or None where
            nothing can be trained.
        draw: draws the curves of a training.
        hint: what to do first, while there is no model.
        figures: a sentence on the result of a training.
        preview: draws the training data.
        trial: lets you try your model.
    """
    left, right = st.columns([2, 3], gap="large")
    allowed = os.environ.get("LAB_TRAINING", "").lower() != "off"
    with left:
        if allowed:
            make_job = settings(my.training)
            _start_or_stop(my, make_job)
        else:
            st.info(
                "Training is switched off on this server. You can train in a copy of this project on your own "
                "computer: `make app` starts it.",
                icon=":material/home:",
            )
        if my.FILE:
            _download_and_upload(my)
    with right:
        preview()
        if my.status is Status.NONE and hint and allowed:
            st.info(hint, icon=":material/model_training:")
        elif my.status is Status.TRAINING:
            _progress(my.job, draw)
        else:
            _result(my, draw, figures)
        if my.model is not None:
            trial()


def _start_or_stop(my: MyModel, make_job: Callable | None) -> None:
    if my.training:
        st.button("Stop", icon=":material/stop:", on_click=my.job.stop, width="stretch", key=f"{my.NAME}_stop")
    else:
        st.button(
            "Train",
            icon=":material/play_arrow:",
            type="primary",
            width="stretch",
            key=f"{my.NAME}_start",
            disabled=make_job is None,
            on_click=my.start,
            args=(make_job,),
        )


@st.fragment(run_every=REFRESH_SECONDS)
def _progress(job: Job, draw: Callable[[Job], None]) -> None:
    if not job.running:
        st.rerun()
    progress = job.progress
    place = job.place
    text = f"{_ordinal(place)} in the queue: other trainings run now" if place else job.preparing
    if progress:
        text = f"Epoch {progress.epoch} of {progress.epochs}"
        if progress.seconds_left is not None:
            text += f", about {_duration(progress.seconds_left)} left"
    st.progress(progress.fraction if progress else job.prepared, text)
    draw(job)


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 // 10 != 1 else 0, "th")
    return f"{number}{ending}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _result(my: MyModel, draw: Callable[[Job], None], figures: Callable[[Job], str]) -> None:
    progress = my.job.progress if my.job else None
    if my.status is Status.FAILED:
        st.warning(escaped(my.job.problem), icon=":material/warning:")
    elif my.status is Status.LOADED:
        st.success("Loaded from your file. This is your model now.", icon=":material/check:")
    elif my.status is Status.STOPPED and my.job.trained is None:
        st.info("Stopped before the first step: there is no new model.", icon=":material/stop:")
    elif my.status in (Status.TRAINED, Status.STOPPED):
        epochs = "1 epoch" if progress.epochs == 1 else f"{progress.epochs} epochs"
        ending = f"Trained for {epochs}"
        if my.status is Status.STOPPED:
            ending = f"Stopped in epoch {progress.epoch} of {progress.epochs}"
        st.success(f"{ending}. This is your model now. {figures(my.job)}", icon=":material/check:")
    if progress and my.status is not Status.LOADED:
        draw(my.job)


def _download_and_upload(my: MyModel) -> None:
    st.download_button(
        "Download your model",
        lambda: my.FORMAT.to_bytes(my.model),
        my.FILE,
        icon=":material/download:",
        disabled=my.model is None,
        on_click="ignore",
        width="stretch",
        key=f"{my.NAME}_download",
    )
    uploaded = st.file_uploader(
        "Load a model from a file",
        ["npz"],
        key=f"{my.NAME}_file",
        disabled=my.training,
        on_change=_load,
        args=(my,),
        max_upload_size=my.FORMAT.LARGEST >> 20,  # MB
    )
    if uploaded and my.file_problem:
        st.warning(escaped(my.file_problem), icon=":material/warning:")


def _load(my: MyModel) -> None:
    files, _ = uploaded_files(f"{my.NAME}_file")
    for file in files:
        my.load(file.getvalue())
    st.rerun()  # all of the page: the model is used outside the fragment of the tabs, too
