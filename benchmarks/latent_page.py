"""How fast the latent space page answers in Chromium: hover in frames a second, a click as a multiple of a counter's.

    python -m benchmarks.latent_page

One run starts both apps. Hover: the pointer moves in every frame for three seconds; digits drawn a second, next to the
frames that the browser shows. Click: turn about between an empty page's counter and a click in the plane, 20 of each,
from the press to the first frame with Python's answer.
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
    with beside_counter("latent_space") as (lab, count):
        lab.locator("circle.marked").wait_for()
        settle(lab)
        lab.wait_for_timeout(2000)
        digits, frames = lab.evaluate(HOVER)
        hover = Row(
            "latent space page, digits drawn under a moving pointer, against the frames that the browser shows",
            digits / frames,
            f"{digits:.1f} a second, {frames:.1f} a second",
        )
        taken, place = {NAME: [], "latent space page, Python's digit at a click": []}, random.Random(0)
        for turn in range(WARM + ROUNDS):
            counted = count()
            box = lab.locator(".st-key-plane .nsewdrag").bounding_box()
            x = box["x"] + box["width"] * place.uniform(0.05, 0.95)
            y = box["y"] + box["height"] * place.uniform(0.05, 0.95)
            clicked = measure(lab, ANSWER, lambda x=x, y=y: lab.mouse.click(x, y))
            if turn >= WARM:
                for times, milliseconds in zip(taken.values(), (counted, clicked), strict=True):
                    times.append(milliseconds)
    show([hover, *rows(taken)])


if __name__ == "__main__":
    main()
