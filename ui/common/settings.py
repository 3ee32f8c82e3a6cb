"""Settings that live in the address: what each may be, its widget, and the word when an address is out of range."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st


class Setting:
    """Something that an address may say; `str` of it names what it can be, the end of "is not ..."."""

    def refusal(self, key: str, text: str) -> str:
        """A sentence for an address that says `text` of it, which cannot be."""
        return f"{key}={text[:20]} in the address is not {self}; {self.start} stands in for it."


@dataclass(frozen=True)
class Whole(Setting):
    """A setting that is a whole number from `low` to `high`."""

    name: str
    low: int
    high: int
    start: int

    def takes(self, text: str) -> bool:
        """Whether an address may say this."""
        return re.fullmatch(r"-?\d{1,9}", text.strip()) is not None and self.low <= int(text) <= self.high

    def read(self, text: str) -> int:
        """What a text that it takes says."""
        return int(text)

    def __str__(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"


@dataclass(frozen=True)
class Choice(Setting):
    """A setting that is one of some words."""

    name: str
    options: tuple[str, ...]
    start: str

    def takes(self, text: str) -> bool:
        """Whether an address may say this."""
        return text in self.options

    def read(self, text: str) -> str:
        """What a text that it takes says."""
        return text

    def __str__(self) -> str:
        return "one of " + ", ".join(self.options)


def correction(key: str, setting: Setting) -> str:
    """A sentence where the address says what `setting` cannot be, else nothing."""
    text = st.query_params.get(key)
    return "" if text is None or setting.takes(text) else setting.refusal(key, text)


def tell(sentence: str) -> None:
    """A note about the address: it stays until it is closed and pushes nothing aside."""
    if sentence:
        st.toast(sentence, icon=":material/link_off:", duration="infinite")


def tell_corrections(settings: Mapping[str, Setting]) -> None:
    """Say once what the address of a page could not have.

    It is taken out and the page run again before a widget reads it: a number field makes 3 of 3.5, an error of 1e999.
    """
    if "corrections" not in st.session_state:
        found = {key: correction(key, setting) for key, setting in settings.items()}
        st.session_state.corrections = [sentence for sentence in found.values() if sentence]
        if st.session_state.corrections:
            for key in [key for key, sentence in found.items() if sentence]:
                del st.query_params[key]
            st.rerun()
    while st.session_state.corrections:
        tell(st.session_state.corrections.pop(0))


def current(key: str, setting: Setting) -> int | str:
    """What `setting` is now, also before its widget stands on the page: the session's, the address's or the start."""
    if key in st.session_state:
        return st.session_state[key]
    text = st.query_params.get(key)
    return setting.read(text) if text is not None and setting.takes(text) else setting.start


def whole_widget(key: str, setting: Whole, *, field: bool = False, label: str | None = None, **options) -> int:
    """A slider, or a number field."""
    widget = st.number_input if field else st.slider
    low, high, start = setting.low, setting.high, setting.start
    return int(widget(label or setting.name, low, high, start, key=key, bind="query-params", **options))


def choice_widget(key: str, setting: Choice, *, listed: bool = False, **options) -> str:
    """A segmented control, or a list."""
    common = {"key": key, "bind": "query-params"} | options
    if listed:
        return st.selectbox(setting.name, setting.options, index=setting.options.index(setting.start), **common)
    return st.segmented_control(
        setting.name, setting.options, default=setting.start, required=True, wrap=True, **common
    )
