"""Everything that touches Streamlit's private API or works around one of its faults; written for Streamlit 1.67.

Each function names the source line or the issue (#, at github.com/streamlit/streamlit) that it works around. A test of
the same name as this module fails when one can go.
"""

import ctypes
import gc
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

FULL_COLLECTION_EVERY = 100  # runs of pages in this process
_runs = count()


def rerun_without_frame() -> None:
    """Run a page again that was started without `streamlit_app.py` around it.

    Until `st.navigation` has run once in a server, Streamlit takes a folder named `pages` for its older kind of app
    (`PagesManager.uses_pages_directory`, #10276), and the first users who follow a link to a page get it without its
    frame. In such a run the frame itself is listed as one more page.
    """
    PagesManager.uses_pages_directory = False
    manager = get_script_run_ctx().pages_manager
    scripts = [Path(page["script_path"]).name for page in manager.get_pages().values()]
    if len(scripts) > 1 and Path(manager.main_script_path).name in scripts:
        st.rerun()


@st.fragment(run_every=timedelta(days=1))
def rerun_after_reconnect() -> None:
    """Draw nothing, once a day.

    A browser that lost its server and found it again runs a page anew only where a run was interrupted or the page has
    fragments (#9083, #11890). It would show any other page as it was, and a restarted server has none of its state.
    """


def limit_gc() -> None:
    """Let the garbage collector examine new objects only, and everything once in FULL_COLLECTION_EVERY runs.

    Streamlit collects all garbage after every run (#3099; the hidden option `runner.postScriptGC`), and again through
    Keras' `clear_session`: with many sessions and modules in memory that is most of a server's time.
    """
    if next(_runs) % FULL_COLLECTION_EVERY == 0:
        gc.unfreeze()
        gc.collect()
    gc.freeze()


def limit_memory_pools() -> None:
    """Let all threads share two pools of free memory, where glibc would make sixteen on two cores.

    Streamlit runs every page in a thread of its own (`ScriptRunner.start`); what one frees in its pool helps no other
    (#12120). With 20 users that is 200 MB.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):  # musl has none
        libc.mallopt(-8, 2)  # M_ARENA_MAX of malloc.h


def is_history_navigation() -> bool:
    """Whether the browser's Back or Forward caused this run; only Streamlit's context says so (#16998)."""
    return get_script_run_ctx().is_history_navigation


_REPLACE_QUERY = st.components.v2.component(
    "replace_query",
    js="export default ({ data }) => history.replaceState(history.state, '', location.pathname + data.query)",
)


def replace_query(parameters: dict[str, str]) -> None:
    """Change the URL's parameters in the browser's current history entry, from the next run on.

    Every write of `st.query_params` adds an entry (`history.pushState` in `App.handlePageInfoChanged`, kept by #16831).
    """
    query = f"?{urlencode(parameters)}" if parameters else ""
    _REPLACE_QUERY(key="replace_query", data={"query": query})


def connection_check() -> Callable[[], bool]:
    """A function that says, in any thread, whether this session's browser is connected.

    No public API says so (#6166). `Runtime.is_active_session` is documented as safe in any thread; a session whose
    websocket was closed is not active until its browser reconnects. Outside a server there is nothing to disconnect
    from.
    """
    session = get_script_run_ctx().session_id
    return lambda: not Runtime.exists() or Runtime.instance().is_active_session(session)


def uploaded_files(key: str) -> tuple[list[UploadedFile], bool]:
    """The files of the file uploader or camera with this key, and whether the server has lost others.

    A restarted server knows only the ids of earlier uploads. The session then has `DeletedFile`, a private class
    without size and bytes, and callbacks read it there (`FileUploaderSerde.deserialize`). The widget's own value leaves
    such files out, so that a page cannot report them (#1552).
    """
    value = st.session_state[key]
    files = value if isinstance(value, list) else [] if value is None else [value]
    present = [file for file in files if isinstance(file, UploadedFile)]
    return present, len(present) < len(files)


def link_whole_containers(prefix: str) -> None:
    """Make the page link in each container whose key begins with `prefix` cover all of the container.

    Containers cannot be links, and Streamlit's own image link opens a new session in a new tab (`st.image`, `link`).
    """
    card, link = f'[class*="st-key-{prefix}"]', '[data-testid="stPageLink-NavLink"]'
    st.html(
        f"""<style>
        {card} {{ position: relative }}
        {card}:hover {{ border-color: var(--st-primary-color) }}
        {card} :is(div, span):has({link}) {{ position: static }}
        {card} {link}::after {{ content: ""; position: absolute; inset: 0 }}
        </style>"""
    )


limit_memory_pools()
