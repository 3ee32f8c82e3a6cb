"""A page's settings: their values in the session, their place in the URL, their widgets.

The session holds the values, under the settings' names, and survives a change of pages. The URL is a copy: every value
that is not the default stands in it, so that a link, a reload and the browser's Back button give the same page.

    STATE = PageState("convolution", {"height": IntSetting("Input height", 1, 4096, 5), ...})

    STATE.read_url()            # at the top of a page's full run, before any widget
    STATE.slider("height")      # a widget; its value is STATE["height"] everywhere, also before it is drawn
    STATE.write_url()           # at the end of the page and of each of its fragments

All values are written in one step, so one deliberate change is one entry of the browser's history.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui.common import streamlit_workarounds

_WRITTEN = "written_url"  # session key: (page, parameters) as they were last read or written


class Setting:
    """What a value may be. `str` of a setting completes the sentence "NAME must be ..."."""

    label: str
    default: Any

    def parse(self, text: str) -> Any:
        """The value that a URL's text stands for; ValueError where it is not one."""
        raise NotImplementedError

    def format(self, value: Any) -> str:
        """The text for a URL; the inverse of `parse`."""
        return str(value)


@dataclass(frozen=True)
class IntSetting(Setting):
    """A whole number from `low` to `high`."""

    label: str
    low: int
    high: int
    default: int

    def parse(self, text: str) -> int:
        """See `Setting`."""
        if len(text) > 12 or not self.low <= int(text) <= self.high:
            raise ValueError(text)
        return int(text)

    def __str__(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"


@dataclass(frozen=True)
class FloatSetting(Setting):
    """A number from `low` to `high`, written with `decimals` decimals."""

    label: str
    low: float
    high: float
    default: float
    decimals: int = 4

    def parse(self, text: str) -> float:
        """See `Setting`."""
        value = float(text[:24])
        if not math.isfinite(value) or not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def format(self, value: float) -> str:
        """See `Setting`."""
        return f"{value:.{self.decimals}f}".rstrip("0").rstrip(".")

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class ChoiceSetting(Setting):
    """One of some words."""

    label: str
    options: tuple[str, ...]
    default: str

    def parse(self, text: str) -> str:
        """See `Setting`."""
        if text not in self.options:
            raise ValueError(text)
        return text

    def __str__(self) -> str:
        return "one of " + ", ".join(self.options)


@dataclass(frozen=True)
class SwitchSetting(Setting):
    """On or off."""

    label: str
    default: bool = False

    def parse(self, text: str) -> bool:
        """See `Setting`."""
        return {"true": True, "false": False}[text]

    def format(self, value: bool) -> str:
        """See `Setting`."""
        return "true" if value else "false"

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class TextSetting(Setting):
    """A value with a text form of its own, such as a list of layers; `meaning` completes "NAME must be ..."."""

    label: str
    meaning: str
    default: Any
    parser: Callable[[str], Any]
    formatter: Callable[[Any], str] = str

    def parse(self, text: str) -> Any:
        """See `Setting`."""
        return self.parser(text)

    def format(self, value: Any) -> str:
        """See `Setting`."""
        return self.formatter(value)

    def __str__(self) -> str:
        return self.meaning


class PageState:
    """The settings of one page by their names, which are their keys in the session and in the URL."""

    def __init__(self, page: str, settings: Mapping[str, Setting]):
        self.page, self.settings = page, dict(settings)

    def __getitem__(self, key: str) -> Any:
        return st.session_state.get(key, self.settings[key].default)

    def update(self, **values: Any) -> None:
        """Set values; in callbacks, or before their widgets are drawn."""
        st.session_state.update(values)

    def reset(self, **values: Any) -> None:
        """Bring every setting to its default, except for `values`."""
        self.update(**{key: setting.default for key, setting in self.settings.items()} | values)

    def read_url(self) -> None:
        """Take over what the URL says where it does not come from this session's last `write_url`.

        That is at a first run, at the browser's Back and Forward, and when somebody has edited the URL. A page reached
        by a link without parameters keeps the session's values. Where the URL has an impossible value, a notice names
        it and the default is used.
        """
        given = {key: text for key, text in st.query_params.items() if key in self.settings}
        page, written = st.session_state.get(_WRITTEN, ("", None))
        back_or_forward = streamlit_workarounds.is_history_navigation()
        if (page, written) == (self.page, given) and not back_or_forward:
            return
        keeps_session = not given and not back_or_forward
        for key, setting in self.settings.items():
            if key in given:
                st.session_state[key] = self._parsed(key, given[key])
            elif not keeps_session or key not in st.session_state:
                st.session_state[key] = setting.default
        st.session_state[_WRITTEN] = self.page, given

    def write_url(self) -> None:
        """Bring the URL to the session's values, in one entry of the browser's history; nothing where it has them."""
        shown = {
            key: setting.format(self[key]) for key, setting in self.settings.items() if self[key] != setting.default
        }
        if {key: text for key, text in st.query_params.items() if key in self.settings} != shown:
            others = {key: text for key, text in st.query_params.items() if key not in self.settings}
            st.query_params.from_dict(others | shown)
        st.session_state[_WRITTEN] = self.page, shown

    def _parsed(self, key: str, text: str) -> Any:
        setting = self.settings[key]
        try:
            return setting.parse(text)
        except (ValueError, KeyError, OverflowError):
            notify(f"{key} in the URL must be {setting}; using {setting.format(setting.default) or 'none'} instead.")
            return setting.default

    # --- widgets -----------------------------------------------------------------------------------------------------

    def slider(self, key: str, **options: Any) -> int:
        """A slider for an `IntSetting` or a `FloatSetting`."""
        return st.slider(**self._ranged(key) | options)

    def number(self, key: str, **options: Any) -> int:
        """A number field for an `IntSetting` or a `FloatSetting`."""
        return st.number_input(**self._ranged(key) | options)

    def choice(self, key: str, **options: Any) -> str:
        """A segmented control for a `ChoiceSetting`."""
        return st.segmented_control(**self._chosen(key) | {"required": True, "wrap": True} | options)

    def select(self, key: str, **options: Any) -> str:
        """A list to choose from for a `ChoiceSetting`."""
        return st.selectbox(**self._chosen(key) | options)

    def toggle(self, key: str, **options: Any) -> bool:
        """A switch for a `SwitchSetting`."""
        return st.toggle(**self._common(key) | options)

    def _common(self, key: str) -> dict[str, Any]:
        st.session_state.setdefault(key, self.settings[key].default)
        return {"label": self.settings[key].label, "key": key, "persist_state": "session"}

    def _ranged(self, key: str) -> dict[str, Any]:
        setting = self.settings[key]
        return self._common(key) | {"min_value": setting.low, "max_value": setting.high}

    def _chosen(self, key: str) -> dict[str, Any]:
        return self._common(key) | {"options": self.settings[key].options}


def notify(sentence: str) -> None:
    """A short notice about the URL or the session, gone after some seconds. Plain text: it may quote a stranger."""
    st.toast(escaped(sentence), icon=":material/link_off:", duration="long")


def escaped(text: str) -> str:
    """Text from outside as Markdown that shows it literally, without links or pictures."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|~$:" else letter for letter in text)
