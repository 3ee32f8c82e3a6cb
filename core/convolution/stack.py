"""Stacks of layers: shapes, receptive fields, Keras code; the lesson's stacks; a stack as table rows or as text."""

from dataclasses import dataclass
from fractions import Fraction
from math import prod

from core.convolution.layer import ACTIVATIONS, KINDS, Layer
from core.convolution.sizes import PADDINGS, input_cells

MOST = 10**18
"""The largest output and the most multiply-adds of a layer that is still computed."""


@dataclass(frozen=True)
class Stage:
    """The figures after one layer of a stack; `error` is a sentence if the layer is impossible.

    `field`, the receptive field, and `total_stride`, the distance of neighbours, are (height, width) in cells of the
    stack's input. After a transposed layer the total stride may be a fraction. At the edge the field is smaller.
    """

    layer: Layer
    shape: tuple[int, int, int] | None = None
    field: tuple[int, int] | None = None
    total_stride: tuple[Fraction, Fraction] | None = None
    parameters: int = 0
    multiply_adds: int = 0
    error: str = ""


def trace(layers: list[Layer], shape: tuple[int, int, int]) -> list[Stage]:
    """Shape, receptive field, total stride and costs after each layer, for an input (H, W, channels).

    The list ends at the first impossible layer.
    """
    stages: list[Stage] = []
    total = Fraction(1), Fraction(1)
    for depth, layer in enumerate(layers, start=1):
        try:
            out = layer.output_shape(shape)
        except ValueError as error:
            return [*stages, Stage(layer, error=str(error))]
        products = layer.multiply_adds(shape)
        if max(products, prod(out)) > MOST:
            problem = f"This layer has more than {MOST:,} outputs or multiply-adds: make the layers smaller."
            return [*stages, Stage(layer, error=problem)]
        steps = [Fraction(1, s) if layer.transposed else s for s in layer.strides]
        total = total[0] * steps[0], total[1] * steps[1]
        field = _field(layers[:depth], 0), _field(layers[:depth], 1)
        stages.append(Stage(layer, out, field, total, layer.parameters(shape[2]), products))
        shape = out
    return stages


def _field(layers: list[Layer], axis: int) -> int:
    """The receptive field of the last layer on one axis, computed from the last layer to the first."""
    cells = 1
    for layer in reversed(layers):
        options = layer.kernel[axis], layer.strides[axis], layer.dilation[axis]
        cells = input_cells(cells, *options, transposed=layer.transposed)
    return cells


def keras_code(layers: list[Layer], shape: tuple[int, int, int]) -> str:
    """A keras.Sequential of the whole stack, ready to paste."""
    lines = [f"    keras.Input({tuple(shape)}),", *(f"    {layer.keras()}," for layer in layers)]
    return "\n".join(["import keras", "", "model = keras.Sequential([", *lines, "])"])


def _conv(filters, size, stride=1, padding="SAME", activation="relu"):
    return Layer("Conv2D", filters, (size, size), (stride, stride), padding, activation=activation)


def _transposed(filters, size, stride=1, padding="SAME", activation="linear"):
    return Layer("Conv2DTranspose", filters, (size, size), (stride, stride), padding, activation=activation)


def _vgg16():
    layers = []
    for filters, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        layers += [_conv(filters, 3)] * depth + [Layer("MaxPooling2D", 0, (2, 2), (2, 2))]
    return layers


PRESETS = {
    "Autoencoder: encoder": (
        [_conv(32, 3, 2), _conv(64, 3, 2), _conv(2, 7, padding="VALID", activation="linear")],
        (28, 28, 1),
    ),
    "Autoencoder: decoder": (
        [_transposed(64, 7, 1, "VALID", "relu"), _transposed(32, 3, 2, activation="relu"), _transposed(1, 7, 2)],
        (1, 1, 2),
    ),
    "VGG16: convolutions": (_vgg16(), (224, 224, 3)),
    # Its input is the output of VGG16's last pooling. The sums with pool4 and pool3 change no shape.
    "FCN: decoder": (
        [
            _conv(4096, 7),
            _conv(4096, 1),
            _conv(2, 1),
            _transposed(512, 4, 2),
            _transposed(256, 4, 2),
            _transposed(2, 16, 8, activation="softmax"),
        ],
        (7, 7, 512),
    ),
}


COLUMNS = ("layer", "filters", "kernel", "stride", "padding", "dilation", "output_padding", "activation")
MOST_LAYERS = 40


def to_rows(layers: list[Layer]) -> list[dict]:
    """One dictionary with the keys `COLUMNS` for each layer; kernels, strides and so on must be square."""
    return [
        {
            "layer": layer.kind,
            "filters": None if layer.pooling else layer.filters,
            "kernel": layer.kernel[0],
            "stride": layer.strides[0],
            "padding": layer.padding,
            "dilation": layer.dilation[0],
            "output_padding": None if layer.output_padding is None else layer.output_padding[0],
            "activation": None if layer.pooling else layer.activation,
        }
        for layer in layers
    ]


def from_rows(rows: list[dict]) -> list[Layer]:
    """The layers of table rows. A missing value (None or NaN) is Keras' default. ValueError with row and column."""
    return [_layer(i, row) for i, row in enumerate(rows, start=1)]


def to_text(layers: list[Layer]) -> str:
    """A stack in one line: layers are separated by ";", their values by ","."""
    return ";".join(
        ",".join("" if row[column] is None else str(row[column]) for column in COLUMNS) for row in to_rows(layers)
    )


def from_text(text: str) -> list[Layer]:
    """The stack that `to_text` wrote; ValueError with a sentence if the text is malformed."""
    lines = [line.split(",") for line in text.split(";") if line]
    if len(lines) > MOST_LAYERS:
        raise ValueError(f"A stack can have {MOST_LAYERS} layers, not {len(lines)}.")
    for i, line in enumerate(lines, start=1):
        if len(line) != len(COLUMNS):
            raise ValueError(f"Layer {i} must have {len(COLUMNS)} values, not {len(line)}.")
    return from_rows([{c: v or None for c, v in zip(COLUMNS, line, strict=True)} for line in lines])


def _layer(i: int, row: dict) -> Layer:
    known = {column: value for column, value in row.items() if value is not None and value == value}  # noqa: PLR0124

    def integer(column: str, least: int, default: int) -> int:
        value = known.get(column, default)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = -1.0
        if not least <= number <= 65_536 or number != int(number):
            raise ValueError(
                f"Layer {i}: {column} must be a whole number from {least} to 65536, not {str(value)[:20]}."
            )
        return int(number)

    def option(column: str, options: tuple[str, ...], default: str) -> str:
        value = known.get(column, default)
        if value not in options:
            raise ValueError(f"Layer {i}: {column} must be one of {', '.join(options)}, not {str(value)[:20]}.")
        return value

    kind = option("layer", KINDS, "Conv2D")
    pooling = kind.endswith("Pooling2D")
    kernel = integer("kernel", 1, 2 if pooling else 3)
    return Layer(
        kind=kind,
        filters=0 if pooling else integer("filters", 1, 1),
        kernel=(kernel, kernel),
        strides=(integer("stride", 1, kernel if pooling else 1),) * 2,
        padding=option("padding", PADDINGS, "VALID"),
        dilation=(1 if pooling else integer("dilation", 1, 1),) * 2,
        output_padding=(integer("output_padding", 0, 0),) * 2
        if kind == "Conv2DTranspose" and "output_padding" in known
        else None,
        activation="linear" if pooling else option("activation", ACTIVATIONS, "linear"),
    )
