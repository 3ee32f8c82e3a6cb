"""What one decode costs in the browser and on the server, compared with a compiled call in TensorFlow.

    python -m benchmarks.decode

One run decodes the same random points three times: with the page's JavaScript in Chromium, with the `decode` of the
shipped autoencoder, and with the compiled Keras decoder.
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
# Milliseconds of all decodes after the warm-up together: the browser's clock is too coarse for a single one.
IN_BROWSER = """([source, weights, points, warm]) => {
  const decode = new Function(source + "; return makeDecoder(floats(arguments[0]))")(weights)
  points.slice(0, warm).forEach(([z1, z2]) => decode(z1, z2))
  const start = performance.now()
  points.slice(warm).forEach(([z1, z2]) => decode(z1, z2))
  return performance.now() - start
}"""


def in_browser(weights: str, points: np.ndarray) -> float:
    """Mean milliseconds of a decode in Chromium; `weights` is the text that the page sends to the browser."""
    source = (ROOT / "ui" / "latent_space" / "decoder.js").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page()
        milliseconds = page.evaluate(IN_BROWSER, [source, weights, points.tolist(), WARM]) / (len(points) - WARM)
        browser.close()
    return milliseconds


def main():
    """Measure and print."""
    shipped = autoencoder.load()
    model = keras_model.build()
    arrays = weights.arrays(network.WEIGHTS)
    model.set_weights([arrays[name] for name in network.SHAPES])
    decoder = model.layers[1]
    compiled = tf.function(lambda z: decoder(z, training=False), input_signature=[tf.TensorSpec((None, 1, 1, 2))])
    points = np.random.default_rng(0).uniform(-4, 4, (POINTS, 2)).astype(np.float32)
    times = {"the server": [], "TensorFlow": []}
    for point in points:
        start = time.perf_counter()
        shipped.decode(point[None])
        between = time.perf_counter()
        compiled(tf.constant(point[None, None, None]))
        for each, seconds in zip(times.values(), (between - start, time.perf_counter() - between), strict=True):
            each.append(1000 * seconds)
    medians = {name: statistics.median(each[WARM:]) for name, each in times.items()}
    base = medians.pop("TensorFlow")
    medians["the browser"] = in_browser(payload(shipped.decoder), points)
    show(
        [
            Row(f"a decode in {name}, against TensorFlow's compiled call", cost / base, f"{cost:.2f} ms, {base:.2f} ms")
            for name, cost in medians.items()
        ]
    )


if __name__ == "__main__":
    main()
