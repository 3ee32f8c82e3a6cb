"""What no upload may do: write a file, take longer than a visitor waits, keep memory."""

import gc
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SECONDS = 2.0
"""Of one upload, in seconds of the processor, so that a busy machine does not count."""
_CHANGES = {
    "os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.system", "os.exec",
    "subprocess.Popen", "pickle.find_class", "socket.connect",
}  # fmt: skip

_seen: list[str] | None = None


def _audit(event: str, arguments: tuple) -> None:
    """Called by Python before it opens or moves a file, starts a program and so on; it cannot be taken away again."""
    if _seen is None:
        return
    if event == "open":
        path, mode, flags = arguments
        writes = set(mode or "") & set("wax+") or (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        own = path == tempfile.gettempdir() or "__autograph_generated" in str(
            path
        )  # TensorFlow's, as it builds a graph
        if writes and str(path) != os.devnull and not own:
            _seen.append(f"open {path}")
    elif event == "pickle.find_class" and arguments[0].partition(".")[0] in ("streamlit", "numpy"):
        return  # what Streamlit's cache holds, its own
    elif event in _CHANGES:
        _seen.append(f"{event} {arguments}")


sys.addaudithook(_audit)


@contextmanager
def nothing_written() -> Iterator[None]:
    """Fail where anything inside writes, moves or removes a file, starts a program, unpickles or connects."""
    global _seen  # noqa: PLW0603
    compiled, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # a module imported late is no upload's doing
    _seen = []
    try:
        yield
        if _seen:
            pytest.fail(f"It touched {_seen}")
    finally:
        _seen, sys.dont_write_bytecode = None, compiled


def harmless(call: Callable):
    """What `call` gives, after `nothing_written` and done in `SECONDS`; three tries, for the machine may be busy."""
    for _ in range(3):
        begun = time.process_time()
        with nothing_written():
            result = call()
        seconds = time.process_time() - begun
        if seconds < SECONDS:
            return result
    pytest.fail(f"It took {seconds:.1f} s.")


def resident() -> float:
    """Megabytes of memory that this process holds; only Linux says so."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("only Linux tells how much memory a process holds")
    gc.collect()
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def assert_one_clean_sentence(text: str) -> None:
    """A sentence or two for a visitor: short, ended, nothing of Python in it."""
    assert 20 < len(text) < 400
    assert text.isprintable()
    assert text.endswith(".")
    assert not re.search(r"Traceback|Error\b|<class|0x[0-9a-f]{6}|object at", text)
