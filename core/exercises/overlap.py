"""Which kernel and stride give uneven overlap?"""

from functools import cache

import numpy as np

from core.convolution.layer import Layer
from core.exercises.answers import Choice
from core.exercises.question import Question, pick

TITLE = "Uneven overlap"
SHAPE = (8, 8, 1)


def transposed(kernel: int, stride: int) -> Layer:
    """A transposed convolution with this square kernel and stride, VALID."""
    return Layer("Conv2DTranspose", 1, (kernel,) * 2, (stride,) * 2, "VALID")


def inner_counts(layer: Layer) -> list[int]:
    """The numbers of kernel copies that reach the output cells of `layer`, each number once, without the edges."""
    kernel = layer.kernel[0]
    return np.unique(layer.overlap(SHAPE)[kernel:-kernel, kernel:-kernel]).tolist()


@cache
def layers() -> tuple[list[Layer], list[Layer]]:
    """Layers with uneven and with even overlap; the lesson's decoder has kernel 3 and stride 2."""
    every = [transposed(3, 2), *(transposed(k, s) for k in range(2, 8) for s in range(1, 5) if k >= s)]
    return [each for each in every if len(inner_counts(each)) > 1], [e for e in every if len(inner_counts(e)) == 1]


def draw(seed: int) -> Question:
    """Four transposed layers, one of which has uneven overlap; see `core.exercises.question.Exercise`."""
    uneven, even = layers()
    right = pick(uneven, seed)
    others = np.random.default_rng([seed, 2]).choice(len(even), 3, replace=False)
    candidates = (right, *(even[i] for i in others))
    kernel, stride = right.kernel[0], right.strides[0]
    *fewer, most = map(str, inner_counts(right))
    return Question(
        text="In one of these transposed convolutions, the kernel copies overlap unevenly, even far from the edge: its "
        "output tends to show a checkerboard. Which one is it?",
        answer=Choice.shuffled(seed, tuple(f"Kernel {c.kernel[0]}, stride {c.strides[0]}" for c in candidates)),
        state={"shape": SHAPE},
        hint="Copies of the kernel are one stride apart. When do they cover every cell equally often?",
        solution=f"Kernel {kernel} is not a multiple of stride {stride}, so a cell gets {', '.join(fewer)} or {most} "
        "copies, depending on its place. In the other layers the stride divides the kernel, and all inner cells get "
        "equally many.",
        result={"layer": right},
    )
