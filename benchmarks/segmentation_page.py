"""How soon the overlay stands in Chromium after the upload of a 12-megapixel photo.

    python -m benchmarks.segmentation_page

In one run, turn about: the bare work, decoding the photo and the network's compiled forward pass, in this process; and
the whole way in the app, from the moment the file is chosen to the frame that shows its overlay. Every turn has a photo
of its own, so nothing is remembered.
"""

import io
import statistics
import time

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.browser import TIMEOUT_MS, launched, served, settle
from benchmarks.table import Row, show
from core import fcn, photos
from core.data import sample_photos
from core.fcn.segmenter import Segmenter

ROUNDS, WARM = 10, 2
SIZE = (4000, 3000)
# Milliseconds from the choice of a file to the frame in which the picture of its overlay stands.
WATCH = """() => {
  const shown = () => {
    const picture = document.querySelector('img[alt^="Your photo"][alt*="under a mask"]')
    return picture?.complete ? picture.src : null
  }
  const before = shown()
  window.answer = new Promise((resolve, reject) => {
    document.addEventListener("change", () => {
      const begun = performance.now()
      const look = () => {
        if (shown() && shown() !== before) requestAnimationFrame(() => resolve(performance.now() - begun))
        else if (performance.now() - begun > 60000) reject("no overlay in 60 s")
        else requestAnimationFrame(look)
      }
      look()
    }, { capture: true, once: true })
  })
}"""


def photo(seed: int) -> bytes:
    """A JPEG of 12 megapixels, as large on disk as a phone's: a sample photo, enlarged, under noise of its own."""
    sample = Image.fromarray(photos.decode(sample_photos.sample("Coffee"))).resize(SIZE, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(seed).normal(0, 6, (SIZE[1], SIZE[0], 1))
    file = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(sample) + noise, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=88)
    return file.getvalue()


def bare(segmenter: Segmenter, data: bytes) -> tuple[float, float]:
    """Milliseconds of decoding and of the compiled forward pass."""
    begun = time.perf_counter()
    pixels = photos.decode(data)
    decoded = time.perf_counter()
    x, _ = segmenter.prepared(pixels)
    ready = time.perf_counter()
    segmenter.forward(x[None])
    return 1000 * (decoded - begun), 1000 * (time.perf_counter() - ready)


def main():
    """Measure and print."""
    segmenter = fcn.load()
    taken = {"decoding": [], "forward pass": [], "upload to overlay": []}
    with sync_playwright() as playwright, served() as (url, _):
        browser = launched(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(2 * TIMEOUT_MS)
        for turn in range(WARM + ROUNDS):
            data = photo(turn)
            page.goto(f"{url}/segmentation")
            page.locator('img[alt*="under a mask"]').wait_for()
            settle(page)
            page.wait_for_timeout(300)
            page.evaluate(WATCH)
            page.locator('input[type="file"]').first.set_input_files(
                {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data}
            )
            shown = page.evaluate("window.answer")
            if turn >= WARM:
                for times, milliseconds in zip(taken.values(), (*bare(segmenter, data), shown), strict=True):
                    times.append(milliseconds)
        browser.close()
    decoding, forward, shown = (statistics.median(times) for times in taken.values())
    what = f"overlay of a new photo of {SIZE[0] * SIZE[1] / 1e6:.0f} megapixels, against decoding it and the bare pass"
    show([Row(what, shown / (decoding + forward), f"{shown:.0f} ms, {decoding:.0f} + {forward:.0f} ms")])


if __name__ == "__main__":
    main()
