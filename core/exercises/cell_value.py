"""What is the value of one output cell?"""

import numpy as np

from core.convolution.example import LayerExample
from core.convolution.layer import Layer
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "Value of an output cell"
CASES = [(5, 3, 1, "SAME"), *((n, 3, s, p) for n in (5, 6, 7) for s in (1, 2) for p in ("SAME", "VALID"))]
"""(input cells per side, kernel, stride, padding)."""


def draw(seed: int) -> Question:
    """A small layer with its numbers; see `core.exercises.question.Exercise`."""
    n, kernel, stride, padding = pick(CASES, seed)
    layer = Layer("Conv2D", 1, (kernel,) * 2, (stride,) * 2, padding)
    example = LayerExample(layer, (n, n, 1), 1 + seed % 99)
    rotated = layer.sums(example.x, example.kernel[::-1, ::-1])[..., 0].astype(int)
    cells = np.argwhere(rotated != example.sums[..., 0]).tolist()  # the others could not show this mistake
    row, column = cells[np.random.default_rng([seed, 1]).integers(len(cells))]
    step = example.step((row, column))
    values, weights = step.values[:, 0].astype(int).tolist(), step.weights[:, 0].astype(int).tolist()
    total = round(step.total)
    terms = " + ".join(f"{v}·{w}" if w >= 0 else f"{v}·({w})" for v, w in zip(values, weights, strict=True))
    return Question(
        text=f"What is the value of the output cell in row {row}, column {column}? Rows and columns count from 0. The "
        f"stride is {stride}, the padding {padding}.",
        answer=Numbers(("Value",), (total,)),
        state={"layer": layer, "shape": example.shape, "seed": example.seed, "cell": (row, column)},
        hint="Multiply each cell of the window by the kernel value at its place. Add the products. Padding is 0.",
        solution=f"{terms} = {total}.".replace("-", "−"),
        mistakes={
            (int(rotated[row, column]),): "That is the sum with the kernel rotated by 180°. In deep learning, a "
            "convolution does not rotate it.",
            (sum(values),): "That is the sum of the window: multiply each cell by its kernel value first.",
            (sum(v * abs(w) for v, w in zip(values, weights, strict=True)),): "Keep the signs of the kernel.",
        },
    )
