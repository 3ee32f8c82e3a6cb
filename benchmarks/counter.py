"""How long a page takes to answer, beside the rerun of an empty page's counter in the same run."""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import TIMEOUT_MS, launched, served, settle
from benchmarks.table import Row

NAME = "empty page's counter"
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


@contextmanager
def beside_counter(path: str) -> Iterator[tuple[Page, Callable[[], float]]]:
    """The app's page at `path` and a function that gives the milliseconds of one rerun of an empty page's counter."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        counter = Path(folder) / "counter.py"
        counter.write_text(COUNTER)
        browser = launched(playwright)
        with served(counter) as (empty_url, _), served() as (lab_url, _):
            empty, lab = (browser.new_page(viewport={"width": 1280, "height": 900}) for _ in range(2))
            for page in (empty, lab):
                page.set_default_timeout(2 * TIMEOUT_MS)  # the first visitor waits for TensorFlow's import
            empty.goto(empty_url)
            empty.wait_for_selector("text=count 0")
            lab.goto(f"{lab_url}/{path}")
            yield lab, lambda: measure(empty, COUNT, empty.get_by_role("button", name="more").click)
        browser.close()


def measure(page: Page, shown: str, act: Callable[[], None]) -> float:
    """Milliseconds from the input of `act` to the frame in which the JavaScript function `shown` has changed."""
    page.bring_to_front()
    page.evaluate(WATCH, shown)
    act()
    taken = page.evaluate("window.answer")
    settle(page)
    page.wait_for_timeout(100)
    return taken


def rows(taken: dict[str, list[float]]) -> list[Row]:
    """A row for each name but the counter's: its median against the counter's."""
    base = statistics.median(taken[NAME])
    return [
        Row(f"{name}, until it is on the page, against an {NAME}", statistics.median(times) / base, told(times, base))
        for name, times in taken.items()
        if name != NAME
    ]


def told(times: list[float], base: float) -> str:
    """Median and range of some milliseconds, and what they are held against."""
    return f"{statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f}), {base:.0f} ms"
