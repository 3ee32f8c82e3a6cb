"""The arithmetic of Conv2D and Conv2DTranspose, in NumPy alone: sizes, padding, values, single steps, matrices.

One axis has n input cells, a kernel of k numbers, stride s and dilation d; dilation spreads the kernel over
e = d (k - 1) + 1 cells. Arrays are channels last, (..., height, width, channels), kernels as Keras keeps them:
(height, width, in, out) for Conv2D and (height, width, out, in) for Conv2DTranspose, so that one array serves both
directions of the same convolution.

Sources: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (https://arxiv.org/abs/1603.07285),
for the relations; Keras and TensorFlow for what SAME, VALID and output_padding mean. `tests/core` holds every function
against Keras.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

PADDINGS = ("SAME", "VALID")


# --- sizes of one axis ---------------------------------------------------------------------------------------------


def effective_kernel(kernel: int, dilation: int = 1) -> int:
    """Cells that a dilated kernel spans on one axis: e = d (k - 1) + 1."""
    return dilation * (kernel - 1) + 1


def conv_output_size(n: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> int:
    """Output cells of Conv2D on one axis: VALID ⌊(n - e) / s⌋ + 1, SAME ⌈n / s⌉.

    Args:
        n: input cells, at least 1.
        kernel, stride, dilation: at least 1.
        padding: "SAME" or "VALID" in either case.

    Raises:
        ValueError: where Keras refuses: stride and dilation both above 1, or a kernel wider than a VALID input.
    """
    same = _check(n, kernel, stride, padding, dilation)
    if same:
        return -(-n // stride)
    span = effective_kernel(kernel, dilation)
    if n < span:
        dilated = f" with dilation {dilation} spans {span} cells and" if dilation > 1 else ""
        raise ValueError(f"A kernel of {kernel}{dilated} does not fit into {n} input cells without padding (VALID).")
    return (n - span) // stride + 1


def transposed_output_size(
    n: int, kernel: int, stride: int, padding: str, output_padding: int | None = None, dilation: int = 1
) -> int:
    """Output cells of Conv2DTranspose on one axis.

    VALID (n - 1) s + max(e, s), SAME n s; with output_padding o, VALID (n - 1) s + e + o and
    SAME (n - 1) s + e mod 2 + o. Arguments as in `conv_output_size`, output_padding None or 0 .. stride - 1.

    Raises:
        ValueError: where Keras or TensorFlow refuses: stride and dilation both above 1, output_padding outside
            0 .. stride - 1, or an even kernel under SAME with output_padding 0.
    """
    same = _check(n, kernel, stride, padding, dilation)
    span = effective_kernel(kernel, dilation)
    if output_padding is None:
        return n * stride if same else (n - 1) * stride + max(span, stride)
    if not _whole(output_padding, 0):
        raise ValueError(f"output_padding must be a whole number of at least 0 or None, not {output_padding!r}.")
    if output_padding >= stride:
        raise ValueError(f"output_padding {output_padding} must be smaller than the stride, {stride}.")
    if not same:
        return (n - 1) * stride + span + output_padding
    size = (n - 1) * stride + span % 2 + output_padding
    if conv_output_size(max(size, 1), kernel, stride, padding, dilation) != n or size < 1:
        raise ValueError(
            f"With SAME, an even kernel of {kernel} and output_padding {output_padding}, {n} input cells would become "
            f"{size}, and no convolution of stride {stride} leads from {size} to {n}: TensorFlow refuses."
        )
    return size


def padding_cells(n: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int]:
    """Cells that Conv2D adds before and after one axis; SAME puts the odd one after. Errors of `conv_output_size`."""
    out = conv_output_size(n, kernel, stride, padding, dilation)
    if padding.upper() == "VALID":
        return 0, 0
    total = max((out - 1) * stride + effective_kernel(kernel, dilation) - n, 0)
    return total // 2, total - total // 2


def cropped_cells(
    n: int, kernel: int, stride: int, padding: str, output_padding: int | None = None, dilation: int = 1
) -> tuple[int, int]:
    """Cells that Conv2DTranspose cuts off its stamps before and after one axis.

    They are the cells that the convolution back would pad. The second is negative where the layer adds zeros that no
    stamp reaches: VALID with a stride wider than the kernel, or output_padding.
    """
    out = transposed_output_size(n, kernel, stride, padding, output_padding, dilation)
    total = (n - 1) * stride + effective_kernel(kernel, dilation) - out
    before = max(total, 0) // 2 if padding.upper() == "SAME" else 0
    return before, total - before


def sizes_with_output(out: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> list[int]:
    """All input sizes that Conv2D brings to `out` cells, ascending: as many as the stride."""
    _check(out, kernel, stride, padding, dilation)
    span = effective_kernel(kernel, dilation)
    last = out * stride if padding.upper() == "SAME" else (out - 1) * stride + span + stride - 1
    return list(range(last - stride + 1, last + 1))


def restoring_output_padding(n: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """The output_padding with which the transposed layer leads back from Conv2D's output to n cells.

    None means that no output_padding does; leaving it unset may (SAME, even kernel, n a multiple of the stride).
    """
    out = conv_output_size(n, kernel, stride, padding, dilation)
    span = effective_kernel(kernel, dilation)
    fill = n - (out - 1) * stride - (span % 2 if padding.upper() == "SAME" else span)
    return fill if 0 <= fill < stride else None


# --- the layers ----------------------------------------------------------------------------------------------------
#
# Both multiply row by row of a picture. One product for all would be spread over threads that wait for each other: on a
# busy server it takes five times as long, and its last bits depend on what else is in the batch.


def conv2d(x, kernel, strides=1, padding="VALID", dilation=1) -> np.ndarray:
    """Conv2D without bias: cross-correlation, as every deep-learning library has it.

    Args:
        x: (..., H, W, in), any number of leading axes.
        kernel: (kh, kw, in, out).
        strides, dilation: a whole number or (height, width).
        padding: "SAME" or "VALID".

    Returns:
        (..., H', W', out) in the common float type of x and kernel, H' and W' by `conv_output_size`.

    Raises:
        ValueError: where Keras refuses.
    """
    x, kernel = _arrays(x, kernel, channel_axis=2)
    strides, dilation = check_pair(strides, dilation)
    axes = list(zip(x.shape[-3:-1], kernel.shape, strides, dilation, strict=False))
    (sy, sx), (dy, dx) = strides, dilation
    pads = [padding_cells(n, k, s, padding, d) for n, k, s, d in axes]
    x = np.pad(x, [(0, 0)] * (x.ndim - 3) + [*pads, (0, 0)])
    spans = [effective_kernel(k, d) for _, k, _, d in axes]
    windows = sliding_window_view(x, spans, (-3, -2))[..., ::sy, ::sx, :, ::dy, ::dx]
    windows = np.moveaxis(windows, -3, -1)  # (..., H', W', kh, kw, in)
    rows = kernel.reshape(-1, kernel.shape[3])
    return windows.reshape(*windows.shape[:-3], len(rows)) @ rows


def conv2d_transpose(x, kernel, strides=1, padding="VALID", dilation=1, output_padding=None) -> np.ndarray:
    """Conv2DTranspose without bias: each input cell adds its multiple of the kernel to the output, `stride` apart.

    Args:
        x: (..., H, W, in).
        kernel: (kh, kw, out, in), Keras' order for this layer.
        strides, dilation: a whole number or (height, width).
        padding: "SAME" or "VALID".
        output_padding: None, a whole number or (height, width).

    Returns:
        (..., H', W', out), H' and W' by `transposed_output_size`.

    Raises:
        ValueError: where Keras or TensorFlow refuses. Dilation above 1 is computed; TensorFlow does so on a GPU or
            under XLA only.
    """
    x, kernel = _arrays(x, kernel, channel_axis=3)
    strides, dilation = check_pair(strides, dilation)
    extra = (None, None) if output_padding is None else _pair(output_padding)
    axes = list(zip(x.shape[-3:-1], kernel.shape, strides, extra, dilation, strict=False))
    (sy, sx), (dy, dx) = strides, dilation
    h, w = x.shape[-3:-1]
    out = [transposed_output_size(n, k, s, padding, o, d) for n, k, s, o, d in axes]
    before = [cropped_cells(n, k, s, padding, o, d)[0] for n, k, s, o, d in axes]
    stamps = [(n - 1) * s + effective_kernel(k, d) for n, k, s, _, d in axes]
    canvas = [max(a, b + c) for a, b, c in zip(stamps, before, out, strict=True)]
    y = np.zeros((*x.shape[:-3], *canvas, kernel.shape[2]), x.dtype)
    for i, row in enumerate(kernel):
        columns = np.ascontiguousarray(row.reshape(-1, row.shape[2]).T)  # the product with a view is slow
        multiples = (x @ columns).reshape(*x.shape[:-1], *row.shape[:2])  # (..., H, W, kw, out)
        for j in range(kernel.shape[1]):
            top, left = i * dy, j * dx
            y[..., top : top + sy * (h - 1) + 1 : sy, left : left + sx * (w - 1) + 1 : sx, :] += multiples[..., j, :]
    return y[..., before[0] : before[0] + out[0], before[1] : before[1] + out[1], :]


# --- one step at a time --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """What one cell is made of: `cells` (m, 2) in the other grid, their `values` and `weights` (m, channels)."""

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
        filter_: which output channel.

    Returns:
        kh kw cells in reading order. Those outside 0 .. H-1, 0 .. W-1 are padding; their values are 0.
    """
    x, kernel = _arrays(x, kernel, channel_axis=2)
    strides, dilation = check_pair(strides, dilation)
    tops = [
        i * s - padding_cells(n, k, s, padding, d)[0]
        for i, n, k, s, d in zip(cell, x.shape, kernel.shape, strides, dilation, strict=False)
    ]
    cells = np.argwhere(np.ones(kernel.shape[:2], bool)) * dilation + tops
    inside = ((cells >= 0) & (cells < x.shape[:2])).all(axis=1)
    values = np.zeros((len(cells), x.shape[2]), x.dtype)
    values[inside] = x[tuple(cells[inside].T)]
    return Step(cells, values, kernel[..., filter_].reshape(len(cells), -1))


def payers(x, kernel, cell, strides=1, padding="VALID", dilation=1, output_padding=None, filter_=0) -> Step:
    """The input cells of Conv2DTranspose whose stamps reach one output cell, with the kernel numbers they pay with.

    Arguments as in `conv2d_transpose`, x without leading axes; `cell` is (row, column) in the output. The step is empty
    where no stamp reaches.
    """
    x, kernel = _arrays(x, kernel, channel_axis=3)
    strides, dilation = check_pair(strides, dilation)
    extra = (None, None) if output_padding is None else _pair(output_padding)
    taps = []
    for i, n, k, s, o, d in zip(cell, x.shape, kernel.shape, strides, extra, dilation, strict=False):
        at = i + cropped_cells(n, k, s, padding, o, d)[0]
        reach = [(at - tap * d, tap) for tap in range(k)]
        taps.append(sorted((place // s, tap) for place, tap in reach if place % s == 0 and 0 <= place // s < n))
    pairs = [(r, c, i, j) for r, i in taps[0] for c, j in taps[1]]
    r, c, i, j = np.array(pairs, int).reshape(-1, 4).T
    return Step(np.stack([r, c], axis=1), x[r, c], kernel[i, j, filter_])


def stamp(shape, kernel, cell, strides=1, padding="VALID", dilation=1, output_padding=None) -> np.ndarray:
    """Where the stamp of one Conv2DTranspose input cell falls on the output.

    Args:
        shape: (H, W) of the input; kernel: (kh, kw, ...), cell: (row, column) in the input.

    Returns:
        (kh kw, 2) output cells in the kernel's reading order; those outside the output are cut off by the layer.
    """
    strides, dilation = check_pair(strides, dilation)
    extra = (None, None) if output_padding is None else _pair(output_padding)
    axes = zip(cell, shape, kernel.shape, strides, extra, dilation, strict=False)
    tops = [i * s - cropped_cells(n, k, s, padding, o, d)[0] for i, n, k, s, o, d in axes]
    return np.argwhere(np.ones(kernel.shape[:2], bool)) * dilation + tops


def zeros_inserted(x, kernel, strides=1, padding="VALID", dilation=1, output_padding=None):
    """Conv2DTranspose's input, stretched so that a plain convolution finishes the job.

    Put stride - 1 zeros between the cells, pad, and convolve with `flipped(kernel)`, stride 1, VALID, same dilation:
    that is the transposed convolution (Dumoulin and Visin, section 4).

    Returns:
        the stretched input (H'', W'', in) and where its real cells are, (H'', W'') boolean.
    """
    x, kernel = _arrays(x, kernel, channel_axis=3)
    strides, dilation = check_pair(strides, dilation)
    extra = (None, None) if output_padding is None else _pair(output_padding)
    places, sizes = [], []
    for n, k, s, o, d in zip(x.shape, kernel.shape, strides, extra, dilation, strict=False):
        rim = effective_kernel(k, d) - 1
        places.append(np.arange(n) * s + rim - cropped_cells(n, k, s, padding, o, d)[0])
        sizes.append(transposed_output_size(n, k, s, padding, o, d) + rim)
    stretched = np.zeros((*sizes, x.shape[2]), x.dtype)
    real = np.zeros(sizes, bool)
    stretched[np.ix_(*places)] = x
    real[np.ix_(*places)] = True
    return stretched, real


def flipped(kernel) -> np.ndarray:
    """A transposed layer's kernel (kh, kw, out, in) turned by 180° for a plain convolution: (kh, kw, in, out)."""
    return np.asarray(kernel)[::-1, ::-1].swapaxes(2, 3)


def overlap(shape, kernel_size, strides=1, padding="VALID", dilation=1, output_padding=None) -> np.ndarray:
    """How many input cells of Conv2DTranspose pay into each output cell, (H', W') int.

    It is even where the stride divides the kernel; elsewhere it is the checkerboard (Odena, Dumoulin and Olah, 2016,
    https://distill.pub/2016/deconv-checkerboard).
    """
    ones = np.ones((*shape, 1)), np.ones((*kernel_size, 1, 1))
    return conv2d_transpose(*ones, strides, padding, dilation, output_padding)[..., 0].round().astype(int)


def coverage(shape, kernel_size, strides=1, padding="VALID", dilation=1) -> np.ndarray:
    """How many input cells, padding left out, pay into each output cell of Conv2D, (H', W') int."""
    ones = np.ones((*shape, 1)), np.ones((*kernel_size, 1, 1))
    return conv2d(*ones, strides, padding, dilation)[..., 0].round().astype(int)


def matrix(shape, kernel, strides=1, padding="VALID", dilation=1) -> np.ndarray:
    """Conv2D of one channel as the matrix C, (outputs, inputs), with C @ x.ravel() the output in reading order.

    Column i is the layer's answer to a picture that is 1 in cell i and 0 elsewhere. C^T is Conv2DTranspose with the
    same kernel, from C's outputs back to (H, W).

    Args:
        shape: (H, W) of the input; kernel: (kh, kw).
    """
    h, w = shape
    impulses = np.eye(h * w, dtype=np.result_type(np.asarray(kernel), np.float32)).reshape(h * w, h, w, 1)
    return conv2d(impulses, np.asarray(kernel)[..., None, None], strides, padding, dilation).reshape(h * w, -1).T


# --- checks --------------------------------------------------------------------------------------------------------


def check_pair(strides, dilation) -> tuple[tuple[int, int], tuple[int, int]]:
    """Strides and dilation as (height, width) each; ValueError where Keras refuses the two together."""
    strides, dilation = _pair(strides), _pair(dilation)
    if max(strides) > 1 and max(dilation) > 1:
        raise ValueError(
            f"Stride {strides[0]} × {strides[1]} and dilation {dilation[0]} × {dilation[1]} do not go together: "
            "Keras takes a stride above 1 or a dilation above 1, not both."
        )
    return strides, dilation


def _check(n, kernel, stride, padding, dilation) -> bool:
    """True for SAME, False for VALID; ValueError where one of the numbers is impossible."""
    for name, value in (("input size", n), ("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if not _whole(value, 1):
            raise ValueError(f"The {name} must be a whole number of at least 1, not {value!r}.")
    if not isinstance(padding, str) or padding.upper() not in PADDINGS:
        raise ValueError(f"padding must be SAME or VALID, not {padding!r}.")
    if stride > 1 and dilation > 1:
        raise ValueError(
            f"Stride {stride} and dilation {dilation} do not go together: "
            "Keras takes a stride above 1 or a dilation above 1, not both."
        )
    return padding.upper() == "SAME"


def _whole(value, least: int) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least


def _pair(value) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, (int, np.integer)) else tuple(value)
    if len(pair) != 2:
        raise ValueError(f"One whole number or a pair (height, width) is needed, not {value!r}.")
    return pair


def _arrays(x, kernel, channel_axis: int) -> tuple[np.ndarray, np.ndarray]:
    x, kernel = np.asarray(x), np.asarray(kernel)
    if x.ndim < 3 or kernel.ndim != 4 or x.shape[-1] != kernel.shape[channel_axis]:
        raise ValueError(
            f"An input of shape {x.shape} and a kernel of shape {kernel.shape} do not fit: the input ends in (height, "
            f"width, channels), and axis {channel_axis} of the kernel's four is the input's channels."
        )
    dtype = np.result_type(x, kernel, np.float32)
    return x.astype(dtype, copy=False), kernel.astype(dtype, copy=False)
