"""How fast the convolution page answers in Chromium, as a multiple of an empty page's counter.

    python -m benchmarks.convolution_page

One run starts both apps and takes turns between them: a click on the empty page's counter, then each control of the
convolution page, 20 times over. Measured from the input event to the first frame that shows the new text or picture.
"""

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.browser import TIMEOUT_MS, launched, served, settle

ROUNDS, WARM = 20, 3
COUNTER = """
import streamlit as st
st.session_state.setdefault("count", 0)
def more():
    st.session_state.count += 1
st.button("more", on_click=more)
st.markdown(f"count {st.session_state.count}")
"""
# Resolves with the milliseconds from the next input event to the frame in which `shown()` has changed.
WATCH = """(shown) => {
  const read = eval(shown), before = read();
  window.answer = new Promise((resolve, reject) => {
    const start = (event) => {
      const begun = event.timeStamp;
      const look = () => {
        const now = performance.now() - begun;
        if (read() !== before) requestAnimationFrame(() => resolve(performance.now() - begun));
        else if (now > 30000) reject("nothing changed in 30 s");
        else requestAnimationFrame(look);
      };
      look();
    };
    window.addEventListener("pointerdown", start, { capture: true, once: true });
    window.addEventListener("keydown", start, { capture: true, once: true });
  });
}"""
COUNT = "() => document.body.innerText.match(/count \\d+/)?.[0]"
PICTURE = """() => [...document.querySelectorAll(".st-key-grid *")].map((e) => e.shadowRoot).filter(Boolean)
  .flatMap((root) => [...root.querySelectorAll(".board, canvas")]).map((e) => e.ariaLabel).join()"""


def measure(page, shown, act):
    """Milliseconds from the input to the frame with the answer."""
    page.bring_to_front()
    page.evaluate(WATCH, shown)
    act()
    taken = page.evaluate("window.answer")
    settle(page)
    page.wait_for_timeout(100)
    return taken


def controls(page):
    """Name and action of some controls of each kind; actions alternate, so that each one changes the picture."""

    def alternate(*actions):
        turn = 0

        def act():
            nonlocal turn
            actions[turn % len(actions)]()
            turn += 1

        return act

    def key(name):
        def act():
            page.keyboard.press(name)

        return act

    slider = page.get_by_role("group", name="Kernel height", exact=True).get_by_role("slider")
    height = page.locator(".st-key-height")
    up, down = height.get_by_test_id("stNumberInputStepUp"), height.get_by_test_id("stNumberInputStepDown")
    padding = page.locator(".st-key-padding")
    right, left = key("ArrowRight"), key("ArrowLeft")
    return {
        "padding": (alternate(padding.get_by_text("VALID").click, padding.get_by_text("SAME").click), None),
        "input height": (alternate(up.click, down.click), None),
        "kernel height": (alternate(right, left), slider.focus),
        "next cell": (page.get_by_role("button", name="Next").click, None),
    }


def main():
    """Measure and print, a line for each control."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        counter = Path(folder) / "counter.py"
        counter.write_text(COUNTER)
        browser = launched(playwright)
        with served(counter) as (empty_url, _), served() as (lab_url, _):
            empty, lab = (browser.new_page(viewport={"width": 1280, "height": 900}) for _ in range(2))
            for page in (empty, lab):
                page.set_default_timeout(TIMEOUT_MS)
            empty.goto(empty_url)
            empty.wait_for_selector("text=count 0")
            lab.goto(f"{lab_url}/convolution")
            lab.wait_for_selector(".st-key-grid canvas")
            lab.wait_for_timeout(1500)
            acts = controls(lab)
            taken = {"empty page's counter": []} | {name: [] for name in acts}
            for turn in range(WARM + ROUNDS):
                more = empty.get_by_role("button", name="more").click
                times = {"empty page's counter": measure(empty, COUNT, more)}
                for name, (act, prepare) in acts.items():
                    if prepare:
                        lab.bring_to_front()
                        prepare()
                    times[name] = measure(lab, PICTURE, act)
                if turn >= WARM:
                    for name, milliseconds in times.items():
                        taken[name].append(milliseconds)
        browser.close()
    base = statistics.median(taken["empty page's counter"])
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:22}{median:7.0f} ms   × {median / base:.2f}   ({min(times):.0f} to {max(times):.0f})")


if __name__ == "__main__":
    main()
