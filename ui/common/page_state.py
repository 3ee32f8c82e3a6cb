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

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.common import streamlit_workarounds
from ui.common.glossary_help import glossary_help
from ui.common.settings import Setting, TextSetting

# Session keys.
_SEEN = "seen_urls"  # (page, parameters) of the URL that was read, then of the latest ones that were written
_PAGE = "page"  # the title of the page of the latest run
_RESTORED = "restored_page"  # the page whose values were restored in this run and are not in the URL yet
_WRITTEN = "written_values"  # {page: {name: text}}, every page's values when its URL was last read or written

_MARKUP = re.compile(r"(?=[\\`*_\[\]<~$&])")
_REPLACED = re.compile(
    r"^(?=\W|\d+[.)])|(?<=[<>=~:-])(?=[<>=~/-])|(?<=www)(?=\.)|(?=@)|(?<=:)(?=\w)", re.ASCII | re.IGNORECASE
)


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
        if (self.page, in_url) in st.session_state.get(_SEEN, ()) and not back_or_forward:
            return False
        restored = {} if in_url or back_or_forward else self._written.get(self.page, {})
        texts = in_url or restored
        self.update(
            **{
                key: self._parsed(key, texts[key]) if key in texts else setting.default
                for key, setting in self.settings.items()
            }
        )
        st.session_state[_SEEN] = [(self.page, in_url)]
        st.session_state[_RESTORED] = self.page if restored else None
        self._written[self.page] = {} if restored else self._texts()
        return True

    def write_url(self) -> None:
        """Bring the URL to the session's values, in one entry of the browser's history; nothing if none has changed.

        Values that `read_url` has restored need no entry of their own: the link to this page made one. Neither do
        settings that are not `in_history`.
        """
        texts = self._texts()
        if texts != self._written.get(self.page):
            others = {key: text for key, text in st.query_params.items() if key not in self.settings}
            if st.session_state.get(_RESTORED) == self.page or self._steps(texts) == self._steps(
                self._written.get(self.page, {})
            ):
                streamlit_workarounds.replace_query(others | texts)
            else:
                st.query_params.from_dict(others | texts)
            self._note_written(texts)
        st.session_state[_RESTORED] = None

    def start_again(self, values: Mapping[str, Any]) -> None:
        """Set values and write a URL that has no other parameters than this page's; in callbacks."""
        self.update(**values)
        texts = self._texts()
        st.query_params.from_dict(texts)
        self._note_written(texts)

    def _note_written(self, texts: dict[str, str]) -> None:
        # A click that the browser sends before it knows the new URL comes with an older one.
        st.session_state[_SEEN] = [*st.session_state.get(_SEEN, [])[-4:], (self.page, texts)]
        self._written[self.page] = texts

    @property
    def _written(self) -> dict[str, dict[str, str]]:
        return st.session_state.setdefault(_WRITTEN, {})

    def _texts(self) -> dict[str, str]:
        texts = {key: setting.format(self[key]) for key, setting in self.settings.items()}
        return {
            key: text for key, text in texts.items() if text != self.settings[key].format(self.settings[key].default)
        }

    def _steps(self, texts: dict[str, str]) -> dict[str, str]:
        return {key: text for key, text in texts.items() if self.settings[key].in_history}

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
        return st.slider(**self._arguments(key, options))

    def number(self, key: str, **options: Any) -> int:
        """A number field for an `IntSetting` or a `FloatSetting`."""
        return st.number_input(**self._arguments(key, options))

    def choice(self, key: str, **options: Any) -> str:
        """A segmented control for a `ChoiceSetting`."""
        return st.segmented_control(**{"required": True, "wrap": True} | self._arguments(key, options))

    def select(self, key: str, **options: Any) -> str:
        """A list to choose from for a `ChoiceSetting`, or for any setting with `options`."""
        return st.selectbox(**self._arguments(key, options))

    def pills(self, key: str, **options: Any) -> list[int]:
        """Buttons to choose any of the numbers of a `SubsetSetting`."""
        return st.pills(**{"selection_mode": "multi", "wrap": True} | self._arguments(key, options))

    def toggle(self, key: str, **options: Any) -> bool:
        """A switch for a `SwitchSetting`."""
        return st.toggle(**self._arguments(key, options))

    def tabs(self, key: str) -> list:
        """Tabs for a `ChoiceSetting`; only the open one, whose `open` is true, needs to be filled."""
        st.session_state.setdefault(key, self.settings[key].default)
        return st.tabs(self.settings[key].options, key=key, on_change="rerun")

    def _arguments(self, key: str, options: dict[str, Any]) -> dict[str, Any]:
        setting = self.settings[key]
        st.session_state.setdefault(key, setting.default)
        fields = {"min_value": "low", "max_value": "high", "options": "options"}
        values = {name: getattr(setting, field) for name, field in fields.items() if hasattr(setting, field)}
        arguments = {"label": setting.label, "key": key, "persist_state": "session"} | values | options
        return {"help": glossary_help(arguments["label"])} | arguments


def enter_page(title: str) -> None:
    """Note the page of this run, before its settings are read: a page that was left must read its URL again."""
    if st.session_state.get(_PAGE) != title:
        st.session_state[_PAGE] = title
        st.session_state[_SEEN] = []


def notify(sentence: str) -> None:
    """A short notice about the URL or the session for some seconds. It is plain text and may quote the URL."""
    st.toast(escaped(sentence), icon=":material/link_off:", duration="long")


def escaped(text: object) -> str:
    """Text that may quote a URL, a file or a server, as one line of Markdown that shows it literally.

    No backslash protects what Streamlit replaces afterwards: a URL or an e-mail by a link, :name: by a symbol, -> by an
    arrow. An invisible WORD JOINER parts those, and keeps a list or a heading from beginning.
    """
    parted = _REPLACED.sub("\u2060", " ".join(str(text).split()))
    return _MARKUP.sub(r"\\", parted)
