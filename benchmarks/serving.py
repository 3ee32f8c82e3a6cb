"""What a request to Ray Serve costs, and what a second replica gains. It needs requirements-serve.txt.

    python -m benchmarks.serving

One run measures the network in this process, then on Ray Serve with one replica and with two. Each gets the requests of
one user and then of eight users at once.
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
from core.serving import client

ALONE, TOGETHER, USERS = 30, 64, 8


@contextmanager
def cluster(**settings) -> Iterator[client.Server]:
    """Start a Ray cluster on this machine with `core.serving.ray_app`; at the end all files of Ray are deleted."""
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
        yield client.Server(f"http://127.0.0.1:{port}", weights.facts(weights.FCN)["sha256"])
    finally:
        serve.shutdown()
        ray.shutdown()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home, ignore_errors=True)


def measured(ask: Callable[[np.ndarray], np.ndarray], photo: np.ndarray) -> tuple[float, float]:
    """(milliseconds per photo of one user, photos per second of eight users)."""
    with ThreadPoolExecutor(USERS) as users:
        list(users.map(ask, [photo] * 2 * USERS))  # warm-up: every replica gets every batch size
        times = []
        for _ in range(ALONE):
            start = time.perf_counter()
            ask(photo)
            times.append(time.perf_counter() - start)
        start = time.perf_counter()
        list(users.map(ask, [photo] * TOGETHER))
    return 1000 * statistics.median(times), TOGETHER / (time.perf_counter() - start)


def main():
    """Measure and print."""
    photo, _ = photos.preview(sample_photos.sample("Coffee"), 1000)
    here, rate = measured(fcn.load().coarse_map, photo)
    rows = []
    for replicas in (1, 2):
        with cluster(num_replicas=replicas) as server:
            there, many = measured(server.coarse_map, photo)
        name = f"Ray Serve with {replicas} replica{'s' * (replicas > 1)}"
        latency, rates = f"{there:.0f} ms, {here:.0f} ms", f"{many:.1f}, {rate:.1f} per second"
        rows.append(Row(f"map of a photo by {name}, against this process", there / here, latency))
        rows.append(Row(f"photos of {USERS} users by {name}, against this process", many / rate, rates))
    show(rows)


if __name__ == "__main__":
    main()
