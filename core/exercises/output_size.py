"""How many cells does a convolution without padding give?"""

from core.convolution.layer import Layer
from core.convolution.sizes import conv_output_size
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "Output size"
CASES = [(5, 3, 2), *((n, k, s) for n in range(6, 17) for k in (2, 3, 4, 5) for s in (2, 3) if k >= s)]
"""(input cells per side, kernel, stride)."""


def draw(seed: int) -> Question:
    """VALID and a stride above 1; see `core.exercises.question.Exercise`."""
    n, kernel, stride = pick(CASES, seed)
    size = conv_output_size(n, kernel, stride, "VALID")
    starts = [str(i * stride) for i in range(size)]
    return Question(
        text=f"A Conv2D gets {n} × {n} cells. Its kernel is {kernel} × {kernel}, its stride {stride}, its padding "
        "VALID. How many cells does one side of the output have?",
        answer=Numbers(("Cells per side",), (size,)),
        state={"layer": Layer("Conv2D", 1, (kernel,) * 2, (stride,) * 2, "VALID"), "shape": (n, n, 1)},
        hint="Count the places where the kernel fits. The first one is cell 0, and each next one is a stride further.",
        solution=f"VALID: ⌊(n − k) / s⌋ + 1 = ⌊({n} − {kernel}) / {stride}⌋ + 1 = {size}. The kernel starts at "
        f"{', '.join(starts)}. At {size * stride} it would leave the input.",
        mistakes={
            (conv_output_size(n, kernel, stride, "SAME"),): "That is the size with SAME padding.",
            (conv_output_size(n, kernel, 1, "VALID"),): "That is the size with stride 1.",
            (size - 1,): "The first place of the kernel counts too: add 1.",
            (size + 1,): "One place too many: VALID keeps the whole kernel inside the input.",
        },
    )
