"""Everything that touches Streamlit's private API or works around one of its faults; written for Streamlit 1.67.

Each function names the source line or the issue (#, at github.com/streamlit/streamlit) that it works around. A test of
the same name as this module fails when one can go.
"""

import ctypes
import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import streamlit as st
import uvicorn
from streamlit.components.v2.bidi_component import serialization
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import common
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import memory

FULL_COLLECTION_EVERY, FULL_COLLECTION_SECONDS = 100, 60  # runs of pages in this process, and time, at most
SHUTDOWN_SECONDS = 1  # for the requests of a server that ends
LONGEST_MESSAGE = 500_000  # characters; the longest is a drawn digit of 280 by 280 pixels, as a data URL
_runs = count()
_collected = {"at": 0.0}


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
    """Let the garbage collector examine new objects only; everything in some runs, for the memory of those who left.

    Streamlit collects all garbage after every run (#3099; the hidden option `runner.postScriptGC`), and again through
    Keras' `clear_session`: with many sessions and modules in memory that is most of a server's time.
    """
    now = time.monotonic()
    if next(_runs) % FULL_COLLECTION_EVERY == 0 or now - _collected["at"] > FULL_COLLECTION_SECONDS:
        _collected["at"] = now
        memory.release()
    gc.freeze()


def limit_memory_pools() -> None:
    """Let all threads share two pools of free memory, where glibc would make sixteen on two cores.

    Streamlit runs every page in a thread of its own (`ScriptRunner.start`); what one frees in its pool helps no other
    (#12120). With 20 users that is 200 MB.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):  # musl has none
        libc.mallopt(-8, 2)  # M_ARENA_MAX of malloc.h


def keep_caches() -> None:
    """Ignore the message with which a browser empties the caches, which all users share.

    The menu item is hidden in the toolbar's mode "viewer", but the server obeys the message from anybody
    (`AppSession._handle_clear_cache_request`), and every other user then waits for the network.
    """
    AppSession._handle_clear_cache_request = lambda _session: None  # noqa: SLF001 - there is no setting


def limit_shutdown() -> None:
    """Let a server that was asked to end cancel its open requests after SHUTDOWN_SECONDS.

    Streamlit sets no limit (`_get_uvicorn_config_kwargs`), so one upload that never completes, or one client that does
    not read its answer, keeps the process running. Requests need a session, whose first run imports this module.
    """
    shutdown = uvicorn.Server.shutdown

    async def limited(server: uvicorn.Server, sockets: list | None = None) -> None:
        server.config.timeout_graceful_shutdown = SHUTDOWN_SECONDS
        await shutdown(server, sockets)

    uvicorn.Server.shutdown = limited


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


def bound_component_messages() -> None:
    """Take a component's message that is too long or not JSON for an empty one.

    Streamlit parses any length, and text that is not JSON, a number of 5,000 digits or 100,000 brackets end the run
    with a traceback (`unpack_widget_state_value`, `handle_deserialize`).
    """

    def loads(text: str) -> Any:
        try:
            return json.loads(text) if len(text) <= LONGEST_MESSAGE else None
        except (ValueError, RecursionError):
            return None

    bounded = SimpleNamespace(loads=loads, dumps=json.dumps, JSONDecodeError=json.JSONDecodeError)
    serialization.json = common.json = bounded


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


def forget_upload(file_id: str) -> None:
    """Free an upload of this session that is not used any more.

    Streamlit does so when its session ends or its user deletes it, but not when its uploader leaves the page.
    """
    context = get_script_run_ctx()
    context.uploaded_file_mgr.remove_file(context.session_id, file_id)


def held_upload_bytes() -> int:
    """The bytes of the uploads of all sessions (`MemoryUploadedFileManager.get_stats`); 0 outside a server."""
    if not Runtime.exists():
        return 0
    stats = Runtime.instance().uploaded_file_mgr.get_stats()
    return sum(each.byte_length for family in stats.values() for each in family)


def check_uploads(check: Callable[[int, int], None]) -> None:
    """Call `check` with the bytes that a session holds and those of its new file, before that is kept.

    Streamlit keeps any number of files (`MemoryUploadedFileManager.add_file`). What `check` raises is the answer to the
    upload.
    """
    keep = MemoryUploadedFileManager.add_file

    def add_file(manager: MemoryUploadedFileManager, session_id: str, file) -> None:
        files = dict(manager.file_storage.get(session_id, {}))
        check(sum(len(each.data) for each in files.values()), len(file.data))
        keep(manager, session_id, file)

    MemoryUploadedFileManager.add_file = add_file


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


def darken_text_on_primary_buttons() -> None:
    """In the dark theme, write dark on the primary colour.

    Streamlit writes white on it in both themes (`BaseButton/styled-components.ts`), and no colour is light enough to be
    text on a dark page and dark enough to carry white text.
    """
    st.html('<style>[data-testid="stBaseButton-primary"] { color: light-dark(#ffffff, #12141a) }</style>')


limit_memory_pools()
keep_caches()
limit_shutdown()
