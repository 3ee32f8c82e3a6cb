"""How every page begins, and how it answers before it has drawn all of itself."""

import time
from datetime import timedelta
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.common import upkeep

FRAMES = 0.05
"""Seconds, about three frames of a screen."""


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
    upkeep.spare()
    _returning()


@st.fragment(run_every=timedelta(days=1))
def _returning() -> None:
    """Nothing, once a day.

    When it is connected again, a browser runs a page anew that has something to run from time to time. It would show
    any other page as it was, and a server that was started again knows none of the fragments that are used there.
    """


def breath() -> None:
    """Let the browser show what was drawn so far before it is busy with the rest of the page.

    What a script draws is sent at once, but a browser that gets all of a page together shows none of it before it
    has worked through all of it.
    """
    time.sleep(FRAMES)
