"""How many zeros does a transposed convolution insert?"""

import numpy as np

from core.convolution.arithmetic import zeros_inserted
from core.convolution.example import LayerExample
from core.convolution.layer import Layer
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "Inserted zeros"
CASES = [(2, 3, 2), *((n, k, s) for n in range(2, 6) for k in (2, 3, 4, 5) for s in (1, 2, 3, 4) if k >= s)]
"""(input cells per side, kernel, stride)."""


def draw(seed: int) -> Question:
    """VALID; see `core.exercises.question.Exercise`."""
    n, kernel, stride = pick(CASES, seed)
    layer = Layer("Conv2DTranspose", 1, (kernel,) * 2, (stride,) * 2, "VALID")
    example = LayerExample(layer, (n, n, 1), 1 + seed % 99)
    _, is_input = zeros_inserted(example.x, example.kernel, **layer.options)
    rows = np.flatnonzero(is_input.any(axis=1)).tolist()
    between, span, side = rows[1] - rows[0] - 1, rows[-1] - rows[0] + 1, len(is_input)
    return Question(
        text=f"A Conv2DTranspose gets {n} × {n} cells: kernel {kernel} × {kernel}, stride {stride}, VALID. It equals a "
        "convolution with stride 1 if zeros are inserted between the cells and around them. How many zeros are between "
        "two neighbours, and how many cells does one side have then?",
        answer=Numbers(("Zeros between neighbours", "Cells per side"), (between, side)),
        state={"layer": layer, "shape": example.shape, "seed": example.seed},
        hint="Neighbours move apart until they are one stride from each other. Around them, there is room for a "
        "kernel that touches the corner with one value only.",
        solution=f"The number of zeros between two neighbours is s − 1 = {between}, so the input spans ({n} − 1) · "
        f"{stride} + 1 = {span} cells. On each side are k − 1 = {kernel - 1} more: {side} cells. The kernel has {side} "
        f"− {kernel} + 1 = {example.output_shape[0]} places in them, the output size.",
        mistakes={
            (stride, side): "Neighbours are one stride apart: there is one zero less between them.",
            (between, span): "The zeros around the input count too.",
            (between, example.output_shape[0]): "That is the size of the output.",
        },
    )
