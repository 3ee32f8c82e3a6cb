"""Start the app and a Chromium that drives it, for the benchmarks, the browser tests and docs/pictures.py."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).parents[1]
TIMEOUT_MS = 60_000
NO_CHROMIUM = "Chromium is not installed. Install it (Debian, Ubuntu: apt-get install chromium) or Google Chrome."
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """Path of the installed Chromium or Chrome, or None."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    return path or (str(_MAC) if _MAC.exists() else None)


def launched(playwright: Playwright) -> Browser:
    """Start a headless Chromium. Without one, the program ends with a message."""
    path = chromium_path()
    if path is None:
        sys.exit(NO_CHROMIUM)
    return playwright.chromium.launch(executable_path=path, args=_FLAGS)


@contextmanager
def served(
    script: str | Path = "streamlit_app.py", environment: dict[str, str] | None = None, port: int | None = None
) -> Iterator[tuple]:
    """Start a server for one script as `make app` does; yield its URL and its process.

    Args:
        script: path of the Streamlit script, relative to the project.
        environment: environment variables of the server; those of this process by default.
        port: TCP port; a free one by default.

    Raises:
        RuntimeError: the server does not answer within a minute. The text contains what it printed.
    """
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            _await_answer(f"http://127.0.0.1:{port}/_stcore/health", process, log)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()  # it has nothing to save
            process.wait()


def _await_answer(url: str, process: subprocess.Popen, log) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise RuntimeError(f"the app did not start:\n{log.read()}") from None
            time.sleep(0.1)


def settle(page: Page) -> None:
    """Wait until the script has finished and no element on the page is stale."""
    page.wait_for_selector('[data-testid="stMain"] [data-testid="stElementContainer"]', timeout=TIMEOUT_MS)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=TIMEOUT_MS)
