"""Faults of Streamlit, without our workarounds: a test fails when its workaround can go.

Those that only a browser shows are in tests/browser.
"""

import inspect
import json
import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2.bidi_component import serialization
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime import app_session, memory_uploaded_file_manager
from streamlit.runtime.state import common
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette import starlette_server

from ui.common import streamlit_workarounds

BROWSER_TESTS = Path(__file__).parents[2] / "browser" / Path(__file__).name


def test_every_workaround_has_a_test_that_says_when_it_can_go():
    tests = "".join(path.read_text(encoding="utf-8") for path in (Path(__file__), BROWSER_TESTS))
    names = [
        name
        for name, function in inspect.getmembers(streamlit_workarounds, callable)
        if function.__module__ == streamlit_workarounds.__name__ and not name.startswith("_")
    ]
    assert len(names) >= 9
    assert [name for name in names if f'"{name} can go"' not in tests] == []


def test_the_first_user_who_follows_a_link_to_a_page_gets_it_without_its_frame(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "page.py").write_text("import streamlit as st; st.text('page')")
    app = tmp_path / "app.py"
    app.write_text("import streamlit as st; st.text('frame'); st.navigation([st.Page('pages/page.py')]).run()")
    first = AppTest.from_file(app, default_timeout=60).switch_page("pages/page.py").run()
    assert [text.value for text in first.text] == ["page"], "rerun_without_frame can go"


def test_every_run_has_a_thread_of_its_own():
    app = AppTest.from_string("import threading, streamlit as st; st.session_state.thread = threading.current_thread()")
    threads = [app.run().session_state.thread for _ in range(2)]
    assert threads[0] is not threads[1], "limit_memory_pools can go"


def test_no_public_attribute_says_how_a_run_came_about_or_whether_its_browser_is_connected():
    public = [name for name in dir(st.context) if not name.startswith("_")]
    assert not [name for name in public if re.search("history|navigation", name)], "is_history_navigation can go"
    assert not [name for name in public if re.search("connect|active", name)], "connection_check can go"


def test_any_browser_may_empty_the_caches_and_an_ending_server_waits_for_ever():
    assert "cache_data.clear()" in inspect.getsource(app_session), "keep_caches can go"
    assert "timeout_graceful_shutdown" not in inspect.getsource(starlette_server), "limit_shutdown can go"


@pytest.mark.parametrize("text", ["1" * 5000, "[" * 200_000])
def test_a_components_message_that_json_cannot_read_raises_an_error(monkeypatch, text):
    monkeypatch.setattr(serialization, "json", json)
    monkeypatch.setattr(common, "json", json)
    with pytest.raises((ValueError, RecursionError)):
        assert serialization.handle_deserialize(text), "bound_component_messages can go"
    with pytest.raises((ValueError, RecursionError)):
        assert common.unpack_widget_state_value(WidgetState(json_value=text)), "bound_component_messages can go"


def test_containers_cannot_be_links():
    assert not {"link", "page", "on_click"} & set(st.container.__wrapped__.__code__.co_varnames), (
        "link_whole_containers can go"
    )


def test_the_session_has_a_private_class_for_files_that_are_gone_and_the_widget_hides_them():
    script = (
        "import streamlit as st\n"
        "st.text(st.file_uploader('File', accept_multiple_files=True, key='files'))\n"
        "st.text([type(file).__name__ for file in st.session_state.files])"
    )
    server = AppTest.from_string(script, default_timeout=60).run()
    server.file_uploader[0].set_value([("a.txt", b"a", "text/plain")])
    restarted = AppTest.from_string(script, default_timeout=60)._run(
        server._tree.get_widget_states()
    )  # its browser sends the file's id
    assert [text.value for text in restarted.text] == ["[]", "['DeletedFile']"], "uploaded_files can go"


def test_files_are_kept_without_a_limit_and_after_their_uploader_has_gone():
    keeps = inspect.getsource(memory_uploaded_file_manager.MemoryUploadedFileManager.add_file)
    assert "raise" not in keeps, "check_uploads can go"
    assert not [name for name in dir(st) if "upload" in name and name != "file_uploader"], "held_upload_bytes can go"
    script = (
        "import streamlit as st\n"
        "from streamlit.runtime.scriptrunner import get_script_run_ctx\n"
        "key = st.session_state.setdefault('key', 'first')\n"
        "st.file_uploader('File', key=key, on_change=lambda: st.session_state.update(key='second'))\n"
        "st.text(len(get_script_run_ctx().uploaded_file_mgr.file_storage))"
    )
    page = AppTest.from_string(script).run()
    page.file_uploader[0].set_value(("a.txt", b"a", "text/plain")).run()
    assert not page.file_uploader[0].value
    assert page.text[0].value == "1", "forget_upload can go"
