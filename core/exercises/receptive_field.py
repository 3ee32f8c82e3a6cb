"""How large is the receptive field of three layers?"""

from itertools import product

from core.autoencoder.network import ENCODER
from core.convolution.layer import Layer
from core.convolution.sizes import input_cells
from core.convolution.stack import trace
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "Receptive field"
LAYERS = [Layer("Conv2D", 8, (k, k), (s, s), "SAME") for k in (3, 5) for s in (1, 2)]
CASES = [tuple(ENCODER[0]), *product(LAYERS, repeat=3)]
SHAPE = (64, 64, 1)


def draw(seed: int) -> Question:
    """Three convolutions; see `core.exercises.question.Exercise`."""
    layers = pick(CASES, seed)
    field = trace(list(layers), SHAPE)[-1].field
    assert field is not None  # noqa: S101 - these layers are possible
    cells, lines = 1, []
    for layer in reversed(layers):
        (kernel, _), (stride, _) = layer.kernel, layer.strides
        lines.append(f"({cells} − 1) · {stride} + {kernel} = {input_cells(cells, kernel, stride)}")
        cells = input_cells(cells, kernel, stride)
    kernels, strides = [layer.kernel[0] for layer in layers], [layer.strides[0] for layer in layers]
    names = ", then ".join(f"{k} × {k} with stride {s}" for k, s in zip(kernels, strides, strict=True))
    plain = sum(kernels) - len(kernels) + 1
    return Question(
        text=f"Three convolutions follow each other: {names}. How many input cells per side can change one output cell "
        "of the last layer?",
        answer=Numbers(("Cells per side",), (field[0],)),
        state={"layers": layers, "shape": SHAPE},
        hint="Go back from one cell of the last layer: m neighbouring cells depend on (m − 1) · s + k cells before.",
        solution=f"From the last layer to the first: {'; '.join(lines)}. The receptive field is {field[0]} × "
        f"{field[0]} cells.",
        mistakes={
            (plain,): "That is the field with stride 1 everywhere: a stride spreads the windows of all later layers.",
            (sum(kernels),): "Neighbouring windows overlap, so the kernels do not just add up.",
            (kernels[0] * kernels[1] * kernels[2],): "Kernels do not multiply: neighbouring windows overlap.",
            (kernels[-1],): "That is the last layer alone.",
        },
    )
