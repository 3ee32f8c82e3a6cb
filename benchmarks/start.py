"""Time and memory from a server's start to what its first visitor sees, against a bare `import tensorflow`.

    python -m benchmarks.start

Turn about, each in a process of its own: TensorFlow's import; and the app's server until Chromium, which is running
already, shows the first page, the first digit of the latent space page, or the first overlay of the segmentation page.
Memory is the most that the process ever held (Linux alone tells it).
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
"""What is waited for: name -> (page, selector)."""


def peak(status: str) -> float:
    """The most memory that a process ever held, in MB, from its /proc/PID/status; NaN where that is not told."""
    return next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM")), math.nan)


def status_of(process: int) -> str:
    """What Linux tells of a process; nothing elsewhere."""
    path = Path(f"/proc/{process}/status")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def bare_import() -> tuple[float, float]:
    """Seconds and MB of a process that imports TensorFlow and ends."""
    program = f"{IMPORT}, pathlib; path = pathlib.Path('/proc/self/status'); path.exists() and print(path.read_text())"
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return time.perf_counter() - begun, peak(done.stdout)


def until(browser: Browser, path: str, selector: str) -> tuple[float, float]:
    """Seconds from a server's start until the page shows what the selector finds, and the server's MB by then."""
    begun = time.perf_counter()
    with served() as (url, process):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"{url}/{path}")
        page.locator(selector).first.wait_for()
        taken = time.perf_counter() - begun, peak(status_of(process.pid))
        page.close()
    return taken


def main():
    """Measure and print."""
    taken = {name: [] for name in (IMPORT, *FIRSTS)}
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for _ in range(ROUNDS):
            taken[IMPORT].append(bare_import())
            for name, (path, selector) in FIRSTS.items():
                taken[name].append(until(browser, path, selector))
        browser.close()
    medians = {name: tuple(map(statistics.median, zip(*runs, strict=True))) for name, runs in taken.items()}
    base_seconds, base_megabytes = medians.pop(IMPORT)
    rows = []
    for name, (seconds, megabytes) in medians.items():
        against = f"from start to the {name}, against `{IMPORT}` alone"
        rows.append(Row(f"time {against}", seconds / base_seconds, f"{seconds:.1f} s, {base_seconds:.1f} s"))
        measured = f"{megabytes:.0f} MB, {base_megabytes:.0f} MB"
        rows.append(Row(f"memory {against}", megabytes / base_megabytes, measured))
    show(rows)


if __name__ == "__main__":
    main()
