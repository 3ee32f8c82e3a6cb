"""What a component may report. tests/pages/test_component_messages.py sends messages to the components of the pages."""

import math

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.component_messages import report
from ui.common.components import numbers


@pytest.mark.parametrize(
    "value",
    [None, "", "12", b"12", 1, 1.5, {}, [], [1], [1, 2, 3], ["1", 2], [True, 1], [None, 1], [[1], 1], [1j, 1]]
    + [[number, 0] for number in (math.nan, math.inf, -math.inf, 1e308, 10**400, 10.5, -11)],
)
def test_anything_but_the_numbers_is_refused(value):
    with pytest.raises(ValueError, match="Expected"):
        numbers(2, 10)(value)


def test_numbers_become_floats():
    assert numbers(2, 10)([1, -10]) == (1.0, -10.0)


def script():
    import streamlit as st

    from ui.common.components import component, numbers, reported_value

    heard = st.session_state.setdefault("heard", [])
    st.text(reported_value("dial", "angle", numbers(1, 360)))
    dial = component("dial", html="<p></p>", js="export default () => {}")
    dial("dial", {}, angle=(numbers(1, 360), heard.append), turn=(numbers(1, 360), heard.append))


def test_a_callback_hears_what_its_parser_accepts_and_the_session_keeps_nothing_else():
    app = AppTest.from_function(script).run()
    report(app, "dial", state={"angle": [90]})
    assert (app.session_state.heard, app.text[0].value, app.session_state.dial) == ([(90,)], "(90.0,)", {"angle": [90]})
    report(app, "dial", state={"angle": [400]}, event=[{"event": "turn", "value": [1e9]}])
    assert (app.session_state.heard, app.text[0].value, app.session_state.dial) == ([(90,)], "None", {})
    report(app, "dial", event=[{"event": "turn", "value": [5]}])
    report(app, "dial", event=[{"event": "turn", "value": [6]}])
    assert app.session_state.heard == [(90,), (5,), (6,)]
    assert not app.exception
