"""The client of a segmentation network on another machine, and the protocol.

A photo is sent by POST as an .npy file, (H, W, 3) uint8 RGB. The answer is another .npy file: the photo's map, (h, w)
float32 in 0..1 at the network's working size, as `core.fcn.segmenter.Segmenter.coarse_map` computes it.
`core.serving.ray_app` is the server.
"""

import io
import time
from http.client import HTTPException
from urllib.request import Request, urlopen

import numpy as np

from core.data import archives

TIMEOUT = 10.0
"""Seconds to wait for an answer."""
PAUSE = 60.0
"""Seconds after a failure in which the server is not asked again, so that no other user has to wait for it."""
WEIGHTS_HEADER = "X-Weights"
"""HTTP header of an answer: SHA-256 of the weights of the network."""


class ServerError(RuntimeError):
    """No usable answer; the text is one sentence that says why."""


class Server:
    """The network behind a URL such as http://10.0.0.7:8000. Safe to call from many threads.

    `weights` is the SHA-256 of its expected weights: other weights would contradict the rest of the app.
    """

    def __init__(self, url: str, weights: str):
        self.url = url
        self.weights = weights
        self.problem = ""
        """Error of the last request, one sentence; empty after a success."""
        self._paused_until = 0.0

    def coarse_map(self, photo: np.ndarray) -> np.ndarray:
        """`Segmenter.coarse_map` of the server: (H, W, 3) uint8 RGB -> (h, w) float32, 0..1.

        Raises:
            ServerError: no usable answer in time; during PAUSE after a failure it is raised at once.
        """
        if time.monotonic() < self._paused_until:
            raise ServerError(self.problem)
        try:
            coarse = self._answer(photo)
        except ServerError as error:
            self.problem, self._paused_until = str(error), time.monotonic() + PAUSE
            raise
        self.problem = ""
        return coarse

    def _answer(self, photo: np.ndarray) -> np.ndarray:
        if not self.url.startswith(("http://", "https://")):
            raise ServerError("The URL of the segmentation server must start with http:// or https://.")
        try:
            with urlopen(Request(self.url, packed(photo)), timeout=TIMEOUT) as answer:  # noqa: S310 - see above
                coarse, weights = archives.array(answer.read()), answer.headers[WEIGHTS_HEADER]
        except (OSError, HTTPException, ValueError) as error:
            raise ServerError("The segmentation server gives no usable answer.") from error
        if coarse.ndim != 2 or coarse.dtype != np.float32 or weights != self.weights:
            raise ServerError("The segmentation server runs another network than this app.")
        return coarse


def packed(array: np.ndarray) -> bytes:
    """An array as the bytes of an .npy file, the inverse of `core.data.archives.array`."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()
