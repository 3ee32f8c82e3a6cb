"""`python -m benchmarks` prints every row that it can get, and the reason where a benchmark fails."""

import pytest

from benchmarks import __main__ as bench
from benchmarks.table import HEAD

GOOD = """
print("a line that is no row")
print("| What | Ratio | Measured | Command |")
print("| good | × 1.00 | 1 ms, 1 ms | `python -m benchmarks.good` |")
"""
PROBLEMS = """
import sys
print("| partial | × 2.00 | 2 ms, 1 ms | `python -m benchmarks.problems` |")
print("2 steps, 1 problem", "upload a photo: no answer in 90 s", sep="\\n  ")
sys.exit(True)
"""
CRASH = """
for i in range(500):
    print("line", i)
raise RuntimeError("the app did not start")
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """A function that runs benchmarks with these sources: (exit status, stdout, stderr)."""

    def runner(**sources):
        (tmp_path / "benchmarks").mkdir()
        for name, source in sources.items():
            (tmp_path / "benchmarks" / f"{name}.py").write_text(source, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(bench, "NAMES", tuple(sources))
        try:
            bench.main()
            status = 0
        except SystemExit as end:
            status = end.code
        return status, *capfd.readouterr()

    return runner


def test_only_rows_are_printed_under_one_head(run):
    status, output, _ = run(good=GOOD, again=GOOD)
    head, *rows = output.removeprefix(HEAD.split("\n")[0]).strip().splitlines()
    assert (status, head, len(rows)) == (0, HEAD.split("\n")[1], 2)
    assert all(row.startswith("| good |") for row in rows)


def test_a_failing_benchmark_gives_its_reason_and_the_others_run(run):
    status, output, errors = run(problems=PROBLEMS, good=GOOD)
    assert "| partial |" in output
    assert "| good |" in output
    assert "benchmarks.problems" in errors
    assert "upload a photo: no answer in 90 s" in errors
    assert "| partial |" not in errors
    assert status == 1


def test_an_exception_is_shown_with_the_last_lines_before_it(run):
    status, _, errors = run(crash=CRASH, good=GOOD)
    assert "RuntimeError: the app did not start" in errors
    assert "line 499\n" in errors
    assert "line 0\n" not in errors
    assert status == 1
