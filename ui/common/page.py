"""How every page begins, answers before all of it is drawn, and says that weights are damaged."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.weights import WeightsError
from ui.common import page_state, streamlit_workarounds, upload_budget  # noqa: F401 - uploads of every page

THREE_FRAMES = 0.05  # seconds of a screen


def set_up_page(title: str) -> None:
    """A page's first call: its title in the browser, its frame, and what a server with many users needs."""
    st.set_page_config(page_title=f"{title} · Segmentation Lab" if title else "Segmentation Lab")
    streamlit_workarounds.rerun_without_frame()
    page_state.enter_page(title)
    streamlit_workarounds.limit_gc()
    streamlit_workarounds.rerun_after_reconnect()
    streamlit_workarounds.darken_text_on_primary_buttons()


def weights_error(error: WeightsError) -> None:
    """Say why the shipped weights cannot be used, and what to do on screen once they can."""
    st.error(f"{page_state.escaped(error)} Then reload the page.", icon=":material/error:")


@contextmanager
def weights_error_shown() -> Iterator[None]:
    """Show a `WeightsError` instead of the rest of what is drawn here, and what to do then; also a tab's decorator."""
    try:
        yield
    except WeightsError as error:
        weights_error(error)


def flush_to_browser() -> None:
    """Let the browser show what was drawn so far before it is busy with the rest of the page.

    A script's output is sent at once, but a browser that gets all of a page together shows nothing before it has worked
    through all of it.
    """
    time.sleep(THREE_FRAMES)


def link_button(label: str, page: str, here: str, query: dict[str, str], key: str, **options: Any) -> None:
    """A button that opens a page with these URL parameters.

    Unlike a page link, it also works on the page that it opens: that link would not change the browser's URL.

    Args:
        page: the page's file in pages/, without .py.
        here: that of the current page.
        options: of `st.button`.
    """
    if page == here:
        st.button(label, key=key, on_click=st.query_params.from_dict, args=(query,), **options)
    elif st.button(label, key=key, **options):
        st.switch_page(f"pages/{page}.py", query_params=query)
