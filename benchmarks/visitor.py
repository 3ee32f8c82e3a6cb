"""A visitor without a browser: speaks with a running server as Streamlit's page does, over its WebSocket.

It keeps what is on its page, sends what its widgets say, uploads by the server's upload address and fetches the
pictures that it is shown. Only the scripts of the page do not run: what a component would report is sent in its name.
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

PATIENCE = 90
"""Seconds after which an answer that has not come will not."""
_EVENTS = "$$STREAMLIT_INTERNAL_KEY_{}__events"  # the widget that carries a component's events
_WHOLE = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR}
_ENDS = {*_WHOLE, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}


class VisitorError(Exception):
    """The server did not answer as it should; the text says what came instead."""


@dataclass
class Visitor:
    """One session of the app at `url`; a context manager.

    `navigation` is the latest list of pages that the server sent, `query` what stands in the address.
    """

    url: str
    query: str = ""
    navigation: object = None
    _page: dict = field(default_factory=dict)  # place -> (run, message) of all that is on the page
    _states: dict = field(default_factory=dict)  # what the visitor set, by widget
    _pages: dict = field(default_factory=dict)  # name -> hash
    _again: dict = field(default_factory=dict)  # fragment -> seconds after which it wants to run again
    _uploaded: str = ""  # where the latest upload is deleted
    _session: str = ""
    _hash: str = ""  # of the page
    _run: str = ""  # that the server is at
    _ran: set = field(default_factory=set)  # fragments that this run consists of, none where it is of the whole page

    def __enter__(self):
        self._http = requests.Session()
        self._http.get(f"{self.url}/_stcore/health", timeout=PATIENCE)  # where the XSRF cookie comes from
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self._connection = connect(address, subprotocols=["streamlit"], max_size=None)
        self._socket = self._connection.__enter__()
        return self

    def __exit__(self, *raised):
        self._connection.__exit__(*raised)
        self._http.close()

    def start_over(self) -> None:
        """Leave and come back as somebody whom the server has not seen."""
        self.__exit__(None, None, None)
        self.__init__(self.url)
        self.__enter__()

    def open(self, name: str, query: str = "") -> None:
        """Go to a page by its name in the address, "" for the first one; wait until all of it is there."""
        self._states, self._again, self.query = {}, {}, query
        self._hash = self._pages.get(name, "")
        self._rerun("", () if self._hash else (("page_name", name),))

    def give(self, key: str, value) -> None:
        """Give the widget `key` a value and wait for the end of the run that it starts.

        A bool, an int, a text, a list of floats (sliders), or a protobuf message of Streamlit's.
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
        """Report an event in the name of the component `key`, as its script would."""
        widget, fragment = self._widget(key)
        payload = json.dumps([{"event": event, "value": value}])
        trigger = WidgetState(id=_EVENTS.format(widget), json_trigger_value=payload)
        self._rerun(fragment, trigger=trigger)

    def upload(self, key: str, name: str, data: bytes) -> None:
        """Give the file uploader `key` one file, in place of those it has."""
        asked = uuid.uuid4().hex
        request = BackMsg()
        request.file_urls_request.request_id = asked
        request.file_urls_request.file_names.append(name)
        request.file_urls_request.session_id = self._session
        self._socket.send(request.SerializeToString())
        response = next(m.file_urls_response for m in self._received() if m.WhichOneof("type") == "file_urls_response")
        urls = response.file_urls[0]
        allowed = {"X-Xsrftoken": self._http.cookies.get("_streamlit_xsrf", "")}
        address, old = self.url + urls.upload_url, self._uploaded
        answer = self._http.put(address, files={"file": (name, data)}, headers=allowed, timeout=PATIENCE)
        if not answer.ok:
            raise VisitorError(f"The upload was answered by {answer.status_code}: {answer.text[:200]}")
        if old:
            self._http.delete(old, headers=allowed, timeout=PATIENCE)
        self._uploaded = self.url + urls.delete_url
        state = WidgetState().file_uploader_state_value
        state.uploaded_file_info.add(name=name, size=len(data), file_id=urls.file_id, file_urls=urls)
        self.give(key, state)

    def fetch(self, url: str) -> bytes:
        """A picture that the page shows."""
        answer = self._http.get(self.url + url, timeout=PATIENCE)
        if not answer.ok:
            raise VisitorError(f"{url} was answered by {answer.status_code}")
        return answer.content

    def elements(self, kind: str) -> list:
        """What is on the page of one kind, as protobuf messages of Streamlit's, from top to bottom."""
        shown = (delta.new_element for delta in self._on_page() if delta.WhichOneof("type") == "new_element")
        return [getattr(element, kind) for element in shown if element.WhichOneof("type") == kind]

    def has(self, key: str) -> bool:
        """Whether there is a widget with this key or label."""
        return self._found(key) is not None

    def watch(self, until: Callable[[], bool]) -> None:
        """Let fragments that run again and again do so until `until()`, as an open page does."""
        while not until():
            fragment, seconds = min(self._again.items(), key=lambda each: each[1])
            time.sleep(seconds)
            if fragment in self._again:
                self._rerun(fragment, (("is_auto_rerun", True),))

    def _rerun(self, fragment: str, extra: tuple = (), trigger: WidgetState | None = None) -> None:
        """Ask for a run and wait for its end; VisitorError where the page shows an error then."""
        message = BackMsg()
        wanted = message.rerun_script
        wanted.query_string, wanted.page_script_hash, wanted.fragment_id = self.query, self._hash, fragment
        for name, value in extra:
            setattr(wanted, name, value)
        wanted.widget_states.widgets.extend([*self._states.values(), *([trigger] if trigger else [])])
        wanted.cached_message_hashes.extend(shown.hash for _, shown in self._page.values() if shown.metadata.cacheable)
        wanted.context_info.color_scheme = "light"
        known = {shown.hash: shown for _, shown in self._page.values()}
        self._socket.send(message.SerializeToString())
        for received in self._received():
            if self._take(received, known):
                break
        if problems := self.elements("exception"):
            raise VisitorError(f"The page shows an error: {problems[0].message[:200]}")

    def _take(self, received: ForwardMsg, known: dict[str, ForwardMsg]) -> bool:
        """Do what a message of the server says, `known` being those it may refer to; whether it is a run's last."""
        kind = received.WhichOneof("type")
        if kind == "new_session":
            self._run, fragments = received.metadata.run.script_run_id, received.metadata.run.fragment_ids
            self._ran = set(fragments)
            self._session = received.new_session.initialize.session_id
            self._hash = received.new_session.page_script_hash
            if not fragments:
                self._again.clear()
        elif kind in {"delta", "ref_hash"}:
            shown = ForwardMsg()
            shown.CopyFrom(known[received.ref_hash] if kind == "ref_hash" else received)
            shown.metadata.CopyFrom(received.metadata)
            self._page[tuple(received.metadata.delta_path)] = self._run, shown
        elif kind == "page_info_changed":
            self.query = received.page_info_changed.query_string
        elif kind == "navigation":
            self.navigation = received.navigation
            self._hash = received.navigation.page_script_hash
            self._pages = {page.url_pathname: page.page_script_hash for page in received.navigation.app_pages}
        elif kind == "auto_rerun":
            self._again[received.auto_rerun.fragment_id] = received.auto_rerun.interval
        elif kind == "script_finished" and received.script_finished in _ENDS:
            self._drop_stale(whole=received.script_finished in _WHOLE)
            return True
        return False

    def _received(self) -> Iterator[ForwardMsg]:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                data = self._socket.recv(timeout=deadline - time.monotonic())
            except TimeoutError:
                raise VisitorError(f"No answer in {PATIENCE} s") from None
            yield ForwardMsg.FromString(data)

    def _drop_stale(self, *, whole: bool) -> None:
        """Forget what the run that ended did not draw again: all else, or the rest of the fragments that ran."""

        def stale(drawn_in: str, message: ForwardMsg) -> bool:
            return drawn_in != self._run and (whole or message.delta.fragment_id in self._ran)

        self._page = {place: shown for place, shown in self._page.items() if not stale(*shown)}

    def _on_page(self) -> list[Delta]:
        return [self._page[place][1].delta for place in sorted(self._page)]

    def _widget(self, key: str) -> tuple[str, str]:
        if not (found := self._found(key)):
            raise VisitorError(f"There is no {key} on the page")
        return found

    def _found(self, key: str) -> tuple[str, str] | None:
        """The id of the widget with this key or label, and the fragment that it stands in."""
        for delta in self._on_page():
            if delta.WhichOneof("type") == "new_element":
                widget = getattr(delta.new_element, delta.new_element.WhichOneof("type"))
            else:
                widget = delta.add_block.tab_container
            name = getattr(widget, "id", "")
            if name.endswith(f"-{key}") or (name and getattr(widget, "label", "") == key):
                return name, delta.fragment_id
        return None
