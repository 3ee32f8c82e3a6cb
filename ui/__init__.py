"""What is drawn."""

import gc
from datetime import timedelta
from itertools import count
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

RUNS = 100
"""Of pages in this process, for one full round of the garbage collector."""
_run = count()


def framed() -> None:
    """A page's first call: it has the frame of streamlit_app.py around it, and comes back when the server does.

    Until `st.navigation` has run once in a server, Streamlit takes a folder named `pages` for its older kind of app,
    and the first visitors who come by a link to a page, however many at once, get that page without its frame. Such a
    run, known by the frame's being listed as one more page, starts again.
    """
    PagesManager.uses_pages_directory = False
    manager = get_script_run_ctx().pages_manager
    scripts = [Path(page["script_path"]).name for page in manager.get_pages().values()]
    if len(scripts) > 1 and Path(manager.main_script_path).name in scripts:
        st.rerun()
    _spare()
    _returning()


def _spare() -> None:
    """Let the garbage collector look at what is new alone, and at everything once in `RUNS`.

    Streamlit collects all garbage after every run, and again through Keras' `clear_session`: over all that the modules
    and the visitors of a crowd hold, that is most of a server's time.
    """
    if next(_run) % RUNS == 0:
        gc.unfreeze()
        gc.collect()
    gc.freeze()


@st.fragment(run_every=timedelta(days=1))
def _returning() -> None:
    """Nothing, once a day.

    When it is connected again, a browser runs a page anew that has something to run from time to time. It would show
    any other page as it was, and a server that was started again knows none of the fragments that are used there.
    """
