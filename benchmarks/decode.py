"""What one decode costs, in the browser and on the server, against TensorFlow's bare call.

    python -m benchmarks.decode

In one run: the page's JavaScript decoder in Chromium, many points in a row; the shipped autoencoder's `decode`; and the
compiled decoder of the same network in Keras. The points are random, the same for all.
"""

import statistics
import time

import numpy as np
import tensorflow as tf
from playwright.sync_api import sync_playwright

from benchmarks.browser import ROOT, launched
from benchmarks.table import Row, show
from core import autoencoder, weights
from core.autoencoder import keras_model, network
from ui.latent_space.live_digit import payload

POINTS, WARM = 300, 50
# Milliseconds of the decodes after the warm ones, all together: the browser's clock is too coarse for one.
IN_BROWSER = """([source, weights, points, warm]) => {
  const decode = new Function(source + "; return makeDecoder(floats(arguments[0]))")(weights)
  points.slice(0, warm).forEach(([z1, z2]) => decode(z1, z2))
  const begun = performance.now()
  points.slice(warm).forEach(([z1, z2]) => decode(z1, z2))
  return performance.now() - begun
}"""


def in_browser(weights: str, points: np.ndarray) -> float:
    """Mean milliseconds of a decode in Chromium; `weights` as the page hands them to it."""
    source = (ROOT / "ui" / "latent_space" / "decoder.js").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page()
        taken = page.evaluate(IN_BROWSER, [source, weights, points.tolist(), WARM]) / (len(points) - WARM)
        browser.close()
    return taken


def main():
    """Measure and print."""
    shipped = autoencoder.load()
    model = keras_model.build()
    weights.load(model, network.WEIGHTS)
    decoder = model.layers[1]
    bare = tf.function(lambda z: decoder(z, training=False), input_signature=[tf.TensorSpec((None, 1, 1, 2))])
    points = np.random.default_rng(0).uniform(-4, 4, (POINTS, 2)).astype(np.float32)
    taken = {"the server": [], "TensorFlow": []}
    for point in points:
        begun = time.perf_counter()
        shipped.decode(point[None])
        ours = time.perf_counter()
        bare(tf.constant(point[None, None, None]))
        for times, seconds in zip(taken.values(), (ours - begun, time.perf_counter() - ours), strict=True):
            times.append(1000 * seconds)
    medians = {name: statistics.median(times[WARM:]) for name, times in taken.items()}
    base = medians.pop("TensorFlow")
    medians["the browser"] = in_browser(payload(shipped.decoder), points)
    show(
        [
            Row(f"a decode in {name}, against TensorFlow's bare call", cost / base, f"{cost:.2f} ms, {base:.2f} ms")
            for name, cost in medians.items()
        ]
    )


if __name__ == "__main__":
    main()
