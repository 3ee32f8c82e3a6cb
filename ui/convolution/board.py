"""Boards: grids of numbers side by side, drawn by the browser, whose cells answer to mouse and keyboard.

A board is a plain dictionary made by `panel` and `board`, so that a figure is a pure function that a test can read;
`show` hands it to the component in board.js. Plotly reports no clicks on the cells of a heat map and needs longer to
draw one than the rest of a rerun takes.
"""

from pathlib import Path

import numpy as np
import streamlit as st

from ui.common import theme

COLOURS = {"input": theme.INPUT, "output": theme.OUTPUT, "kernel": theme.KERNEL, "padding": theme.PADDING}
MOST_NUMBERS = 2500  # cells of a panel above which no numbers are sent: they could not be read

_CSS = """
.board { display: flex; gap: 32px; align-items: flex-start; justify-content: safe center; border-radius: 6px;
  color: var(--st-text-color); font-family: var(--st-font); font-variant-numeric: tabular-nums; overflow: hidden;
  font-size: 14px; }
.board.stacked { flex-direction: column; gap: 8px; align-items: center; }
.board:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
figure { margin: 0; display: flex; flex-direction: column; min-width: 0; }
figcaption { display: grid; grid-template-columns: 14px 1fr; column-gap: 6px; height: 54px; line-height: 18px;
  align-items: center; align-content: start; }
figcaption i { width: 12px; height: 12px; border-radius: 3px; }
figcaption b { font-weight: 600; white-space: nowrap; }
figcaption span { grid-column: 2; opacity: 0.75; font-size: 12px; line-height: 15px; }
canvas { display: block; }
"""

_component = st.components.v2.component(
    "board",
    html="<div class='board'>\n</div>",
    css=_CSS,
    js=(Path(__file__).parent / "board.js").read_text(encoding="utf-8"),
)


def panel(
    values,
    title: str,
    role: str,
    *,
    note: str = "",
    alt: str = "",
    hatched=None,
    selected=None,
    marked=(),
    marked_role: str = "kernel",
    weights=None,
    row: int | None = None,
    pick: str = "",
    inner: tuple[int, int, int, int] | None = None,
    numbers: bool = True,
    matrix: bool = False,
) -> dict:
    """One grid of a board.

    Args:
        values: (rows, columns); the larger, the deeper the colour. NaN stands for a cell without a number.
        title, note: the two lines of the caption. alt: the same for those who cannot see it.
        role: "input", "output", "kernel" or "padding", which gives the colour.
        hatched: (rows, columns) boolean, cells that are padding or inserted zeros.
        selected: (row, column) outlined in the text colour, or None.
        marked: (row, column) pairs outlined in the colour of `marked_role`; those outside the grid are left out.
        weights: {(row, column): kernel number} written over cells.
        row: a whole row outlined; in a matrix.
        pick: name under which a pick of one of its cells is reported; empty where cells cannot be picked.
        inner: (top, left, rows, columns) of the part whose cells can be picked and are counted; all of it where None.
        matrix: shade by size whatever the sign, leave zeros blank, pick whole rows.
        numbers: whether values are written into the cells.
    """
    values = np.asarray(values, float)
    empty = np.isnan(values)
    values = np.where(empty, 0.0, values)
    rows, columns = values.shape
    depth = np.abs(values) if matrix else values
    low, high = 0.0 if matrix else float(depth.min()), float(depth.max())
    shade = np.round(100 * (depth - low) / (high - low)).astype(int) if high > low else np.full(values.shape, 40)
    if hatched is not None:
        shade = np.where(hatched, -1, shade)
    told = ~empty & (values != 0) if matrix else ~empty
    written = numbers and values.size <= MOST_NUMBERS
    inside = [(r, c) for r, c in marked if 0 <= r < rows and 0 <= c < columns]
    return {
        "title": title,
        "note": note,
        "alt": alt or f"{title}. {note}".strip(),
        "colour": COLOURS[role],
        "small": role == "kernel" and not matrix,
        "rows": rows,
        "cols": columns,
        "shade": shade.ravel().tolist(),
        "text": [cell_text(v) if shown else "" for v, shown in zip(values.ravel(), told.ravel(), strict=True)]
        if written
        else None,
        "selected": None if selected is None else int(selected[0] * columns + selected[1]),
        "marked": [int(r * columns + c) for r, c in inside],
        "markedColour": COLOURS[marked_role],
        "weights": {
            str(int(r * columns + c)): cell_text(w)
            for (r, c), w in (weights or {}).items()
            if 0 <= r < rows and 0 <= c < columns
        },
        "row": row,
        "byRow": matrix,
        "pick": pick,
        "inner": list(inner or (0, 0, rows, columns)),
    }


def board(panels: list[dict], alt: str, *, height: int = 420, play: int = 0) -> dict:
    """Panels in one figure.

    Args:
        alt: the whole figure in a sentence.
        height: pixels reserved in a wide window, where panels stand side by side; in a narrow one each has 300.
        play: milliseconds after which the selected cell moves on by itself, 0 for never.
    """
    return {"panels": panels, "alt": alt, "height": height, "play": play, "colours": COLOURS}


def show(figure: dict, key: str, on_pick=None) -> None:
    """Draw a board here; `on_pick(name, cell)` gets the panel's `pick` and the cell's place in reading order."""

    def picked() -> None:
        pick = st.session_state[key].get("pick")
        if on_pick and pick:
            on_pick(str(pick["panel"]), int(pick["cell"]))

    _component(data=figure, key=key, on_pick_change=picked)


def cell_text(value: float) -> str:
    """A number as it stands in a cell: whole numbers in full, others with two decimals at most, a true minus."""
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "−") if text not in {"-0", "0"} else "0"
