"""The network elsewhere: its protocol over true HTTP, and the segmentation page that asks it."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import fcn, photos, weights
from core.data import sample_photos
from core.serving import client
from ui.segmentation import predictions

PAGE = Path(__file__).parents[2] / "pages" / "segmentation.py"
OURS = weights.facts(weights.FCN)["sha256"]


@contextmanager
def listening(answer):
    """An HTTP server for `answer(photo) -> (status, bytes, weights)`: its address, and the photos it was sent."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            photo = client.unpacked(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(photo)
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
            yield f"http://127.0.0.1:{httpd.server_port}", asked
        finally:
            httpd.shutdown()


@pytest.fixture(scope="module")
def network():
    return fcn.load()


def test_the_answer_is_the_networks_own(network):
    photo = photos.decode(sample_photos.sample("Coffee"))
    with listening(lambda sent: (200, client.packed(network.coarse_map(sent)), OURS)) as (address, asked):
        server = client.Server(address, OURS)
        np.testing.assert_array_equal(server.coarse_map(photo), network.coarse_map(photo))
    np.testing.assert_array_equal(asked[0], photo)
    assert not server.problem


MAP = np.zeros((3, 4), np.float32)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((500, client.packed(MAP), OURS), "does not answer as it should"),
        ((200, b"<html>", OURS), "does not answer as it should"),
        ((200, client.packed(MAP), "of others"), "has another network"),
        ((200, client.packed(MAP.astype(np.float64)), OURS), "has another network"),
        ((200, client.packed(MAP[0]), OURS), "has another network"),
    ],
)
def test_an_answer_that_cannot_be_used_is_a_sentence(answer, sentence):
    with listening(lambda _: answer) as (address, _), pytest.raises(client.ServerError, match=sentence):
        client.Server(address, OURS).coarse_map(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://", "127.0.0.1:8000", "file:///etc/passwd"])
def test_nobody_there_is_a_sentence(address):
    with pytest.raises(client.ServerError, match="segmentation server"):
        client.Server(address, OURS).coarse_map(np.zeros((4, 4, 3), np.uint8))


def test_a_server_that_failed_rests_and_is_asked_again(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", 0.2)
    monkeypatch.setattr(client, "REST", 0.5)
    wait = [1.0]
    photo = np.zeros((4, 4, 3), np.uint8)
    with listening(lambda _: (time.sleep(wait[0]), (200, client.packed(MAP), OURS))[1]) as (address, asked):
        server = client.Server(address, OURS)
        for _ in range(3):
            with pytest.raises(client.ServerError, match="does not answer"):
                server.coarse_map(photo)
        assert len(asked) == 1
        wait[0] = 0.0
        time.sleep(0.5)
        np.testing.assert_array_equal(server.coarse_map(photo), MAP)
    assert not server.problem


@pytest.fixture
def named(monkeypatch):
    """Name a server's address as a host would, nothing remembered before or after."""

    def forget():
        for cached in (predictions.server, predictions.probability_map):
            cached.clear()

    forget()
    yield lambda address: monkeypatch.setenv("SEGMENTATION_SERVER", address)
    forget()


def opened():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert not app.error
    return app, next(image.captions[0] for image in app.get("image") if "covers" in image.captions[0])


def test_the_page_asks_the_server_and_does_without_it(named, network):
    """What it shows is the server's answer; when that is gone, the network's own, and one sentence says so."""
    _, alone = opened()
    predictions.probability_map.clear()
    predictions.server.clear()
    with listening(lambda sent: (200, client.packed(1 - network.coarse_map(sent)), OURS)) as (address, asked):
        named(address)
        calls = predictions.network().calls
        app, inverted = opened()
        assert len(asked) == 1
        assert predictions.network().calls == calls
        assert inverted != alone
        assert not [caption for caption in app.caption if "server" in caption.value]
        app.slider(key="threshold").set_value(0.3).run()
        assert len(asked) == 1
    predictions.probability_map.clear()
    app, again = opened()
    assert again == alone
    assert sum("server does not answer as it should" in c.value for c in app.caption) == 1
