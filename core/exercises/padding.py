"""How many cells does SAME add on each side?"""

from core.convolution.layer import Layer
from core.convolution.sizes import conv_output_size, padding_cells
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "Padding per side"
CASES = [
    (14, 3, 2),
    *(
        (n, k, s)
        for n in range(4, 17, 2)
        for k in (2, 3, 4, 5, 7)
        for s in (1, 2, 3)
        if sum(padding_cells(n, k, s, "SAME"))
    ),
]
"""(input cells per side, kernel, stride); the lesson's is the second layer of its encoder."""


def draw(seed: int) -> Question:
    """SAME and an even input; see `core.exercises.question.Exercise`."""
    n, kernel, stride = pick(CASES, seed)
    before, after = padding_cells(n, kernel, stride, "SAME")
    size, total = conv_output_size(n, kernel, stride, "SAME"), before + after
    return Question(
        text=f"A Conv2D gets {n} × {n} cells. Its kernel is {kernel} × {kernel}, its stride {stride}, its padding "
        "SAME. How many rows of zeros does it add above the input, and how many below?",
        answer=Numbers(("Above", "Below"), (before, after)),
        state={"layer": Layer("Conv2D", 1, (kernel,) * 2, (stride,) * 2, "SAME"), "shape": (n, n, 1)},
        hint=f"First find the output size, ⌈{n} / {stride}⌉. Then count the rows that the kernel covers altogether.",
        solution=f"SAME gives ⌈{n} / {stride}⌉ = {size} rows. The kernel covers ({size} − 1) · {stride} + {kernel} = "
        f"{n + total} rows for them, {total} more than the input has. Half of these, rounded down, is above: {before} "
        f"above and {after} below.",
        mistakes={
            (after, before): "The other way round: SAME puts an odd row below.",
            (kernel // 2, kernel // 2): "That is right for stride 1 and an odd kernel only.",
            (total, total): "That is the sum of both sides, on each side.",
            (0, 0): "That is VALID: no padding.",
        },
    )
