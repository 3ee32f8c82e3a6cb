"""A user without a browser: it speaks with a running server over Streamlit's WebSocket, as a page does.

It stores what is on its page, sends the values of its widgets, uploads files and downloads pictures. The JavaScript of
the page does not run; the methods of `SimulatedUser` send what a component would report.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

TIMEOUT = 90
"""Seconds to wait for an answer of the server."""
_EVENTS = "$$STREAMLIT_INTERNAL_KEY_{}__events"  # the widget that carries the events of a component
_PAGE_ENDS = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR}
_ENDS = {*_PAGE_ENDS, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}


class ServerAnswerError(Exception):
    """The server did not answer as it should; the text contains its answer."""


@dataclass
class SimulatedUser:
    """One session of the app at `url`; a context manager.

    `navigation` is the server's latest list of pages, `query` the query string of the page's URL.
    """

    url: str
    query: str = ""
    navigation: object = None
    _page: dict = field(default_factory=dict)  # position -> (run, message) of every element on the page
    _states: dict = field(default_factory=dict)  # widget id -> the value that this user has set
    _pages: dict = field(default_factory=dict)  # page name -> hash
    _timers: dict = field(default_factory=dict)  # fragment -> seconds after which it runs again
    _uploaded: str = ""  # the URL that deletes the latest upload
    _session: str = ""
    _hash: str = ""  # of the page
    _run: str = ""  # the current run of the server
    _fragments: set = field(default_factory=set)  # the fragments of this run; empty for a run of the page

    def __enter__(self):
        self._http = requests.Session()
        self._http.get(f"{self.url}/_stcore/health", timeout=TIMEOUT)  # sets the XSRF cookie
        stream = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self._connection = connect(stream, subprotocols=["streamlit"], max_size=None)
        self._socket = self._connection.__enter__()
        return self

    def __exit__(self, *raised):
        self._connection.__exit__(*raised)
        self._http.close()

    def start_over(self) -> None:
        """Close this session and open a new one."""
        self.__exit__(None, None, None)
        self.__init__(self.url)
        self.__enter__()

    def open(self, name: str, query: str = "") -> None:
        """Open the page with this name in the URL ("" for the first page) and wait until it is complete."""
        self._states, self._timers, self.query = {}, {}, query
        self._hash = self._pages.get(name, "")
        self._rerun("", () if self._hash else (("page_name", name),))

    def set(self, key: str, value) -> None:
        """Set the widget `key` and wait for the end of the run that this starts.

        Args:
            key: the widget's key or label.
            value: a bool, an int, a text, a list of floats (sliders), or a protobuf message of Streamlit.
        """
        widget, fragment = self._widget(key)
        state = WidgetState(id=widget)
        if isinstance(value, bool):
            state.bool_value = value
        elif isinstance(value, int):
            state.int_value = value
        elif isinstance(value, str):
            state.string_value = value
        elif isinstance(value, list):
            state.double_array_value.data.extend(value)
        else:
            state.file_uploader_state_value.CopyFrom(value)
        self._states[widget] = state
        self._rerun(fragment)

    def press(self, key: str) -> None:
        """Press a button, by its key or its label."""
        widget, fragment = self._widget(key)
        self._rerun(fragment, trigger=WidgetState(id=widget, trigger_value=True))

    def report(self, key: str, event: str, value) -> None:
        """Send an event of the component `key`, as its JavaScript would."""
        widget, fragment = self._widget(key)
        payload = json.dumps([{"event": event, "value": value}])
        trigger = WidgetState(id=_EVENTS.format(widget), json_trigger_value=payload)
        self._rerun(fragment, trigger=trigger)

    def upload(self, key: str, name: str, data: bytes) -> None:
        """Upload one file with the file uploader `key`; it replaces the earlier files."""
        request_id = uuid.uuid4().hex
        request = BackMsg()
        request.file_urls_request.request_id = request_id
        request.file_urls_request.file_names.append(name)
        request.file_urls_request.session_id = self._session
        self._socket.send(request.SerializeToString())
        response = next(m.file_urls_response for m in self._received() if m.WhichOneof("type") == "file_urls_response")
        urls = response.file_urls[0]
        headers = {"X-Xsrftoken": self._http.cookies.get("_streamlit_xsrf", "")}
        upload_url, old = self.url + urls.upload_url, self._uploaded
        answer = self._http.put(upload_url, files={"file": (name, data)}, headers=headers, timeout=TIMEOUT)
        if not answer.ok:
            raise ServerAnswerError(f"The server answered the upload with {answer.status_code}: {answer.text[:200]}")
        if old:
            self._http.delete(old, headers=headers, timeout=TIMEOUT)
        self._uploaded = self.url + urls.delete_url
        state = WidgetState().file_uploader_state_value
        state.uploaded_file_info.add(name=name, size=len(data), file_id=urls.file_id, file_urls=urls)
        self.set(key, state)

    def fetch(self, path: str) -> bytes:
        """The bytes of a picture on the page, by its path on the server."""
        answer = self._http.get(self.url + path, timeout=TIMEOUT)
        if not answer.ok:
            raise ServerAnswerError(f"The server answered the request for {path} with {answer.status_code}")
        return answer.content

    def elements(self, kind: str) -> list:
        """All elements of one kind on the page, from top to bottom, as protobuf messages of Streamlit."""
        elements = (delta.new_element for delta in self._on_page() if delta.WhichOneof("type") == "new_element")
        return [getattr(element, kind) for element in elements if element.WhichOneof("type") == kind]

    def has(self, key: str) -> bool:
        """Whether the page has a widget with this key or label."""
        return self._find(key) is not None

    def wait(self, until: Callable[[], bool]) -> None:
        """Run the fragments with a timer, as an open page does, until `until()` is true."""
        while not until():
            fragment, seconds = min(self._timers.items(), key=lambda each: each[1])
            time.sleep(seconds)
            if fragment in self._timers:
                self._rerun(fragment, (("is_auto_rerun", True),))

    def _rerun(self, fragment: str, extra: tuple = (), trigger: WidgetState | None = None) -> None:
        """Request a run and wait for its end. ServerAnswerError if the page then has an exception."""
        message = BackMsg()
        request = message.rerun_script
        request.query_string, request.page_script_hash, request.fragment_id = self.query, self._hash, fragment
        for name, value in extra:
            setattr(request, name, value)
        request.widget_states.widgets.extend([*self._states.values(), *([trigger] if trigger else [])])
        cacheable = (element.hash for _, element in self._page.values() if element.metadata.cacheable)
        request.cached_message_hashes.extend(cacheable)
        request.context_info.color_scheme = "light"
        cache = {element.hash: element for _, element in self._page.values()}
        self._socket.send(message.SerializeToString())
        for received in self._received():
            if self._apply(received, cache):
                break
        if problems := self.elements("exception"):
            raise ServerAnswerError(f"The page shows an error: {problems[0].message[:200]}")

    def _apply(self, received: ForwardMsg, cache: dict[str, ForwardMsg]) -> bool:
        """Apply a message of the server, which may refer to one in `cache`; return whether it is the last of a run."""
        kind = received.WhichOneof("type")
        if kind == "new_session":
            self._run, fragments = received.metadata.run.script_run_id, received.metadata.run.fragment_ids
            self._fragments = set(fragments)
            self._session = received.new_session.initialize.session_id
            self._hash = received.new_session.page_script_hash
            if not fragments:
                self._timers.clear()
        elif kind in {"delta", "ref_hash"}:
            message = ForwardMsg()
            message.CopyFrom(cache[received.ref_hash] if kind == "ref_hash" else received)
            message.metadata.CopyFrom(received.metadata)
            self._page[tuple(received.metadata.delta_path)] = self._run, message
        elif kind == "page_info_changed":
            self.query = received.page_info_changed.query_string
        elif kind == "navigation":
            self.navigation = received.navigation
            self._hash = received.navigation.page_script_hash
            self._pages = {page.url_pathname: page.page_script_hash for page in received.navigation.app_pages}
        elif kind == "auto_rerun":
            self._timers[received.auto_rerun.fragment_id] = received.auto_rerun.interval
        elif kind == "script_finished" and received.script_finished in _ENDS:
            self._drop_stale(page_run=received.script_finished in _PAGE_ENDS)
            return True
        return False

    def _received(self) -> Iterator[ForwardMsg]:
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                data = self._socket.recv(timeout=deadline - time.monotonic())
            except TimeoutError:
                raise ServerAnswerError(f"The server did not answer in {TIMEOUT} s") from None
            yield ForwardMsg.FromString(data)

    def _drop_stale(self, *, page_run: bool) -> None:
        """Remove the elements that the run did not draw again: of the page, or only of the fragments that ran."""

        def stale(run: str, message: ForwardMsg) -> bool:
            return run != self._run and (page_run or message.delta.fragment_id in self._fragments)

        self._page = {position: element for position, element in self._page.items() if not stale(*element)}

    def _on_page(self) -> list[Delta]:
        return [self._page[position][1].delta for position in sorted(self._page)]

    def _widget(self, key: str) -> tuple[str, str]:
        if not (widget := self._find(key)):
            raise ServerAnswerError(f"There is no {key} on the page")
        return widget

    def _find(self, key: str) -> tuple[str, str] | None:
        """The id of the widget with this key or label, and the fragment that contains it."""
        for delta in self._on_page():
            if delta.WhichOneof("type") == "new_element":
                widget = getattr(delta.new_element, delta.new_element.WhichOneof("type"))
            else:
                widget = delta.add_block.tab_container
            name = getattr(widget, "id", "")
            if name.endswith(f"-{key}") or (name and getattr(widget, "label", "") == key):
                return name, delta.fragment_id
        return None
