"""What a question shows while it asks, and with its solution: boards, the latent plane, pictures, code."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core import photos
from core.convolution.example import ConvThenTranspose, LayerExample
from core.convolution.stack import keras_code
from core.exercises import answers
from core.exercises.question import Question, State
from ui.common import pictures
from ui.convolution import board, formulas
from ui.convolution import figures as boards
from ui.latent_space import plane
from ui.latent_space.state import decoded, pretrained_plane
from ui.latent_space.stills import coordinates

PLANE_HEIGHT = 420  # pixels
LETTERS = "ABCDEFGH"
COMPACT = {"compact": True}  # a question's board never changes its size: no room needs to be reserved

Pick = Callable[[tuple[float, float]], None]
"""Gets what was clicked: (row, column) of a cell, or (z1, z2) of the plane."""


def show(name: str, question: Question, picked: tuple | None, pick: Pick | None, *, solved: bool = False) -> None:
    """Draw the figure of a question.

    Args:
        name: the exercise.
        picked: the cell or the point that the answer field has now; None without one.
        pick: called with what was clicked, if the answer is a cell or a point.
        solved: draw the result, too.
    """
    state = question.state | question.result if solved else question.state
    if "layer" in state and LayerExample(state["layer"], state["shape"]).drawable:
        with st.container(key="question_board"):
            _board(name, question, state, picked, pick, solved=solved)
    elif layers := state.get("layers") or ((state["layer"],) if "layer" in state else ()):
        st.code(keras_code(list(layers), state["shape"]), wrap_lines=True)
    if "mask" in state:
        board.show(masks(state["truth"], state["mask"]), "question_masks")
    if isinstance(question.answer, answers.Point):
        _pictures(state["pictures"])
    if "point" in state or "points" in state or isinstance(question.answer, answers.Point):
        _plane(state, picked, pick, solved=solved)
    images = {} if isinstance(question.answer, answers.Point) else dict(state.get("pictures", {}))
    if isinstance(question.answer, answers.Choice) and not isinstance(question.answer.options[0], str):
        images |= dict(zip(LETTERS, question.answer.options, strict=False))
    if images:
        _pictures(images)


def masks(truth: np.ndarray, mask: np.ndarray) -> dict:
    """A board of two masks, (H, W) bool."""
    panels = [
        board.panel(each, title, role, note=f"{np.count_nonzero(each)} pixels", matrix=True)
        for title, role, each in (("True mask", "padding", truth), ("Predicted mask", "output", mask))
    ]
    return board.board(panels, f"Two masks of {truth.shape[0]} × {truth.shape[1]} pixels", 330) | COMPACT


def layer(name: str, example: LayerExample, state: State, picked: tuple[int, int] | None) -> dict:
    """The board of a layer while its question asks: the input and the kernel, without the output's values."""
    x, hatched = example.x[..., 0], None
    if name == "cell-value":  # the zeros around the input belong to the sum
        x = np.pad(x, example.margins())
        hatched = ~np.pad(np.ones(example.x.shape[:2], bool), example.margins())
    (top, left), (bottom, right) = state.get("window", ((0, 0), (-1, -1)))
    window = [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
    rows, columns = example.shape[:2]
    height, width = example.layer.kernel
    panels = [
        board.panel(x, f"Input {rows} × {columns}", "input", hatched=hatched, marked=window),
        board.panel(example.kernel_plane(), f"Kernel {height} × {width}", "kernel"),
    ]
    if "window" in state:
        empty = np.full(example.output_shape[:2], np.nan)
        selected = picked if picked and all(0 <= i < n for i, n in zip(picked, empty.shape, strict=True)) else None
        note = "click a cell"
        panels.append(board.panel(empty, "Output", "output", note=note, selected=selected, pick="output"))
    return (
        board.board(panels, f"{example.layer.kind}: input {rows} × {columns}, kernel {height} × {width}.", 330)
        | COMPACT
    )


def solved_layer(name: str, example: LayerExample, state: State) -> dict:
    """The board of a layer with its output, as the live page draws it."""
    cell = state.get("cell", (0, 0))
    if name == "overlap":
        return boards.overlap(example)
    if name == "round-trip":
        return boards.conv_then_transpose(ConvThenTranspose(example), cell)
    return (boards.stretched if example.layer.transposed else boards.conv)(example, cell)


def _board(
    name: str, question: Question, state: State, picked: tuple | None, pick: Pick | None, *, solved: bool
) -> None:
    example = LayerExample(state["layer"], state["shape"], state.get("seed", 1))
    if solved:
        board.show(solved_layer(name, example, state), "solved_board")
        if "cell" in state:
            text = formulas.sum_of_step(example, state["cell"])
            board.show_text(text, text, "solved_sum")
        return
    answer = question.answer
    columns = answer.shape[1] if isinstance(answer, answers.Cell) else 1

    def pick_cell(_: str, cell: int) -> None:
        if pick:
            pick(divmod(cell, columns))

    board.show(layer(name, example, state, picked), "question_cells", pick_cell)


@st.cache_resource(show_spinner=False)
def _plane_figure():
    known = pretrained_plane().test_codes
    return plane.scatter(known.points, known.labels, plane.extent(known.points)).update_layout(height=PLANE_HEIGHT)


def _plane(state: State, picked: tuple | None, pick: Pick | None, *, solved: bool) -> None:
    marks = [{"at": point, "kind": "saved"} for point in state.get("points", ())]
    if "points" in state:
        marks.append({"at": state["points"], "kind": "path"})
    marked = state.get("point")
    if marked:
        marks.append({"at": marked, "kind": "marked"})
    if picked and picked != marked:
        marks.append({"at": picked, "kind": "example" if solved else "marked", "label": "your answer" * solved})

    def clicked(point: tuple[float, float]) -> None:
        if pick:
            pick((round(point[0], 2), round(point[1], 2)))

    place, beside = st.columns([4, 1]) if solved else (st.container(), None)
    with place, st.container(key=plane.KEY):
        st.plotly_chart(
            _plane_figure(),
            key="question_plane",
            config=plane.CONFIG,
            alt="The codes of test digits in the plane of z1 and z2, coloured by class",
        )
        plane.layer(marks, follow=False, on_click=clicked, on_view=lambda _: None, key="question_layer")
    if beside and marked:
        with beside, st.container(width=200):
            digit = decoded(pretrained_plane(), [marked])[0]
            st.html(pictures.inline(digit, f"The digit decoded at {coordinates(marked)}", coordinates(marked)))


def _pictures(images: dict[str, np.ndarray]) -> None:
    """Pictures (H, W) in 0..1 side by side, with their titles."""
    small = next(iter(images.values())).shape[0] <= 28
    width = 150 if small else 330
    with st.container(width=len(images) * (width + 16)), st.grid(len(images), min_column_width=130) as grid:
        for title, picture in images.items():
            with grid.cell():
                pixels = pictures.digit(picture) if small else photos.to_uint8(picture)
                pictures.show(pixels, f"{title}, white on black", title)
