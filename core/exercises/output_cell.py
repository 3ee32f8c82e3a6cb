"""Which output cell belongs to a window of the input?"""

import numpy as np

from core.convolution.example import LayerExample
from core.convolution.layer import Layer
from core.exercises.answers import Cell
from core.exercises.question import Question, pick

TITLE = "Window and output cell"
CASES = [
    (5, 3, 2, "VALID"),
    *((n, k, s, p) for n in range(6, 11) for k in (2, 3) for s in (1, 2, 3) for p in ("SAME", "VALID")),
]
"""(input cells per side, kernel, stride, padding)."""


def draw(seed: int) -> Question:
    """A window that does not touch the padding; see `core.exercises.question.Exercise`."""
    n, kernel, stride, padding = pick(CASES, seed)
    layer = Layer("Conv2D", 1, (kernel,) * 2, (stride,) * 2, padding)
    example = LayerExample(layer, (n, n, 1), 1 + seed % 99)
    (before, _), _ = example.margins()
    inside = [i for i in range(example.output_shape[0]) if 0 <= i * stride - before <= n - kernel]
    row, column = np.random.default_rng([seed, 1]).choice(inside, 2).tolist()
    (top, left), (bottom, right) = example.step((row, column)).cells[[0, -1]].tolist()
    return Question(
        text=f"A {kernel} × {kernel} kernel with stride {stride} and padding {padding} covers the rows {top} to "
        f"{bottom} and the columns {left} to {right} of the input, counted from 0. Which output cell does it compute?",
        answer=Cell(example.output_shape[:2], (row, column)),
        state={"layer": layer, "shape": example.shape, "seed": example.seed, "window": ((top, left), (bottom, right))},
        hint="Output cell 0 has its window at the start of the padded input. Each next one is a stride further.",
        solution=f"The window of output cell (0, 0) starts at row {-before}, column {-before}, this one at row {top}, "
        f"column {left}. The difference, divided by the stride {stride}, is row {row}, column {column}.".replace(
            "-", "−"
        ),
        result={"cell": (row, column)},
        mistakes={
            (top, left): "That is where the window starts in the input: divide by the stride, mind the padding.",
            (column, row): "Row and column are swapped.",
        },
    )
