"""How fast the latent space page answers in Chromium: hover in frames a second, a click as a multiple of a counter's.

    python -m benchmarks.latent_page

One run starts both apps. Hover: the pointer moves in every frame for three seconds; digits drawn a second, next to the
frames that the browser shows. Click: turn about between an empty page's counter and a click in the plane, 20 of each,
from the press to the first frame with Python's answer.
"""

import random
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.browser import TIMEOUT_MS, launched, served, settle
from benchmarks.convolution_page import COUNT, COUNTER, measure

ROUNDS, WARM = 20, 2
ANSWER = """() => {
  const picture = document.querySelector(".st-key-answer img")
  return picture?.complete ? window.answered = picture.src : window.answered
}"""
# Events made in the page itself, one a frame: Playwright's own arrive too slowly on a busy machine to tell anything.
HOVER = """async () => {
  const gd = document.querySelector(".st-key-plane .js-plotly-plot"), target = gd.querySelector(".nsewdrag")
  const box = target.getBoundingClientRect()
  const canvas = [...document.querySelectorAll(".st-key-live *")].map((e) => e.shadowRoot?.querySelector("canvas"))
    .find(Boolean)
  const before = Number(canvas.dataset.frames || 0), begun = performance.now()
  let frames = 0, now = begun
  while (now - begun < 3000) {
    const turn = (now - begun) / 400
    target.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, composed: true,
      clientX: box.left + box.width * (0.5 + 0.45 * Math.cos(turn)),
      clientY: box.top + box.height * (0.5 + 0.45 * Math.sin(1.7 * turn)) }))
    now = await new Promise(requestAnimationFrame)
    frames++
  }
  const seconds = (now - begun) / 1000
  return [(Number(canvas.dataset.frames) - before) / seconds, frames / seconds]
}"""


def main():
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        counter = Path(folder) / "counter.py"
        counter.write_text(COUNTER)
        browser = launched(playwright)
        with served(counter) as (empty_url, _), served() as (lab_url, _):
            empty = browser.new_page(viewport={"width": 1280, "height": 900})
            empty.goto(empty_url)
            empty.wait_for_selector("text=count 0")
            lab = browser.new_page(viewport={"width": 1280, "height": 900})
            lab.set_default_timeout(2 * TIMEOUT_MS)  # the first visitor waits for TensorFlow's import
            lab.goto(f"{lab_url}/latent_space")
            lab.locator("circle.marked").wait_for()
            settle(lab)
            lab.wait_for_timeout(2000)
            digits, frames = lab.evaluate(HOVER)
            print(f"hover                 {digits:7.1f} digits a second at {frames:.1f} frames a second", flush=True)
            counted, clicked = [], []
            place = random.Random(0)
            for turn in range(WARM + ROUNDS):
                count = measure(empty, COUNT, empty.get_by_role("button", name="more").click)
                box = lab.locator(".st-key-plane .nsewdrag").bounding_box()
                x = box["x"] + box["width"] * place.uniform(0.05, 0.95)
                y = box["y"] + box["height"] * place.uniform(0.05, 0.95)
                click = measure(lab, ANSWER, lambda x=x, y=y: lab.mouse.click(x, y))
                if turn >= WARM:
                    counted.append(count)
                    clicked.append(click)
        browser.close()
    base = statistics.median(counted)
    for name, times in (("empty page's counter", counted), ("click in the plane", clicked)):
        median = statistics.median(times)
        print(f"{name:22}{median:7.0f} ms   × {median / base:.2f}   ({min(times):.0f} to {max(times):.0f})")


if __name__ == "__main__":
    main()
