"""Measure how long a page takes to answer, and in the same run how long the counter of an empty page takes."""

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
# Resolves with the milliseconds from the next input event to the frame in which the result of `content()` has changed.
WATCH = """(content) => {
  const read = eval(content), before = read();
  window.answer = new Promise((resolve, reject) => {
    const start = (event) => {
      const began = event.timeStamp;
      const check = () => {
        const now = performance.now() - began;
        if (read() !== before) requestAnimationFrame(() => resolve(performance.now() - began));
        else if (now > 30000) reject("nothing changed in 30 s");
        else requestAnimationFrame(check);
      };
      check();
    };
    window.addEventListener("pointerdown", start, { capture: true, once: true });
    window.addEventListener("keydown", start, { capture: true, once: true });
  });
}"""
COUNT = "() => document.body.innerText.match(/count \\d+/)?.[0]"


@contextmanager
def beside_counter(path: str) -> Iterator[tuple[Page, Callable[[], float]]]:
    """Yield the app's page at `path`, and a function that measures one rerun of the empty page's counter in ms."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        counter = Path(folder) / "counter.py"
        counter.write_text(COUNTER)
        browser = launched(playwright)
        with served(counter) as (empty_url, _), served() as (lab_url, _):
            empty, lab = (browser.new_page(viewport={"width": 1280, "height": 900}) for _ in range(2))
            for page in (empty, lab):
                page.set_default_timeout(2 * TIMEOUT_MS)  # the first page of a server waits for imports
            empty.goto(empty_url)
            empty.wait_for_selector("text=count 0")
            lab.goto(f"{lab_url}/{path}")
            yield lab, lambda: measure(empty, COUNT, empty.get_by_role("button", name="more").click)
        browser.close()


def measure(page: Page, content: str, act: Callable[[], None]) -> float:
    """Milliseconds from the input that `act` makes to the frame in which the page's content has changed.

    Args:
        page: the page.
        content: a JavaScript function that returns the content to watch.
        act: makes one input event on the page.
    """
    page.bring_to_front()
    page.evaluate(WATCH, content)
    act()
    milliseconds = page.evaluate("window.answer")
    settle(page)
    page.wait_for_timeout(100)
    return milliseconds


def rows(times: dict[str, list[float]]) -> list[Row]:
    """One row for each name except the counter's: its median divided by the counter's. Times in ms."""
    base = statistics.median(times[NAME])
    table = []
    for name, each in times.items():
        if name != NAME:
            median = statistics.median(each)
            measured = f"{median:.0f} ms ({min(each):.0f} to {max(each):.0f}), {base:.0f} ms"
            table.append(Row(f"{name}, until it is on the page, against an {NAME}", median / base, measured))
    return table
