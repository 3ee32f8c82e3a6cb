"""How many numbers remain at the bottleneck of an autoencoder?"""

from dataclasses import replace
from math import prod

from core.autoencoder.network import ENCODER
from core.convolution.stack import trace
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "Numbers at the bottleneck"
CASES = [
    (28, 7, 2),
    *((n, n // 4 - less, f) for n in range(20, 44, 4) for less in (0, 1) for f in (1, 2, 3, 4, 8)),
]
"""(input cells per side, kernel of the last layer, filters of the last layer)."""


def draw(seed: int) -> Question:
    """The lesson's encoder with another input and another last layer; see `core.exercises.question.Exercise`."""
    n, kernel, filters = pick(CASES, seed)
    layers = (*ENCODER[0][:-1], replace(ENCODER[0][-1], kernel=(kernel, kernel), filters=filters))
    shapes = [(n, n, 1), *(stage.shape for stage in trace(list(layers), (n, n, 1)) if stage.shape)]
    path = " → ".join(" × ".join(map(str, shape)) for shape in shapes)
    count = prod(shapes[-1])
    return Question(
        text=f"An encoder gets a digit of {n} × {n} pixels. Two convolutions with stride 2 and SAME have 32 and 64 "
        f"filters. A third one, {kernel} × {kernel}, stride 1, VALID, has {filters} filter{'s' * (filters > 1)}. How "
        "many numbers remain?",
        answer=Numbers(("Numbers",), (count,)),
        state={"layers": layers, "shape": shapes[0]},
        hint="Write down height, width and channels after each layer. The last layer's filters are its channels.",
        solution=f"{path}: {count} number{'s' * (count > 1)} instead of {n * n}. The decoder has nothing else, so the "
        "encoder must keep what matters most.",
        mistakes={
            (prod(shapes[-2]),): "That is one layer too early.",
            (prod(shapes[-1][:2]),): "Each filter gives a number at every place.",
            (64 * count,): "A filter adds up all input channels: its output has one channel.",
            (shapes[-1][0] * filters,): "The map has a height and a width.",
        },
    )
