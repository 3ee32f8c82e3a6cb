"""A real server and clients that mean no good: a browser that empties the caches, an upload that never ends."""

import http.client
import signal
import time
import urllib.request
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from benchmarks.browser import served
from benchmarks.simulated_user import SimulatedUser


@pytest.fixture(scope="module")
def server():
    """(URL, process) of one app for all tests of this file; the last one ends it."""
    with served() as started:
        yield started


def test_no_user_empties_the_caches_of_all(server):
    url, _ = server
    with SimulatedUser(url) as user:
        user.open("")
        user.open("latent_space")
        user._socket.send(BackMsg(clear_cache=True).SerializeToString())
        user.open("")  # answered after the message
    with urllib.request.urlopen(f"{url}/_stcore/metrics") as answer:
        lines = answer.read().decode().splitlines()
    assert [line for line in lines if line.startswith("cache_memory_bytes{") and "pretrained_plane" in line]


def test_a_server_with_an_unfinished_upload_ends_in_eight_seconds(server):
    url, process = server
    with SimulatedUser(url) as user:
        user.open("")
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        connection.putrequest("PUT", f"/_stcore/upload_file/{user._session}/a")
        cookie = user._http.cookies.get("_streamlit_xsrf", "")
        connection.putheader("Cookie", f"_streamlit_xsrf={cookie}")
        connection.putheader("X-Xsrftoken", cookie)
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Content-Length", "1000000")
        connection.endheaders()
        connection.send(b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + bytes(500_000))
        time.sleep(0.5)  # nothing says that the server reads the upload
        process.send_signal(signal.SIGTERM)
        process.wait(8)
        connection.close()
