"""How many parameters does a convolution have?"""

from core.convolution.layer import Layer
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "Parameters of a layer"
CASES = [(3, 32, 1), *((k, f, c) for k in (1, 3, 5, 7) for f in (8, 16, 32, 64) for c in (1, 3, 16, 32))]
"""(kernel, filters, input channels)."""


def draw(seed: int) -> Question:
    """A Conv2D with bias; see `core.exercises.question.Exercise`."""
    kernel, filters, channels = pick(CASES, seed)
    layer = Layer("Conv2D", filters, (kernel,) * 2)
    count, values = layer.parameters(channels), kernel * kernel * channels
    inputs = f"{channels} channel{'s' * (channels > 1)}"
    return Question(
        text=f"A Conv2D has {filters} filters of {kernel} × {kernel} and a bias. Its input has 28 × 28 cells and "
        f"{inputs}. How many parameters does it have?",
        answer=Numbers(("Parameters",), (count,)),
        state={"layer": layer, "shape": (28, 28, channels)},
        hint="Each filter has a kernel value for each of its cells and each input channel, and one bias.",
        solution=f"A filter has {kernel} · {kernel} · {channels} = {values} kernel values and 1 bias. {filters} · "
        f"({values} + 1) = {count:,} parameters. The size of the input does not matter: every place shares them.",
        mistakes={
            (filters * values,): "Each filter has a bias, too.",
            (filters * values + 1,): "Each filter has a bias of its own.",
            (layer.parameters(1),): "A filter has values for each of the input channels.",
            (values + 1,): "That is one filter.",
            (count * 28 * 28,): "A convolution uses the same parameters at every place.",
        },
    )
