"""Settings that live in the address: what each may be, its widget, and the word when an address is out of range."""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Whole:
    """A setting that is a whole number from `low` to `high`."""

    name: str
    low: int
    high: int
    start: int

    def takes(self, text: str) -> bool:
        """Whether an address may say this."""
        return text.strip().lstrip("-").isdecimal() and self.low <= int(text) <= self.high

    def read(self, text: str) -> int:
        """What a text that it takes says."""
        return int(text)

    def __str__(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"


@dataclass(frozen=True)
class Choice:
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


def tell_correction(key: str, setting: Whole | Choice) -> None:
    """A note where the address says what `setting` cannot be; its widget falls back to the start value.

    The note stays until it is closed and pushes nothing aside.
    """
    text = st.query_params.get(key)
    if text is not None and not setting.takes(text):
        sentence = f"{key}={text[:20]} in the address is not {setting}; {setting.start} stands in for it."
        st.toast(sentence, icon=":material/link_off:", duration="infinite")


def current(key: str, setting: Whole | Choice) -> int | str:
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
    return st.segmented_control(setting.name, setting.options, default=setting.start, required=True, **common)
