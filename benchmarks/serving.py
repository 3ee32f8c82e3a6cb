"""What the way to Ray Serve and back costs, and what a second replica brings. It needs requirements-serve.txt.

    python -m benchmarks.serving

One after the other in one run: the network in this process, then behind Ray with one replica and with two, asked by one
visitor and by eight at a time.
"""

import os
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from benchmarks.table import Row, show
from core import fcn, photos, weights
from core.data import sample_photos
from core.fcn import segmenter
from core.serving import client

ALONE, TOGETHER, VISITORS = 30, 64, 8


@contextmanager
def cluster(**settings) -> Iterator[client.Server]:
    """A Ray cluster of this machine alone with `core.serving.ray_app` on it; all that Ray writes goes with it."""
    before, home = dict(os.environ), tempfile.mkdtemp(prefix="ray")  # Ray's sockets need a short path
    os.environ |= {"HOME": home, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    import ray
    from ray import serve

    from core.serving import ray_app

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    try:
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=home)
        serve.start(http_options={"port": port})
        serve.run(ray_app.app(ray_app.Settings(**settings)))
        yield client.Server(f"http://127.0.0.1:{port}", weights.facts(segmenter.WEIGHTS)["sha256"])
    finally:
        serve.shutdown()
        ray.shutdown()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home, ignore_errors=True)


def measured(ask: Callable[[np.ndarray], np.ndarray], photo: np.ndarray) -> tuple[float, float]:
    """(milliseconds of one visitor's answer, photos a second of eight visitors)."""
    with ThreadPoolExecutor(VISITORS) as visitors:
        list(visitors.map(ask, [photo] * 2 * VISITORS))  # every replica has seen every size of batch it will
        taken = []
        for _ in range(ALONE):
            begun = time.perf_counter()
            ask(photo)
            taken.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        list(visitors.map(ask, [photo] * TOGETHER))
    return 1000 * statistics.median(taken), TOGETHER / (time.perf_counter() - begun)


def main():
    """Measure and print."""
    photo, _ = photos.preview(sample_photos.sample("Coffee"), 1000)
    here, rate = measured(fcn.load().coarse_map, photo)
    rows = []
    for replicas in (1, 2):
        with cluster(num_replicas=replicas) as server:
            there, many = measured(server.coarse_map, photo)
        name = f"Ray Serve with {replicas} replica{'s' * (replicas > 1)}"
        rows.append(
            Row(f"map of a photo by {name}, against this process", there / here, f"{there:.0f} ms, {here:.0f} ms")
        )
        rows.append(
            Row(f"photos of {VISITORS} visitors by {name}, likewise", many / rate, f"{many:.1f}, {rate:.1f} a second")
        )
    show(rows)


if __name__ == "__main__":
    main()
