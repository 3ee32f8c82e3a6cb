"""How much memory a process may still take."""

from contextlib import suppress
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")
_LIMITS = (  # of control groups, version 2 and 1: limit, use, and how their statistics call file caches
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)


def available() -> float:
    """Bytes that are free on this machine and within its container's limit; infinite where the system does not say.

    File caches count as free: the kernel gives them up when memory is needed.
    """
    free = [float("inf")]
    with suppress(OSError, KeyError):
        free.append(1024 * _table(MEMINFO)["MemAvailable:"])
    for limit, used, statistics, caches in _LIMITS:
        with suppress(OSError, ValueError, KeyError):  # no such control group, or no limit, which reads "max"
            limits = [float((CGROUP / name).read_text(encoding="ascii")) for name in (limit, used)]
            free.append(limits[0] - limits[1] + _table(CGROUP / statistics)[caches])
    return max(0.0, min(free))


def _table(path: Path) -> dict[str, float]:
    rows = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return {row[0]: float(row[1]) for row in rows}
