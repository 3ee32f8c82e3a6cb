"""One layer with numbers in it: what the convolution page draws and the tests hold against Keras."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.convolution import sizes, steps
from core.convolution.layer import Layer, activate

DRAWN = 16  # the most input cells a side that are filled with numbers and drawn


@dataclass(frozen=True)
class Experiment:
    """A Conv2D or Conv2DTranspose on an input (H, W, channels) of whole numbers 0 .. 9, kernel numbers -2 .. 2, bias 0.

    `seed` chooses the numbers: the same seed and sizes give the same numbers everywhere.
    """

    layer: Layer
    shape: tuple[int, int, int]
    seed: int = 1

    @property
    def drawable(self) -> bool:
        """Small enough to be drawn cell by cell."""
        return max(self.shape[:2]) <= DRAWN

    @cached_property
    def output_shape(self) -> tuple[int, int, int]:
        """(H', W', filters); ValueError naming the numbers where Keras refuses."""
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
        """What the output cell (row, column) of one filter is summed from; (row, column) cells of the input."""
        of = steps.payers if self.layer.transposed else steps.conv_step
        return of(self.x, self.kernel, cell, filter_=filter_, **self.layer.options)

    def margins(self) -> list[tuple[int, int]]:
        """Cells before and after, for height and width: padding of Conv2D's input, or cut off from the stamps."""
        axes = zip(
            self.shape,
            self.layer.kernel,
            self.layer.strides,
            self.layer.output_padding or (None, None),
            self.layer.dilation,
            strict=False,
        )
        padding = self.layer.padding
        if self.layer.transposed:
            return [sizes.cropped_cells(n, k, s, padding, o, d) for n, k, s, o, d in axes]
        return [sizes.padding_cells(n, k, s, padding, d) for n, k, s, _, d in axes]


@dataclass(frozen=True)
class RoundTrip:
    """There and back: Conv2D, then Conv2DTranspose with the same kernel, strides, padding and dilation.

    In matrices: C^T C x. `output_padding` (height, width) or None belongs to the way back.
    """

    there: Experiment
    output_padding: tuple[int, int] | None = None

    @cached_property
    def back(self) -> np.ndarray:
        """What comes back, (H'', W'', channels); ValueError where TensorFlow refuses the way back."""
        there = self.there
        return self.way_back.sums(there.sums, there.kernel)

    @cached_property
    def way_back(self) -> Layer:
        """The transposed layer of the way back."""
        layer = self.there.layer
        return replace(
            layer, kind="Conv2DTranspose", filters=self.there.shape[2], output_padding=self.output_padding, l2=0.0
        )

    @property
    def return_leg(self) -> Experiment:
        """The way back as an experiment of its own: same layer and sizes, its own numbers."""
        return Experiment(self.way_back, self.there.output_shape, self.there.seed)

    @property
    def shape_difference(self) -> tuple[int, int]:
        """Height and width that came back, less those that went in."""
        height, width, _ = self.way_back.output_shape(self.there.output_shape)
        return height - self.there.shape[0], width - self.there.shape[1]

    @cached_property
    def value_difference(self) -> float:
        """Mean absolute difference over the cells that both pictures have."""
        height, width = (min(a, b) for a, b in zip(self.there.x.shape[:2], self.back.shape[:2], strict=True))
        return float(np.abs(self.back[:height, :width] - self.there.x[:height, :width]).mean())
