"""A visitor's own training while it runs: how far it is, how long it takes, what it has learned so far."""

from collections.abc import Callable

import streamlit as st

EVERY = 2.0  # seconds between two looks at a running training: each draws two charts, which the training waits for


@st.fragment(run_every=EVERY)
def running(job, draw: Callable) -> None:
    """A bar with the time left and what `draw` makes of a `core.job.Job`; at its end the page runs again."""
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
