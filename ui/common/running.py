"""A visitor's own training while it runs: how far it is, how long it takes, what it has learned so far."""

import os
from collections.abc import Callable

import streamlit as st

EVERY = 2.0  # seconds between two looks at a running training: each draws two charts, which the training waits for


def switched_off() -> bool:
    """Whether LAB_TRAINING=off keeps visitors of this host from training; a sentence then says how to do it at home."""
    off = os.environ.get("LAB_TRAINING", "").lower() == "off"
    if off:
        st.info(
            "Training is switched off on this host, whose processor all visitors share: in a copy of this project on "
            "your own computer, `make app` starts the app with it.",
            icon=":material/home:",
        )
    return off


@st.fragment(run_every=EVERY)
def running(job, draw: Callable) -> None:
    """A bar with the time left and what `draw` makes of a `background_job.Job`; at its end the page runs again."""
    if not job.running:
        st.rerun()
    progress = job.progress
    text = "Getting ready"
    if progress:
        text = f"Epoch {progress.epoch} of {progress.epochs}, about {_time(progress.seconds_left)} left"
    st.progress(progress.fraction if progress else 0.0, text)
    draw(job)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
