"""One layer as plain numbers: its settings, shapes, parameters, multiply-adds, Keras call."""

from dataclasses import dataclass
from math import prod

import numpy as np

from core.convolution.arithmetic import conv2d, conv2d_transpose
from core.convolution.sizes import check_pair, conv_output_size, transposed_output_size

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
