"""What is drawn."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx


def framed() -> None:
    """Send a visitor whose page was started without the frame of streamlit_app.py through it; a page's first call.

    Until `st.navigation` has run once in a server, Streamlit takes a folder named `pages` for its older kind of app,
    and the first visitors who come by a link to a page, however many at once, get that page without its frame. Such a
    run is known by the frame's being listed as one more page.
    """
    PagesManager.uses_pages_directory = False
    manager = get_script_run_ctx().pages_manager
    scripts = [Path(page["script_path"]).name for page in manager.get_pages().values()]
    if len(scripts) > 1 and Path(manager.main_script_path).name in scripts:
        st.rerun()
