"""How fast the latent space page answers in Chromium: digits per second under the pointer, and the time of a click.

    python -m benchmarks.latent_page

One run starts this app and an empty page with a counter. Hover: the pointer moves in every frame for three seconds; the
digits drawn per second are compared with the frames of the browser. Click: 20 rounds of one click on the counter and
one in the plane, each timed from the press to the first frame with the server's answer.
"""

import random

from benchmarks.browser import settle
from benchmarks.counter import NAME, beside_counter, measure, rows
from benchmarks.table import Row, show

ROUNDS, WARM = 20, 2
ANSWER = """() => {
  const picture = document.querySelector(".st-key-answer img")
  return picture?.complete ? window.answered = picture.src : window.answered
}"""
# The page itself makes the events, one per frame: those of Playwright arrive too slowly on a busy machine.
HOVER = """async () => {
  const gd = document.querySelector(".st-key-plane .js-plotly-plot"), target = gd.querySelector(".nsewdrag")
  const box = target.getBoundingClientRect()
  const canvas = [...document.querySelectorAll(".st-key-live *")].map((e) => e.shadowRoot?.querySelector("canvas"))
    .find(Boolean)
  const before = Number(canvas.dataset.frames || 0), start = performance.now()
  let frames = 0, now = start
  while (now - start < 3000) {
    const turn = (now - start) / 400
    target.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, composed: true,
      clientX: box.left + box.width * (0.5 + 0.45 * Math.cos(turn)),
      clientY: box.top + box.height * (0.5 + 0.45 * Math.sin(1.7 * turn)) }))
    now = await new Promise(requestAnimationFrame)
    frames++
  }
  const seconds = (now - start) / 1000
  return [(Number(canvas.dataset.frames) - before) / seconds, frames / seconds]
}"""


def main():
    """Measure and print."""
    with beside_counter("latent_space") as (lab, count):
        lab.locator("circle.marked").wait_for()
        settle(lab)
        lab.wait_for_timeout(2000)
        digits, frames = lab.evaluate(HOVER)
        hover = Row(
            "latent space page, digits drawn under a moving pointer, against the frames of the browser",
            digits / frames,
            f"{digits:.1f} per second, {frames:.1f} per second",
        )
        times, place = {NAME: [], "latent space page, digit at a click": []}, random.Random(0)
        for turn in range(WARM + ROUNDS):
            counter_time = count()
            box = lab.locator(".st-key-plane .nsewdrag").bounding_box()
            x = box["x"] + box["width"] * place.uniform(0.05, 0.95)
            y = box["y"] + box["height"] * place.uniform(0.05, 0.95)
            click_time = measure(lab, ANSWER, lambda x=x, y=y: lab.mouse.click(x, y))
            if turn >= WARM:
                for each, milliseconds in zip(times.values(), (counter_time, click_time), strict=True):
                    each.append(milliseconds)
    show([hover, *rows(times)])


if __name__ == "__main__":
    main()
