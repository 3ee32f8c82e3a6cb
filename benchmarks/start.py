"""Time and memory from the start of a server to its first page, compared with `import tensorflow`.

    python -m benchmarks.start

One run alternates between separate processes: the import of TensorFlow, and a server until a running Chromium shows the
first page, the first digit of the latent space page, or the first overlay of the segmentation page. Memory is the peak
of the process, on Linux only.
"""

import math
import statistics
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.browser import TIMEOUT_MS, launched, served
from benchmarks.table import Row, show

ROUNDS = 3
IMPORT = "import tensorflow"
FIRSTS = {
    "first page": ("", "h1"),
    "first digit": ("latent_space", ".st-key-answer img"),
    "first overlay": ("segmentation", 'img[alt*="under a mask"]'),
}
"""Name -> (page, CSS selector of the element to wait for)."""


def peak(status: str) -> float:
    """Peak memory of a process in MB, read from the text of its /proc/PID/status; NaN without that line."""
    return next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM")), math.nan)


def status_of(process: int) -> str:
    """The text of /proc/PID/status on Linux, else an empty string."""
    path = Path(f"/proc/{process}/status")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def bare_import() -> tuple[float, float]:
    """Seconds and peak MB of a process that imports TensorFlow and ends."""
    program = f"{IMPORT}, pathlib; path = pathlib.Path('/proc/self/status'); path.exists() and print(path.read_text())"
    start = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, peak(run.stdout)


def until(browser: Browser, path: str, selector: str) -> tuple[float, float]:
    """Seconds from the start of a server until the page has the selected element, and the server's peak MB by then."""
    start = time.perf_counter()
    with served() as (url, process):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"{url}/{path}")
        page.locator(selector).first.wait_for()
        seconds, megabytes = time.perf_counter() - start, peak(status_of(process.pid))
        page.close()
    return seconds, megabytes


def main():
    """Measure and print."""
    measured = {name: [] for name in (IMPORT, *FIRSTS)}
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for _ in range(ROUNDS):
            measured[IMPORT].append(bare_import())
            for name, (path, selector) in FIRSTS.items():
                measured[name].append(until(browser, path, selector))
        browser.close()
    medians = {name: tuple(map(statistics.median, zip(*runs, strict=True))) for name, runs in measured.items()}
    base_seconds, base_megabytes = medians.pop(IMPORT)
    rows = []
    for name, (seconds, megabytes) in medians.items():
        against = f"from start to the {name}, against `{IMPORT}` alone"
        rows.append(Row(f"time {against}", seconds / base_seconds, f"{seconds:.1f} s, {base_seconds:.1f} s"))
        values = f"{megabytes:.0f} MB, {base_megabytes:.0f} MB"
        rows.append(Row(f"memory {against}", megabytes / base_megabytes, values))
    show(rows)


if __name__ == "__main__":
    main()
