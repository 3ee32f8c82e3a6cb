"""A page's settings: their values in the session, their place in the URL, their widgets.

The session holds the values under the settings' names. The URL is a copy: it contains every value that is not the
default, so that a link, a reload and the browser's Back button give the same page.

    STATE = PageState("convolution", {"height": IntSetting("Input height", 1, 4096, 5), ...})

    STATE.read_url()            # at the top of a page's full run, before any widget
    STATE.slider("height")      # a widget; its value is STATE["height"] everywhere, also before it is drawn
    STATE.write_url()           # at the end of the page and of each of its fragments

All values are written in one step, and only when one of them has changed: one deliberate change is one entry of the
browser's history.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui.common import streamlit_workarounds

# Session keys.
_SEEN = "seen_url"  # (page, parameters) of the URL when it was last read or written
_WRITTEN = "written_values"  # {page: {name: text}}, every page's values when its URL was last read or written


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
    """A value with its own text form, such as a list of layers; `meaning` completes "NAME must be ...".

    A `parser` raises ValueError for a wrong text. The notice repeats the error's sentence.
    """

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

    def reset(self, *keys: str, **values: Any) -> None:
        """Bring settings to their defaults, all of them if no `keys` are named, except for `values`."""
        self.update(**{key: self.settings[key].default for key in keys or self.settings} | values)

    def read_url(self) -> bool:
        """Take the values from the URL if it does not come from this page's last `write_url`; return whether it did so.

        That is at a first run, at the browser's Back and Forward, after a visit to another page, and when a user has
        edited the URL. A link without parameters gives the values that the page last had in this session. If the URL
        has an impossible value, a notice names it and the default is used.
        """
        in_url = {key: text for key, text in st.query_params.items() if key in self.settings}
        back_or_forward = streamlit_workarounds.is_history_navigation()
        if st.session_state.get(_SEEN) == (self.page, in_url) and not back_or_forward:
            return False
        restored = {} if in_url or back_or_forward else self._written.get(self.page, {})
        texts = in_url or restored
        self.update(
            **{
                key: self._parsed(key, texts[key]) if key in texts else setting.default
                for key, setting in self.settings.items()
            }
        )
        st.session_state[_SEEN] = self.page, in_url
        self._written[self.page] = {} if restored else self._texts()
        return True

    def write_url(self) -> None:
        """Bring the URL to the session's values, in one entry of the browser's history; nothing if none has changed."""
        texts = self._texts()
        if texts != self._written.get(self.page):
            others = {key: text for key, text in st.query_params.items() if key not in self.settings}
            st.query_params.from_dict(others | texts)
            st.session_state[_SEEN] = self.page, texts
            self._written[self.page] = texts

    @property
    def _written(self) -> dict[str, dict[str, str]]:
        return st.session_state.setdefault(_WRITTEN, {})

    def _texts(self) -> dict[str, str]:
        changed = {key: self[key] for key, setting in self.settings.items() if self[key] != setting.default}
        return {key: self.settings[key].format(value) for key, value in changed.items()}

    def _parsed(self, key: str, text: str) -> Any:
        setting = self.settings[key]
        try:
            return setting.parse(text)
        except (ValueError, KeyError, OverflowError) as error:
            reason = f" {error}" if isinstance(setting, TextSetting) else ""
            default = setting.format(setting.default) or "the default"
            notify(f"{key} in the URL must be {setting}; using {default} instead.{reason}")
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

    def tabs(self, key: str) -> list:
        """Tabs for a `ChoiceSetting`; only the open one, whose `open` is true, needs to be filled."""
        st.session_state.setdefault(key, self.settings[key].default)
        return st.tabs(self.settings[key].options, key=key, on_change="rerun")

    def _common(self, key: str) -> dict[str, Any]:
        st.session_state.setdefault(key, self.settings[key].default)
        return {"label": self.settings[key].label, "key": key, "persist_state": "session"}

    def _ranged(self, key: str) -> dict[str, Any]:
        setting = self.settings[key]
        return self._common(key) | {"min_value": setting.low, "max_value": setting.high}

    def _chosen(self, key: str) -> dict[str, Any]:
        return self._common(key) | {"options": self.settings[key].options}


def notify(sentence: str) -> None:
    """A short notice about the URL or the session for some seconds. It is plain text and may quote the URL."""
    st.toast(escaped(sentence), icon=":material/link_off:", duration="long")


def escaped(text: str) -> str:
    """Text from outside as Markdown that shows it literally, without links or pictures."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|~$:" else letter for letter in text)
