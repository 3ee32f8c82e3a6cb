"""The table that every benchmark prints: each row a ratio measured in one run, beside the command that gives it."""

import sys
from dataclasses import dataclass

HEAD = "| What | Ratio | Measured | Command |\n|---|---|---|---|"


@dataclass(frozen=True)
class Row:
    """What was measured against what, in words; how many times the one the other is; the figures of both."""

    what: str
    ratio: float
    measured: str


def show(rows: list[Row], *, head: bool = True) -> None:
    """Print the rows as Markdown; the command is the one that is running."""
    command = " ".join(["python", *sys.orig_argv[1:]])
    if head:
        print(HEAD)
    for row in rows:
        print(f"| {row.what} | × {row.ratio:.2f} | {row.measured} | `{command}` |", flush=True)
