"""One cell at a time: the window of an output cell, its contributing inputs, the kernel copy of an input cell."""

from dataclasses import dataclass

import numpy as np

from core.convolution.arithmetic import checked_arrays
from core.convolution.sizes import as_pairs, cropped_cells, padding_cells


@dataclass(frozen=True)
class Step:
    """The terms of one output cell: m input `cells` (m, 2), their `values` and kernel `weights`, (m, channels) each."""

    cells: np.ndarray
    values: np.ndarray
    weights: np.ndarray

    @property
    def total(self) -> float:
        """The sum of all products."""
        return float((self.values * self.weights).sum())


def conv_step(x, kernel, cell, strides=1, padding="VALID", dilation=1, filter_=0) -> Step:
    """The window of one Conv2D output cell.

    Args:
        x: (H, W, in); kernel: (kh, kw, in, out).
        cell: (row, column) in the output.
        filter_: the output channel.

    Returns:
        kh kw cells, row by row. Cells outside 0 .. H-1, 0 .. W-1 are padding; their values are 0.
    """
    x, kernel = checked_arrays(x, kernel, channel_axis=2)
    strides, dilation, _ = as_pairs(strides, dilation)
    tops = [
        i * s - padding_cells(n, k, s, padding, d)[0]
        for i, n, k, s, d in zip(cell, x.shape, kernel.shape, strides, dilation, strict=False)
    ]
    cells = np.argwhere(np.ones(kernel.shape[:2], bool)) * dilation + tops
    inside = ((cells >= 0) & (cells < x.shape[:2])).all(axis=1)
    values = np.zeros((len(cells), x.shape[2]), x.dtype)
    values[inside] = x[tuple(cells[inside].T)]
    return Step(cells, values, kernel[..., filter_].reshape(len(cells), -1))


def contributing_inputs(
    x, kernel, cell, strides=1, padding="VALID", dilation=1, output_padding=None, filter_=0
) -> Step:
    """The input cells of Conv2DTranspose whose kernel copies reach one output cell, with the kernel value of each.

    Arguments as in `conv2d_transpose`, x without leading axes; `cell` is (row, column) in the output. The step is empty
    if no copy reaches the cell.
    """
    x, kernel = checked_arrays(x, kernel, channel_axis=3)
    strides, dilation, extra = as_pairs(strides, dilation, output_padding)
    taps = []
    for i, n, k, s, o, d in zip(cell, x.shape, kernel.shape, strides, extra, dilation, strict=False):
        at = i + cropped_cells(n, k, s, padding, o, d)[0]
        reach = [(at - tap * d, tap) for tap in range(k)]
        taps.append(sorted((place // s, tap) for place, tap in reach if place % s == 0 and 0 <= place // s < n))
    pairs = [(r, c, i, j) for r, i in taps[0] for c, j in taps[1]]
    r, c, i, j = np.array(pairs, int).reshape(-1, 4).T
    return Step(np.stack([r, c], axis=1), x[r, c], kernel[i, j, filter_])


def kernel_copy(shape, kernel, cell, strides=1, padding="VALID", dilation=1, output_padding=None) -> np.ndarray:
    """The output cells to which one input cell of Conv2DTranspose adds its copy of the kernel.

    Args:
        shape: (H, W) of the input; kernel: (kh, kw, ...), cell: (row, column) in the input.

    Returns:
        (kh kw, 2) output cells in the kernel's reading order. The layer cuts off those outside the output.
    """
    strides, dilation, extra = as_pairs(strides, dilation, output_padding)
    axes = zip(cell, shape, kernel.shape, strides, extra, dilation, strict=False)
    tops = [i * s - cropped_cells(n, k, s, padding, o, d)[0] for i, n, k, s, o, d in axes]
    return np.argwhere(np.ones(kernel.shape[:2], bool)) * dilation + tops
