"""Faults of Streamlit, without our workarounds: a test fails when its workaround can go.

Those that only a browser shows are in tests/browser.
"""

import re
import subprocess
import sys
from pathlib import Path

import streamlit as st
from streamlit import config
from streamlit.elements.widgets import file_uploader
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[3]


def test_a_folder_of_pages_is_taken_for_the_older_kind_of_app():
    program = (
        "from streamlit.runtime.pages_manager import PagesManager; PagesManager('streamlit_app.py');"
        "print(PagesManager.uses_pages_directory)"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True", "rerun_without_frame can go"


def test_all_garbage_is_collected_after_every_run():
    assert config.get_option("runner.postScriptGC"), "limit_gc can go"


def test_every_run_has_a_thread_of_its_own():
    app = AppTest.from_string("import threading, streamlit as st; st.session_state.thread = threading.current_thread()")
    threads = [app.run().session_state.thread for _ in range(2)]
    assert threads[0] is not threads[1], "limit_memory_pools can go"


def test_no_public_attribute_says_how_a_run_came_about_or_whether_its_browser_is_connected():
    public = [name for name in dir(st.context) if not name.startswith("_")]
    assert not [name for name in public if re.search("history|navigation", name)], "is_history_navigation can go"
    assert not [name for name in public if re.search("connect|active", name)], "connection_check can go"


def test_containers_cannot_be_links():
    assert not {"link", "page", "on_click"} & set(st.container.__wrapped__.__code__.co_varnames), (
        "link_whole_containers can go"
    )


def test_an_uploader_returns_a_private_class_for_files_that_are_gone():
    """tests/browser/test_restart.py has a server that is killed after an upload."""
    assert "DeletedFile" in str(file_uploader.SomeUploadedFiles), "present_files can go"
