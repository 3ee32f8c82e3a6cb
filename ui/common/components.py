"""The app's own components, and the boundary for what a browser reports to them.

A user can change any message of a browser, so a component names a parser for each value that it reports. A value that
its parser refuses is ignored: no callback is called, and it does not stay in the session.

    DIAL = component("dial", html="...", js="...")

    DIAL("dial", {"start": 0}, turn=(numbers(1, 360), lambda angle: ...))
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.common import streamlit_workarounds

Parser = Callable[[Any], Any]
"""Turns what a browser reports into a value; raises ValueError for anything that is not such a value."""


def component(name: str, *, html: str = "", css: str = "", js: str) -> Callable[..., None]:
    """Register a component; the result draws it.

    Call it with the component's key, the data for its JavaScript, and (parser, callback) for each value that it
    reports. A callback gets the parsed value, before the rerun.
    """
    mount = st.components.v2.component(name, html=html, css=css, js=js)

    def draw(key: str, data: dict, **values: tuple[Parser, Callable[[Any], None]]) -> None:
        def listener(value: str, parser: Parser, callback: Callable[[Any], None]) -> Callable[[], None]:
            def reported() -> None:
                if (parsed := reported_value(key, value, parser)) is not None:
                    callback(parsed)

            return reported

        _forget_refused(key, {value: parser for value, (parser, _) in values.items()})
        mount(key=key, data=data, **{f"on_{value}_change": listener(value, *each) for value, each in values.items()})

    return draw


def reported_value(key: str, name: str, parser: Parser) -> Any:
    """The value `name` that the component `key` has reported; None if there is none or the parser refuses it."""
    reported = st.session_state.get(key)
    try:
        return parser(reported[name]) if reported and name in reported else None
    except ValueError:
        return None


def _forget_refused(key: str, parsers: dict[str, Parser]) -> None:
    """Before the component is drawn: forget all that it has reported if a parser refuses a part of it."""
    reported = st.session_state.get(key, {})
    if any(name not in parsers or reported_value(key, name, parsers[name]) is None for name in reported):
        for name in [*reported]:
            del reported[name]


def numbers(count: int, limit: float) -> Parser:
    """A parser for a list of `count` finite numbers from -limit to limit; the value is a tuple of floats."""

    def parse(report: Any) -> tuple[float, ...]:
        if not isinstance(report, list) or len(report) != count or {*map(type, report)} - {int, float}:
            raise ValueError(f"Expected {count} numbers.")
        if not all(-limit <= number <= limit for number in report):  # false for NaN
            raise ValueError(f"Expected numbers from {-limit:g} to {limit:g}.")
        return tuple(map(float, report))

    return parse


streamlit_workarounds.bound_component_messages()
