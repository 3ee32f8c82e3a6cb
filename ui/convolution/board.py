"""Boards: grids of numbers side by side, whose cells can be selected by mouse and keyboard.

`panel` and `board` make a plain dictionary, which a test can read. `show` passes it to the component in board.js, which
draws it in the browser. Plotly reports no clicks on the cells of a heat map, and takes longer to draw one than the rest
of a rerun.
"""

import html
from pathlib import Path

import numpy as np
import streamlit as st

from ui.common import theme
from ui.common.components import component

COLOURS = {"input": theme.INPUT, "output": theme.OUTPUT, "kernel": theme.KERNEL, "padding": theme.PADDING}
HEIGHT = 380  # pixels of the main board
MOST_NUMBERS = 2500  # in a panel with more cells, numbers would be too small to read

_CSS = """
.board { display: flex; gap: 32px; align-items: flex-start; justify-content: safe center; border-radius: 6px;
  color: var(--st-text-color); font-family: var(--st-font); font-variant-numeric: tabular-nums; overflow: hidden;
  font-size: 14px; }
.board.stacked { flex-direction: column; gap: 10px; align-items: center; }
.board:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
figure { margin: 0; display: flex; flex-direction: column; min-width: 0; }
figcaption { display: grid; grid-template-columns: 14px 1fr; column-gap: 6px; height: 54px; line-height: 18px;
  align-items: center; align-content: start; }
figcaption i { width: 12px; height: 12px; border-radius: 3px; }
figcaption b { font-weight: 600; }
figcaption span { grid-column: 2; opacity: 0.75; font-size: 12px; line-height: 15px; }
canvas { display: block; }
"""

_board = component(
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
    weights=None,
    row: int | None = None,
    pick: str = "",
    inner: tuple[int, int, int, int] | None = None,
    matrix: bool = False,
) -> dict:
    """One grid of a board.

    Args:
        values: (rows, columns). A larger value has a deeper colour; NaN is a cell without a number.
        title, note: the caption. alt: the alternative text, by default the caption.
        role: "input", "output", "kernel" or "padding"; it determines the colour.
        hatched: (rows, columns) boolean, True at padding and inserted zeros.
        selected: (row, column) of the cell with an outline in the text colour, or None.
        marked: (row, column) pairs with an outline in the kernel's colour. Cells outside the grid are ignored.
        weights: {(row, column): kernel value} to write over cells.
        row: the row of a matrix with an outline, or None.
        pick: the name that `show` reports when a cell is selected; empty if cells cannot be selected.
        inner: (top, left, rows, columns) of the part whose cells can be selected and are counted; None for all.
        matrix: colour by absolute value, leave zeros blank, select whole rows.
    """
    values = np.asarray(values, float)
    empty = np.isnan(values)
    values = np.where(empty, 0.0, values)
    rows, columns = values.shape
    depth = np.abs(values) if matrix else values
    low, high = 0.0 if matrix else float(depth.min()), float(depth.max())
    shade = (
        np.round(100 * (depth - low) / (high - low)).astype(int)
        if high > low
        else np.full(values.shape, 0 if matrix else 40)
    )
    if hatched is not None:
        shade = np.where(hatched, -1, shade)
    numbered = ~empty & (values != 0) if matrix else ~empty

    def numbers(cells) -> dict[tuple[int, int], int]:
        """The (row, column) pairs inside the grid with their numbers, row by row."""
        return {(r, c): int(r * columns + c) for r, c in cells if 0 <= r < rows and 0 <= c < columns}

    return {
        "title": title,
        "note": note,
        "alt": alt or f"{title}. {note}".strip(),
        "colour": COLOURS[role],
        "small": role == "kernel" and not matrix,
        "rows": rows,
        "cols": columns,
        "shade": shade.ravel().tolist(),
        "text": [cell_text(v) if visible else "" for v, visible in zip(values.ravel(), numbered.ravel(), strict=True)]
        if values.size <= MOST_NUMBERS
        else None,
        "selected": None if selected is None else int(selected[0] * columns + selected[1]),
        "marked": list(numbers(marked).values()),
        "weights": {str(number): cell_text(weights[cell]) for cell, number in numbers(weights or ()).items()},
        "row": row,
        "byRow": matrix,
        "pick": pick,
        "inner": list(inner or (0, 0, rows, columns)),
    }


def board(panels: list[dict], alt: str, height: int = HEIGHT) -> dict:
    """A figure of several panels.

    Args:
        alt: the alternative text of the whole figure.
        height: in pixels, in a wide window, with panels side by side. In a narrow window it depends on their number.
    """
    return {"panels": panels, "alt": alt, "height": height, "colours": COLOURS}


def show(figure: dict, key: str, on_pick=None, *, play: int = 0) -> None:
    """Draw a board.

    Args:
        on_pick: gets the `pick` of the panel and the number of the selected cell, row by row.
        play: milliseconds after which the next cell is selected automatically; 0 for never.
    """

    def pick(report) -> tuple[str, int]:
        if not isinstance(report, dict) or report.keys() != {"panel", "cell"} or type(report["cell"]) is not int:
            raise ValueError("Expected a panel and a cell.")
        for each in figure["panels"]:
            _, _, rows, columns = each["inner"]
            cells = rows if each["byRow"] else rows * columns
            if each["pick"] and each["pick"] == report["panel"] and 0 <= report["cell"] < cells:
                return each["pick"], report["cell"]
        raise ValueError("The board has no such cell.")

    _board(key, figure | {"play": play}, pick=(pick, lambda picked: on_pick and on_pick(*picked)))


def show_text(text: str, longest: str, key: str) -> None:
    """Show a calculation in a box that is always high enough for `longest`, at any width; a long one scrolls."""
    part = "<div style='grid-area: 1 / 1; {}'>{}</div>"
    with st.container(key=key):
        st.html(
            # Focusable, so that a keyboard can scroll it.
            f"<div tabindex='0' role='group' aria-label='{key.capitalize()}' "
            "style='display: grid; max-height: 15rem; overflow-y: auto; padding: 0.75rem 1rem; "
            f"border-radius: 0.5rem; background: {theme.PADDING}1a; font: 0.8125rem/1.5 monospace; "
            "white-space: pre-wrap; overflow-wrap: anywhere'>"
            + part.format("visibility: hidden", html.escape(longest))
            + part.format("", html.escape(text))
            + "</div>"
        )


def cell_text(value: float) -> str:
    """A number for a cell: an integer in full, any other with up to two decimals, with a minus sign (U+2212)."""
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "−") if text not in {"-0", "0"} else "0"
