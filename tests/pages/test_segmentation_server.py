"""The segmentation server: the protocol over HTTP, and the segmentation page as its client."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import fcn, photos, weights
from core.data import archives, sample_photos
from core.serving import client
from tests.support.hostile.watch import assert_one_clean_sentence
from ui.segmentation import predictions

PAGE = Path(__file__).parents[2] / "pages" / "segmentation.py"
SHA256 = weights.facts(weights.FCN)["sha256"]


@contextmanager
def listening(answer):
    """An HTTP server for `answer(photo) -> (status, bytes, weights)`: its URL, and the list of photos it received."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            photo = archives.array(self.rfile.read(int(self.headers["Content-Length"])))
            received.append(photo)
            status, body, sha256 = answer(photo)
            self.send_response(status)
            self.send_header(client.WEIGHTS_HEADER, sha256)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}", received
        finally:
            httpd.shutdown()


@pytest.fixture(scope="module")
def network():
    return fcn.load()


def test_the_answer_is_the_map_of_the_network(network):
    photo = photos.decode(sample_photos.sample("Coffee"))
    with listening(lambda photo: (200, client.packed(network.coarse_map(photo)), SHA256)) as (url, received):
        server = client.Server(url, SHA256)
        np.testing.assert_array_equal(server.coarse_map(photo), network.coarse_map(photo))
    np.testing.assert_array_equal(received[0], photo)
    assert not server.problem


MAP = np.zeros((3, 4), np.float32)


def refused(url):
    """That a server gives a ServerError of one sentence."""
    with pytest.raises(client.ServerError) as caught:
        client.Server(url, SHA256).coarse_map(np.zeros((4, 4, 3), np.uint8))
    assert_one_clean_sentence(str(caught.value))


@pytest.mark.parametrize(
    "answer",
    [
        (500, client.packed(MAP), SHA256),
        (200, b"<html>", SHA256),
        (200, client.packed(MAP), "another"),
        (200, client.packed(MAP.astype(np.float64)), SHA256),
        (200, client.packed(MAP[0]), SHA256),
    ],
)
def test_an_unusable_answer_is_refused(answer):
    with listening(lambda _: answer) as (url, _):
        refused(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://", "127.0.0.1:8000", "file:///etc/passwd"])
def test_a_url_without_a_server_is_refused(url):
    refused(url)


def test_a_server_that_failed_is_not_asked_during_the_pause(monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT", 0.2)
    monkeypatch.setattr(client, "PAUSE", 0.5)
    wait = [1.0]
    photo = np.zeros((4, 4, 3), np.uint8)
    with listening(lambda _: (time.sleep(wait[0]), (200, client.packed(MAP), SHA256))[1]) as (url, received):
        server = client.Server(url, SHA256)
        for _ in range(3):
            with pytest.raises(client.ServerError):
                server.coarse_map(photo)
        assert len(received) == 1
        wait[0] = 0.0
        time.sleep(0.5)
        np.testing.assert_array_equal(server.coarse_map(photo), MAP)
    assert not server.problem


@pytest.fixture
def set_url(monkeypatch):
    """Set the environment variable of the server; the caches are empty before and after the test."""

    def clear():
        for cached in (predictions.server, predictions.probability_map):
            cached.clear()

    clear()
    yield lambda url: monkeypatch.setenv("SEGMENTATION_SERVER", url)
    clear()


def opened():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert not app.error
    return app, next(image.captions[0] for image in app.get("image") if " × " in image.captions[0])


def test_the_page_uses_the_server_and_then_its_own_network(set_url, network):
    """The page shows the server's map; without the server it computes its own map, and one caption says why."""
    _, alone = opened()
    predictions.probability_map.clear()
    predictions.server.clear()
    with listening(lambda photo: (200, client.packed(1 - network.coarse_map(photo)), SHA256)) as (url, received):
        set_url(url)
        calls = predictions.network().calls
        app, inverted = opened()
        assert len(received) == 1
        assert predictions.network().calls == calls
        assert inverted != alone
        assert not predictions.server().problem
        captions = len(app.caption)
        app.slider(key="threshold").set_value(0.3).run()
        assert len(received) == 1
    predictions.probability_map.clear()
    app, again = opened()
    assert again == alone
    assert sum(predictions.server().problem in caption.value for caption in app.caption) == 1
    assert len(app.caption) == captions + 1
