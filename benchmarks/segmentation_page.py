"""How soon Chromium shows the overlay after the upload of a 12-megapixel photo.

    python -m benchmarks.segmentation_page

One run alternates between two measurements. The first is the necessary work in this process: decoding the photo and one
forward pass. The second is the app, from the selection of the file to the frame with its overlay. Every round has a new
photo, so no cache helps.
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
# Milliseconds from the selection of a file to the frame that shows its overlay.
WATCH = """() => {
  const overlay = () => {
    const picture = document.querySelector('img[alt^="Your photo"][alt*="under a mask"]')
    return picture?.complete ? picture.src : null
  }
  const before = overlay()
  window.answer = new Promise((resolve, reject) => {
    document.addEventListener("change", () => {
      const start = performance.now()
      const check = () => {
        if (overlay() && overlay() !== before) requestAnimationFrame(() => resolve(performance.now() - start))
        else if (performance.now() - start > 60000) reject("no overlay in 60 s")
        else requestAnimationFrame(check)
      }
      check()
    }, { capture: true, once: true })
  })
}"""


def photo(seed: int) -> bytes:
    """A JPEG of 12 megapixels, as large as that of a phone: a sample photo, enlarged, with noise from `seed`."""
    sample = Image.fromarray(photos.decode(sample_photos.sample("Coffee"))).resize(SIZE, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(seed).normal(0, 6, (SIZE[1], SIZE[0], 1))
    file = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(sample) + noise, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=88)
    return file.getvalue()


def necessary_work(segmenter: Segmenter, data: bytes) -> tuple[float, float]:
    """Milliseconds of decoding and of the compiled forward pass."""
    start = time.perf_counter()
    pixels = photos.decode(data)
    decoded = time.perf_counter()
    x = segmenter.prepared(pixels)
    ready = time.perf_counter()
    segmenter.forward(x[None])
    return 1000 * (decoded - start), 1000 * (time.perf_counter() - ready)


def main():
    """Measure and print."""
    segmenter = fcn.load()
    times = {"decoding": [], "forward pass": [], "upload to overlay": []}
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
            upload = page.evaluate("window.answer")
            if turn >= WARM:
                for each, milliseconds in zip(times.values(), (*necessary_work(segmenter, data), upload), strict=True):
                    each.append(milliseconds)
        browser.close()
    decoding, forward, upload = map(statistics.median, times.values())
    megapixels = SIZE[0] * SIZE[1] / 1e6
    what = f"overlay of a new photo of {megapixels:.0f} megapixels, against decoding it and one forward pass"
    show([Row(what, upload / (decoding + forward), f"{upload:.0f} ms, {decoding:.0f} + {forward:.0f} ms")])


if __name__ == "__main__":
    main()
