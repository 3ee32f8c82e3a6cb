"""Free memory: the machine's, or less where a control group limits it."""

import pytest

from core import memory

GIB = 2**30


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A function that writes the kernel's files, by their names."""
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)

    def write(files):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)

    return write


def test_a_system_without_these_files_sets_no_limit(system):
    assert memory.available() == float("inf")


def test_without_a_limit_the_machines_free_memory_counts(system):
    system({"meminfo": "MemFree: 1 kB\nMemAvailable: 4194304 kB\n", "memory.max": "max\n"})
    assert memory.available() == 4 * GIB


def test_a_control_group_of_version_2_limits_and_its_file_caches_are_free(system):
    system({"meminfo": "MemAvailable: 4194304 kB\n", "memory.max": f"{2 * GIB}\n", "memory.current": f"{GIB}\n"})
    system({"memory.stat": f"anon {GIB // 2}\ninactive_file {GIB // 4}\n"})
    assert memory.available() == 1.25 * GIB


def test_a_control_group_of_version_1_limits(system):
    system({"meminfo": "MemAvailable: 4194304 kB\n", "memory/memory.limit_in_bytes": f"{2 * GIB}\n"})
    system({"memory/memory.usage_in_bytes": f"{3 * GIB // 2}\n", "memory/memory.stat": "total_inactive_file 0\n"})
    assert memory.available() == GIB / 2


@pytest.mark.parametrize(
    ("own", "folder", "limit", "used", "caches"),
    [
        ("0::/a/b\n", "a/b", "memory.max", "memory.current", "inactive_file"),
        (
            "9:cpu:/\n4:memory:/a\n",
            "memory/a",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
        ),
    ],
)
def test_the_limit_of_the_processs_own_group_counts(system, own, folder, limit, used, caches):
    system({"meminfo": "MemAvailable: 4194304 kB\n", "own": own})
    system(
        {f"{folder}/{limit}": f"{2 * GIB}\n", f"{folder}/{used}": f"{GIB}\n", f"{folder}/memory.stat": f"{caches} 0\n"}
    )
    assert memory.available() == GIB
