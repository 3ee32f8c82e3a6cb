"""Checks of what no upload may do: write a file, take too long, keep memory, cause an unclear message."""

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

SECONDS = 6.0
"""Limit for one upload, in processor time, so that other work on the machine counts little: the largest valid photo
takes up to 2.2 s on a slow machine, a file that was made to take long would take minutes."""
_CHANGES = {
    "os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.system", "os.exec",
    "subprocess.Popen", "pickle.find_class", "socket.connect",
}  # fmt: skip

_events: list[str] | None = None


def _audit(event: str, arguments: tuple) -> None:
    """Python calls this before it opens a file, starts a program and so on; an audit hook cannot be removed."""
    if _events is None:
        return
    if event == "open":
        path, mode, flags = arguments
        writes = set(mode or "") & set("wax+") or (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        # TensorFlow writes temporary files while it builds a graph.
        tensorflow = path == tempfile.gettempdir() or "__autograph_generated" in str(path)
        if writes and str(path) != os.devnull and not tensorflow:
            _events.append(f"open {path}")
    elif event == "pickle.find_class" and arguments[0].partition(".")[0] in ("streamlit", "numpy"):
        return  # Streamlit's cache holds its own pickles
    elif event in _CHANGES:
        _events.append(f"{event} {arguments}")


sys.addaudithook(_audit)


@contextmanager
def nothing_written() -> Iterator[None]:
    """Fail if the block writes, moves or removes a file, starts a program, unpickles or connects."""
    global _events  # noqa: PLW0603
    compiled, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # late imports are not part of the upload
    _events = []
    try:
        yield
        if _events:
            pytest.fail(f"Forbidden events: {_events}")
    finally:
        _events, sys.dont_write_bytecode = None, compiled


def harmless(call: Callable):
    """The result of `call` under `nothing_written` and within `SECONDS`; three tries, as the machine may be busy."""
    for _ in range(3):
        begun = time.process_time()
        with nothing_written():
            result = call()
        seconds = time.process_time() - begun
        if seconds < SECONDS:
            return result
    pytest.fail(f"The call took {seconds:.1f} s.")


def resident() -> float:
    """Resident memory of this process in megabytes; skips where the system is not Linux."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("only Linux reports the memory of a process")
    gc.collect()
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def assert_one_clean_sentence(text: str) -> None:
    """One or two sentences for a user: one line, short, with a full stop, without traces of Python."""
    assert 20 < len(text) < 400
    assert text.isprintable()
    assert text.endswith(".")
    assert not re.search(r"Traceback|Error\b|<class|0x[0-9a-f]{6}|object at", text)
