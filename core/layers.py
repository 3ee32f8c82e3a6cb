"""Layers and stacks of layers as plain numbers: shapes, receptive fields, parameters, multiply-adds, Keras code.

Receptive fields follow Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks"
(https://distill.pub/2019/computing-receptive-fields): m neighbouring cells behind a convolution see (m - 1) s + e cells
before it. Behind a transposed one they see ⌈(m + e - 1) / s⌉, the same rule on the stretched grid.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np

from core.convolution import (
    check_pair,
    conv2d,
    conv2d_transpose,
    conv_output_size,
    effective_kernel,
    transposed_output_size,
)

KINDS = ("Conv2D", "Conv2DTranspose", "MaxPooling2D", "AveragePooling2D")
ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", "softmax")


@dataclass(frozen=True)
class Layer:
    """One layer by its hyper-parameters, with Keras' names and meanings; pairs are (height, width)."""

    kind: str = "Conv2D"
    filters: int = 1
    kernel: tuple[int, int] = (3, 3)
    strides: tuple[int, int] = (1, 1)
    padding: str = "VALID"
    dilation: tuple[int, int] = (1, 1)
    output_padding: tuple[int, int] | None = None
    activation: str = "linear"
    l2: float = 0.0

    @property
    def pooling(self) -> bool:
        """Pooling layers have no filters, parameters or activation."""
        return self.kind.endswith("Pooling2D")

    @property
    def transposed(self) -> bool:
        """Conv2DTranspose."""
        return self.kind == "Conv2DTranspose"

    def output_shape(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(H', W', channels) from (H, W, channels); ValueError naming the numbers where Keras refuses."""
        if self.kind not in KINDS:
            raise ValueError(f"There is no layer {self.kind!r} here: choose one of {', '.join(KINDS)}.")
        check_pair(self.strides, self.dilation)
        if not self.pooling and self.filters < 1:
            raise ValueError(f"A layer needs at least 1 filter, not {self.filters}.")
        sizes = []
        for axis in (0, 1):
            common = shape[axis], self.kernel[axis], self.strides[axis], self.padding
            if self.transposed:
                extra = None if self.output_padding is None else self.output_padding[axis]
                sizes.append(transposed_output_size(*common, extra, self.dilation[axis]))
            else:
                sizes.append(conv_output_size(*common, self.dilation[axis]))
        return sizes[0], sizes[1], shape[2] if self.pooling else self.filters

    @property
    def options(self) -> dict:
        """What the functions of `core.convolution` take beside input and kernel."""
        names = ["strides", "padding", "dilation"] + ["output_padding"] * self.transposed
        return {name: getattr(self, name) for name in names}

    def kernel_shape(self, channels: int) -> tuple[int, int, int, int]:
        """(kh, kw, in, out) of Conv2D, (kh, kw, out, in) of Conv2DTranspose, for an input of so many channels."""
        ends = channels, self.filters
        return *self.kernel, *(ends[::-1] if self.transposed else ends)

    def sums(self, x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        """What leaves a convolution before bias and activation: (..., H, W, in) -> (..., H', W', out).

        ValueError naming the numbers where Keras refuses.
        """
        return (conv2d_transpose if self.transposed else conv2d)(x, kernel, **self.options)

    def parameters(self, channels: int) -> int:
        """Kernel numbers and one bias a filter."""
        return 0 if self.pooling else prod(self.kernel_shape(channels)) + self.filters

    def multiply_adds(self, shape: tuple[int, int, int]) -> int:
        """Products summed for one picture of (H, W, channels), padding included; pooling counts none.

        Conv2D multiplies a whole kernel for each output cell, Conv2DTranspose for each input cell.
        """
        if self.pooling:
            return 0
        height, width, _ = shape if self.transposed else self.output_shape(shape)
        return height * width * prod(self.kernel) * shape[2] * self.filters

    def keras(self) -> str:
        """The Keras call that builds this layer, without arguments that Keras would assume anyway."""
        size = _short(self.kernel)
        arguments = [f"pool_size={size}"] if self.pooling else [f"{self.filters}", f"kernel_size={size}"]
        if self.pooling or self.strides != (1, 1):
            arguments.append(f"strides={_short(self.strides)}")
        if self.padding.upper() == "SAME":
            arguments.append('padding="same"')
        if not self.pooling:
            if self.transposed and self.output_padding is not None:
                arguments.append(f"output_padding={_short(self.output_padding)}")
            if self.dilation != (1, 1):
                arguments.append(f"dilation_rate={_short(self.dilation)}")
            if self.activation != "linear":
                arguments.append(f'activation="{self.activation}"')
            if self.l2:
                arguments.append(f"kernel_regularizer=keras.regularizers.L2({self.l2:g})")
        return f"keras.layers.{self.kind}({', '.join(arguments)})"


MOST = 10**18
"""Of the numbers that a layer puts out and of its multiply-adds: beyond it is no table's cell."""


@dataclass(frozen=True)
class Stage:
    """What is known after one layer of a stack; `error` is a sentence where the layer is impossible.

    `field`, the receptive field, and `jump`, the distance of neighbours, are (height, width) in cells of the stack's
    input; behind a transposed layer the jump may be a fraction. At a picture's edge a cell sees less than `field`.
    """

    layer: Layer
    shape: tuple[int, int, int] | None = None
    field: tuple[int, int] | None = None
    jump: tuple[Fraction, Fraction] | None = None
    parameters: int = 0
    multiply_adds: int = 0
    error: str = ""


def trace(layers: list[Layer], shape: tuple[int, int, int]) -> list[Stage]:
    """Shape, receptive field, jump, parameters and multiply-adds after each layer, from an input (H, W, channels).

    The list ends at the first impossible layer, whose `error` says why.
    """
    stages = []
    jump = Fraction(1), Fraction(1)
    for depth, layer in enumerate(layers, start=1):
        try:
            out = layer.output_shape(shape)
        except ValueError as error:
            return [*stages, Stage(layer, error=str(error))]
        products = layer.multiply_adds(shape)
        if max(products, prod(out)) > MOST:
            error = f"This takes more than {MOST:,} numbers or multiply-adds: make the layers smaller."
            return [*stages, Stage(layer, error=error)]
        steps = [Fraction(1, s) if layer.transposed else s for s in layer.strides]
        jump = jump[0] * steps[0], jump[1] * steps[1]
        field = _field(layers[:depth], 0), _field(layers[:depth], 1)
        stages.append(Stage(layer, out, field, jump, layer.parameters(shape[2]), products))
        shape = out
    return stages


def _field(layers: list[Layer], axis: int) -> int:
    """Input cells that one output cell can see on one axis, followed back layer by layer."""
    seen = 1
    for layer in reversed(layers):
        span, stride = effective_kernel(layer.kernel[axis], layer.dilation[axis]), layer.strides[axis]
        if layer.transposed:  # noqa: SIM108 - under the kernel lies a stretched grid: every stride-th cell is a real one
            seen = -(-(seen + span - 1) // stride)
        else:
            seen = (seen - 1) * stride + span
    return seen


def keras_code(layers: list[Layer], shape: tuple[int, int, int]) -> str:
    """A keras.Sequential of the whole stack, ready to paste."""
    lines = [f"    keras.Input({tuple(shape)}),", *(f"    {layer.keras()}," for layer in layers)]
    return "\n".join(["import keras", "", "model = keras.Sequential([", *lines, "])"])


def activate(x: np.ndarray, name: str) -> np.ndarray:
    """Keras' activation functions by name; softmax runs over the last axis. ValueError for an unknown name."""
    if name == "linear":
        return x
    if name == "relu":
        return np.maximum(x, 0)
    if name == "sigmoid":
        return np.where(x >= 0, 1, np.exp(-np.abs(x))) / (1 + np.exp(-np.abs(x)))
    if name == "tanh":
        return np.tanh(x)
    if name == "softmax":
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)
    raise ValueError(f"There is no activation {name!r} here: choose one of {', '.join(ACTIVATIONS)}.")


def l2_penalty(kernel: np.ndarray, factor: float) -> float:
    """What keras.regularizers.L2(factor) adds to the loss: factor Σ w²."""
    return float(factor * np.square(kernel).sum())


def _short(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else str(tuple(pair))
