"""One cell out of many: slider, next and back, an animation with pause and speed, all on the same number."""

import streamlit as st

from ui.settings import Whole, tell_correction

SPEEDS = {"1 a second": 1000, "2 a second": 500, "4 a second": 250, "8 a second": 125}


def go_to(cell: int) -> None:
    """Make `cell`, counted from 0, the selected one; for callbacks."""
    st.session_state.cell = cell + 1


def _move(by: int, count: int) -> None:
    go_to((st.session_state.cell - 1 + by) % count)


def stepper(count: int) -> tuple[int, int]:
    """The controls in a row, for cells 1 .. count in reading order.

    Returns:
        the selected cell counted from 0, and the milliseconds a cell of a running animation, 0 where it rests.
    """
    if "cell" in st.session_state:
        st.session_state.cell = min(st.session_state.cell, count)
    else:
        tell_correction("cell", Whole("Cell", 1, count, 1))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("", icon=":material/skip_previous:", help="Back", key="back", on_click=_move, args=(-1, count))
        cell = st.slider(
            "Cell in reading order",
            1,
            max(count, 2),
            1,
            key="cell",
            bind="query-params",
            disabled=count == 1,
            width=220,
        )
        st.button("", icon=":material/skip_next:", help="Next", key="next", on_click=_move, args=(1, count))
        playing = st.toggle("Play", key="play", disabled=count == 1)
        speed = st.selectbox("Speed", SPEEDS, key="speed", index=1, width=140, label_visibility="collapsed")
    return min(cell, count) - 1, SPEEDS[speed] if playing and count > 1 else 0
