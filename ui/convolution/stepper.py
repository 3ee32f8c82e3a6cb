"""One cell out of many: slider, next and back, an animation with pause and speed, all on the same number."""

import streamlit as st

from ui.common.settings import Whole, correction, tell

SPEEDS = {"1 a second": 1000, "2 a second": 500, "4 a second": 250, "8 a second": 125}


def go_to(cell: int) -> None:
    """Make `cell`, counted from 0, the selected one; for callbacks."""
    st.session_state.cell = cell + 1


def stepper(count: int, on_move) -> tuple[int, int]:
    """The controls in a row, for cells 1 .. count in reading order; `on_move` is called after each change.

    Returns:
        the selected cell counted from 0, and the milliseconds a cell of a running animation, 0 where it rests.
    """

    def move(by: int) -> None:
        go_to((st.session_state.cell - 1 + by) % count)
        on_move()

    if "cell" in st.session_state:
        st.session_state.cell = min(st.session_state.cell, count)
    else:
        tell(correction("cell", Whole("Cell", 1, count, 1)))
    alone = count == 1
    options = {"key": "cell", "bind": "query-params", "disabled": alone, "on_change": on_move, "width": 220}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Back", icon=":material/skip_previous:", key="back", disabled=alone, on_click=move, args=(-1,))
        cell = st.slider("Cell in reading order", 1, max(count, 2), 1, **options)
        st.button("Next", icon=":material/skip_next:", key="next", disabled=alone, on_click=move, args=(1,))
        playing = st.toggle("Play", key="play", disabled=alone)
        speed = st.selectbox("Speed", SPEEDS, key="speed", index=1, width=130, label_visibility="collapsed")
    return min(cell, count) - 1, SPEEDS[speed] if playing and not alone else 0
