"""The segmentation network on Ray Serve, on one or several machines: the server of `core.serving.client`.

    pip install -r requirements-serve.txt
    serve run core.serving.ray_app:app num_replicas=2 max_batch_size=8 batch_wait_timeout_s=0.005

The settings are Ray's own: the number of processes, how many photos a process computes together, and how many seconds
the first of them waits for the others. On several machines, install the requirements on each, run the first two lines
on the first machine, the third on every other, and the last on any. Each machine then accepts photos on port 8000:

    ray start --head --port 6379
    serve start --http-host 0.0.0.0 --proxy-location EveryNode
    ray start --address FIRST:6379
    serve run --address FIRST:6379 --working-dir . core.serving.ray_app:app num_replicas=4

Only the app should reach that port: it has no authentication.
"""

import asyncio
from typing import Any

import numpy as np
from pydantic import BaseModel
from ray import serve
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core import fcn, weights
from core.data import archives
from core.serving import client


class Settings(BaseModel):
    """Settings of the deployment, under Ray's names."""

    num_replicas: int = 1
    max_batch_size: int = 8
    batch_wait_timeout_s: float = 0.005


@serve.deployment
class Segmentation:
    """One replica: the shipped network behind HTTP."""

    def __init__(self):
        self._segmenter = fcn.load()
        self._header = {client.WEIGHTS_HEADER: weights.facts(weights.FCN)["sha256"]}

    def reconfigure(self, batching: dict) -> None:
        """Apply Ray's `user_config`, also while the server runs."""
        self._maps.set_max_batch_size(batching["max_batch_size"])
        self._maps.set_batch_wait_timeout_s(batching["batch_wait_timeout_s"])

    @serve.batch
    async def _maps(self, photos: list[np.ndarray]) -> list[np.ndarray]:
        return await asyncio.to_thread(self._segmenter.coarse_maps, photos)

    async def __call__(self, request: Request) -> Response:
        """The .npy file of a photo -> that of its map, or status 400 with one sentence."""
        try:
            photo = archives.array(await request.body())
            self._segmenter.prepared(photo)
        except ValueError as error:
            return PlainTextResponse(f"The request {error}", 400)
        return Response(client.packed(await self._maps(photo)), headers=self._header)


def app(settings: Settings) -> serve.Application:
    """The application for `serve run core.serving.ray_app:app`."""
    batching = settings.model_dump(include={"max_batch_size", "batch_wait_timeout_s"})
    deployment: Any = Segmentation  # the decorator makes it one
    return deployment.options(num_replicas=settings.num_replicas, user_config=batching).bind()
