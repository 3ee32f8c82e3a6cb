"""A segmentation network that runs elsewhere: what is sent and answered, and the page's side of it.

A photo is sent by POST as an .npy file, (H, W, 3) uint8 RGB, and answered by another, its map (h, w) float32 in 0..1 at
the network's working size, as `core.fcn.segmenter.Segmenter.coarse_map` gives it. `core.serving.ray_app` is the
other side.
"""

import io
import time
from http.client import HTTPException
from urllib.request import Request, urlopen

import numpy as np

PATIENCE = 10.0
"""Seconds that an answer may take."""
REST = 60.0
"""Seconds for which a server that failed is not asked again: nobody else is kept waiting for it."""
WEIGHTS_HEADER = "X-Weights"
"""Of an answer: SHA-256 of the weights that gave it."""


class ServerError(RuntimeError):
    """No answer that can be used; the text says in one sentence why."""


class Server:
    """The network behind an address such as http://10.0.0.7:8000. Safe to call from many threads.

    `weights` is the SHA-256 of the weights that it should have: with others it would contradict what this app shows.
    """

    def __init__(self, address: str, weights: str):
        self.address = address
        self.weights = weights
        self.problem = ""
        """What went wrong when it was last asked, one sentence; empty where nothing did."""
        self._asked_again = 0.0

    def coarse_map(self, photo: np.ndarray) -> np.ndarray:
        """`Segmenter.coarse_map` over there: (H, W, 3) uint8 RGB -> (h, w) float32, 0..1.

        Raises:
            ServerError: no answer in time, or none that can be used; for a minute afterwards at once.
        """
        if time.monotonic() < self._asked_again:
            raise ServerError(self.problem)
        try:
            coarse = self._answer(photo)
        except ServerError as error:
            self.problem, self._asked_again = str(error), time.monotonic() + REST
            raise
        self.problem = ""
        return coarse

    def _answer(self, photo: np.ndarray) -> np.ndarray:
        if not self.address.startswith(("http://", "https://")):
            raise ServerError("The segmentation server's address does not start with http:// or https://.")
        try:
            with urlopen(Request(self.address, packed(photo)), timeout=PATIENCE) as answer:  # noqa: S310 - see above
                coarse, found = unpacked(answer.read()), answer.headers[WEIGHTS_HEADER]
        except (OSError, HTTPException, ValueError) as error:
            raise ServerError("The segmentation server does not answer as it should.") from error
        if coarse.ndim != 2 or coarse.dtype != np.float32 or found != self.weights:
            raise ServerError("The segmentation server has another network than this app.")
        return coarse


def packed(array: np.ndarray) -> bytes:
    """An array as the bytes of an .npy file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def unpacked(data: bytes) -> np.ndarray:
    """The array in the bytes of an .npy file; ValueError where they are none. Nothing in them is executed."""
    try:
        return np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:  # a broken header fails in many ways
        raise ValueError("These bytes are no array: send what numpy.save writes.") from error
