"""How much memory a process may still take, and how it gives some back."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
OWN_GROUPS = Path("/proc/self/cgroup")
CGROUP = Path("/sys/fs/cgroup")
RESERVE = 5e8
"""Bytes that one more model in memory must leave free for everything else."""
_VERSIONS = (  # of control groups, 2 and 1: folder, limit, use, and how their statistics call file caches
    ("", "memory.max", "memory.current", "inactive_file"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available() -> float:
    """Bytes that are free on this machine and within its container's limit; infinite where the system does not say.

    File caches count as free: the kernel gives them up when memory is needed.
    """
    free = [float("inf")]
    with suppress(OSError, KeyError):
        free.append(1024 * _table(MEMINFO)["MemAvailable:"])
    for version, limit, used, caches in _VERSIONS:
        for group in _groups(version):
            with suppress(OSError, ValueError, KeyError):  # no such control group, or no limit, which reads "max"
                limits = [float((group / name).read_text(encoding="ascii")) for name in (limit, used)]
                free.append(limits[0] - limits[1] + _table(group / "memory.stat")[caches])
    return max(0.0, min(free))


def release() -> None:
    """Collect all garbage and give free memory back to the system; it takes some tenths of a second.

    A model is cyclic garbage, and `gc.freeze`, which a server may use, hides it from `gc.collect`.
    """
    gc.unfreeze()
    gc.collect()
    return_free()


def return_free() -> None:
    """Return what was freed to the system; glibc keeps blocks below 32 MB, hundreds of megabytes after large photos."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):  # musl has none
        libc.malloc_trim(0)


def _groups(version: str) -> Iterator[Path]:
    """The folder of the control group that a container sees as the first one, and that of this process."""
    yield CGROUP / version
    with suppress(OSError):
        for line in OWN_GROUPS.read_text(encoding="utf-8").splitlines():
            _, kinds, path = line.split(":", 2)
            if version in kinds.split(","):
                yield CGROUP / version / path.lstrip("/")


def _table(path: Path) -> dict[str, float]:
    rows = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return {row[0]: float(row[1]) for row in rows}
