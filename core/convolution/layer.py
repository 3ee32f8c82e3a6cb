"""One layer: its settings, shapes, parameters, multiply-adds, Keras call."""

from dataclasses import dataclass
from math import prod

import numpy as np

from core.convolution.arithmetic import conv2d, conv2d_transpose
from core.convolution.sizes import as_pairs, conv_output_size, transposed_output_size

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
        """Whether it is a pooling layer, which has no filters, parameters or activation."""
        return self.kind.endswith("Pooling2D")

    @property
    def transposed(self) -> bool:
        """Whether it is a Conv2DTranspose."""
        return self.kind == "Conv2DTranspose"

    def output_shape(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(H', W', channels) from (H, W, channels); ValueError with the numbers if Keras refuses the layer."""
        if self.kind not in KINDS:
            raise ValueError(f"Unknown layer {self.kind!r}: use one of {', '.join(KINDS)}.")
        if not self.pooling and self.filters < 1:
            raise ValueError(f"A layer needs at least 1 filter, not {self.filters}.")
        size = transposed_output_size if self.transposed else conv_output_size
        height, width = (size(**axis) for axis in self.axes(shape))
        return height, width, shape[2] if self.pooling else self.filters

    @property
    def options(self) -> dict:
        """The keyword arguments for the functions of `core.convolution`."""
        names = ["strides", "padding", "dilation"] + ["output_padding"] * self.transposed
        return {name: getattr(self, name) for name in names}

    def axes(self, shape: tuple[int, int, int]) -> list[dict]:
        """The keyword arguments for the functions of `core.convolution.sizes`, of height and of width.

        ValueError if Keras refuses the strides and dilation.
        """
        strides, dilation, extra = as_pairs(self.strides, self.dilation, self.output_padding)
        return [
            {"n": n, "kernel": k, "stride": s, "padding": self.padding, "dilation": d}
            | ({"output_padding": o} if self.transposed else {})
            for n, k, s, d, o in zip(shape, self.kernel, strides, dilation, extra, strict=False)
        ]

    def kernel_shape(self, channels: int) -> tuple[int, int, int, int]:
        """(kh, kw, in, out) of Conv2D, (kh, kw, out, in) of Conv2DTranspose, for an input with `channels` channels."""
        ends = channels, self.filters
        return *self.kernel, *(ends[::-1] if self.transposed else ends)

    def sums(self, x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        """The layer's output before bias and activation: (..., H, W, in) -> (..., H', W', out).

        ValueError with the numbers if Keras refuses the layer.
        """
        return (conv2d_transpose if self.transposed else conv2d)(x, kernel, **self.options)

    def overlap(self, shape: tuple[int, int, int]) -> np.ndarray:
        """The number of input cells, without padding, that each output cell uses, (H', W') int.

        Inside, all output cells of Conv2DTranspose have the same number if the stride divides the kernel. Otherwise the
        numbers form a checkerboard (Odena, Dumoulin and Olah, 2016, https://distill.pub/2016/deconv-checkerboard).
        Equal numbers alone do not make the layer's response to a constant input constant: see `constant_response`.
        """
        ones = np.ones((*shape[:2], 1)), np.ones((*self.kernel, 1, 1))
        return self.sums(*ones)[..., 0].round().astype(int)

    def constant_response(self, shape: tuple[int, int, int], kernel: np.ndarray) -> np.ndarray:
        """`sums` of an input (H, W, in) of ones: (H', W', out).

        Inside, a transposed layer repeats a pattern with the period of its strides, even if every output cell has the
        same number of contributing inputs: each position of the period uses other values of the kernel.
        """
        return self.sums(np.ones(shape, np.float32), kernel)

    def parameters(self, channels: int) -> int:
        """The number of kernel values plus one bias for each filter."""
        return 0 if self.pooling else prod(self.kernel_shape(channels)) + self.filters

    def multiply_adds(self, shape: tuple[int, int, int]) -> int:
        """The number of products for one input (H, W, channels), including those with padding; 0 for pooling.

        Conv2D multiplies a whole kernel for each output cell, Conv2DTranspose for each input cell.
        """
        if self.pooling:
            return 0
        height, width, _ = shape if self.transposed else self.output_shape(shape)
        return height * width * prod(self.kernel) * shape[2] * self.filters

    def keras(self) -> str:
        """The Keras call that builds this layer, without arguments that have Keras' default."""
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
    """Apply one of Keras' activation functions; softmax is over the last axis. ValueError for an unknown name."""
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
    raise ValueError(f"Unknown activation {name!r}: use one of {', '.join(ACTIVATIONS)}.")


def l2_penalty(kernel: np.ndarray, factor: float) -> float:
    """The term that keras.regularizers.L2(factor) adds to the loss: factor Σ w²."""
    return float(factor * np.square(kernel).sum())


def _short(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else str(tuple(pair))
