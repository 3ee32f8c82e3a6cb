"""The table that every benchmark prints: one ratio per row, measured in one run, with the command that measures it."""

import sys
from dataclasses import dataclass

HEAD = "| What | Ratio | Measured | Command |\n|---|---|---|---|"


@dataclass(frozen=True)
class Row:
    """One comparison: what is compared with what, the ratio, and both measured values as text."""

    what: str
    ratio: float
    measured: str


def show(rows: list[Row], *, head: bool = True) -> None:
    """Print the rows as Markdown, each with the command that is running."""
    command = " ".join(["python", *sys.orig_argv[1:]])
    if head:
        print(HEAD)
    for row in rows:
        print(f"| {row.what} | × {row.ratio:.2f} | {row.measured} | `{command}` |", flush=True)
