"""A layer with input and kernel values: what the tests compare with Keras."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.convolution import sizes, steps
from core.convolution.layer import Layer, activate

MOST_CELLS = 16  # per side of an input that is small enough to be drawn


@dataclass(frozen=True)
class LayerExample:
    """A Conv2D or Conv2DTranspose without bias: input (H, W, channels) of integers 0 .. 9, kernel values -2 .. 2.

    The same `seed` and sizes give the same values on every machine.
    """

    layer: Layer
    shape: tuple[int, int, int]
    seed: int = 1

    @property
    def drawable(self) -> bool:
        """Whether the input is small enough to be drawn cell by cell."""
        return max(self.shape[:2]) <= MOST_CELLS

    @cached_property
    def output_shape(self) -> tuple[int, int, int]:
        """(H', W', filters); ValueError with the numbers if Keras refuses the layer."""
        return self.layer.output_shape(self.shape)

    @cached_property
    def x(self) -> np.ndarray:
        """The input, (H, W, channels) float32."""
        return np.random.default_rng([self.seed, 0]).integers(0, 10, self.shape).astype(np.float32)

    @cached_property
    def kernel(self) -> np.ndarray:
        """(kh, kw, in, out) for Conv2D, (kh, kw, out, in) for Conv2DTranspose, float32."""
        shape = self.layer.kernel_shape(self.shape[2])
        return np.random.default_rng([self.seed, 1]).integers(-2, 3, shape).astype(np.float32)

    @cached_property
    def sums(self) -> np.ndarray:
        """The output before the activation, (H', W', filters)."""
        return self.layer.sums(self.x, self.kernel)

    @cached_property
    def y(self) -> np.ndarray:
        """The output, (H', W', filters)."""
        return activate(self.sums, self.layer.activation)

    def step(self, cell: tuple[int, int], filter_: int = 0) -> steps.Step:
        """The terms of the output cell (row, column) of one filter."""
        terms = steps.contributing_inputs if self.layer.transposed else steps.conv_step
        return terms(self.x, self.kernel, cell, filter_=filter_, **self.layer.options)

    def kernel_plane(self, channel: int = 0, filter_: int = 0) -> np.ndarray:
        """The kernel of one input channel and one filter, (kh, kw)."""
        last = (filter_, channel) if self.layer.transposed else (channel, filter_)
        return self.kernel[(..., *last)]

    def margins(self) -> list[tuple[int, int]]:
        """Cells before and after, for height and width: padding of Conv2D's input, or cut off from the output."""
        cells = sizes.cropped_cells if self.layer.transposed else sizes.padding_cells
        return [cells(**axis) for axis in self.layer.axes(self.shape)]


@dataclass(frozen=True)
class ConvThenTranspose:
    """A Conv2D, then a Conv2DTranspose with the same kernel, strides, padding and dilation: C^T C x.

    `output_padding`, (height, width) or None, belongs to the transposed layer.
    """

    conv: LayerExample
    output_padding: tuple[int, int] | None = None

    @cached_property
    def transposed_layer(self) -> Layer:
        """The second layer; it has as many filters as the input has channels."""
        conv, extra = self.conv, self.output_padding
        return replace(conv.layer, kind="Conv2DTranspose", filters=conv.shape[2], output_padding=extra, l2=0.0)

    @property
    def transposed_example(self) -> LayerExample:
        """The second layer as an example with the same kernel and with its own input values."""
        return LayerExample(self.transposed_layer, self.conv.output_shape, self.conv.seed)

    @cached_property
    def result(self) -> np.ndarray:
        """The output of both layers, (H'', W'', channels); ValueError if TensorFlow refuses the second."""
        return self.transposed_layer.sums(self.conv.sums, self.conv.kernel)

    @property
    def shape_difference(self) -> tuple[int, int]:
        """Height and width of the result less those of the input."""
        height, width, _ = self.transposed_layer.output_shape(self.conv.output_shape)
        return height - self.conv.shape[0], width - self.conv.shape[1]

    @cached_property
    def value_difference(self) -> float:
        """The mean absolute difference over the cells that input and result share."""
        height, width = (min(a, b) for a, b in zip(self.conv.x.shape[:2], self.result.shape[:2], strict=True))
        return float(np.abs(self.result[:height, :width] - self.conv.x[:height, :width]).mean())

    @cached_property
    def least_squares_inverse(self) -> np.ndarray:
        """What comes nearest to a deconvolution, (H, W, channels): the smallest input with the same convolution.

        For inputs that are small enough to be drawn: it solves a system with as many unknowns as the input has values.
        """
        impulses = np.eye(self.conv.x.size).reshape(-1, *self.conv.shape)
        columns = self.conv.layer.sums(impulses, self.conv.kernel).reshape(self.conv.x.size, -1)
        return np.linalg.lstsq(columns.T, self.conv.sums.ravel(), rcond=None)[0].reshape(self.conv.shape)

    @property
    def inverse_difference(self) -> float:
        """The mean absolute difference between the least-squares inverse and the input."""
        return float(np.abs(self.least_squares_inverse - self.conv.x).mean())
