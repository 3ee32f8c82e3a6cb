"""Every benchmark, each in a process of its own, as one table: `make bench`."""

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


def main():
    """Run them one after the other; what is no row of the table goes by."""
    print(HEAD, flush=True)
    for name in NAMES:
        run = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True, check=False
        )
        rows = [line for line in run.stdout.splitlines() if line.startswith("| ") and line not in HEAD]
        print("\n".join(rows), flush=True)
        if run.returncode:
            sys.exit(f"python -m benchmarks.{name} failed")


if __name__ == "__main__":
    main()
