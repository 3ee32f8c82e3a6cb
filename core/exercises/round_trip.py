"""What returns when a transposed convolution follows a convolution?"""

from core.convolution.example import ConvThenTranspose, LayerExample
from core.convolution.layer import Layer
from core.exercises.answers import Choice
from core.exercises.question import Question, pick

TITLE = "Conv2D, then Conv2DTranspose"
CASES = [
    (5, 3, 2, "VALID"),
    *((n, k, s, p) for n in range(4, 10) for k in (2, 3) for s, p in ((1, "VALID"), (2, "VALID"), (2, "SAME"))),
]
"""(input cells per side, kernel, stride, padding); the output is smaller than the input."""
OPTIONS = ("The shape and the values", "The shape, not the values", "The values, not the shape", "Neither of them")


def draw(seed: int) -> Question:
    """The same kernel, stride and padding twice; see `core.exercises.question.Exercise`."""
    n, kernel, stride, padding = pick(CASES, seed)
    layer = Layer("Conv2D", 1, (kernel,) * 2, (stride,) * 2, padding)
    pair = ConvThenTranspose(LayerExample(layer, (n, n, 1), 1 + seed % 99))
    middle, last = pair.conv.output_shape[0], pair.result.shape[0]
    return Question(
        text=f"A Conv2D makes {middle} × {middle} cells of {n} × {n}: kernel {kernel} × {kernel}, stride {stride}, "
        f"{padding}. A Conv2DTranspose with the same kernel, stride and padding follows. What returns?",
        answer=Choice(OPTIONS, 2 * any(pair.shape_difference) + (pair.value_difference > 1e-3)),
        state={"layer": layer, "shape": pair.conv.shape, "seed": pair.conv.seed},
        hint="Compute its output size. For the values: does multiplying by the same kernel again undo anything?",
        solution=f"It gives {last} × {last} cells, and their values differ from the input by "
        f"{pair.value_difference:.1f} on average. It multiplies by Cᵀ, which is not the inverse of the convolution C. "
        f"Even the least-squares inverse, whose convolution gives the same {middle} × {middle} cells, differs by "
        f"{pair.inverse_difference:.1f}: {middle * middle} numbers do not determine {n * n}.",
    )
