"""Run every benchmark in its own process and print one table: `make bench`."""

import os
import subprocess
import sys

from benchmarks.table import HEAD

NAMES = (
    "convolution_page",
    "latent_page",
    "segmentation_page",
    "forward_pass",
    "decode",
    "autoencoder",
    "lesson_fcn",
    "start",
    "growth",
    "crowd",
)
LAST_LINES = 30


def main():
    """Print the table; the last lines of each benchmark that fails go to stderr, and the exit status is then 1."""
    print(HEAD, flush=True)
    failed = False
    for name in NAMES:
        run = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},  # the two streams stay in order
            text=True,
            check=False,
        )
        rows, others = [], []
        for line in run.stdout.splitlines():
            if line not in HEAD:
                (rows if line.startswith("| ") else others).append(line)
        if rows:
            print("\n".join(rows), flush=True)
        if run.returncode:
            failed = True
            print(f"python -m benchmarks.{name} failed:", *others[-LAST_LINES:], sep="\n  ", file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    main()
