"""Conv2D and Conv2DTranspose of whole arrays: the layers, their overlap counts, the matrix C."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.convolution.sizes import (
    as_pairs,
    cropped_cells,
    effective_kernel,
    padding_cells,
    transposed_output_size,
)

# Both layers multiply one row of a picture at a time. NumPy would divide a single product of everything among threads
# that wait for each other: on a busy server it takes five times as long, and its last bits depend on the batch.


def conv2d(x, kernel, strides=1, padding="VALID", dilation=1) -> np.ndarray:
    """Conv2D without bias: cross-correlation, as in every deep-learning library.

    Args:
        x: (..., H, W, in), any number of leading axes.
        kernel: (kh, kw, in, out).
        strides, dilation: a whole number or (height, width).
        padding: "SAME" or "VALID".

    Returns:
        (..., H', W', out) in the common float type of x and kernel, H' and W' by `conv_output_size`.

    Raises:
        ValueError: Keras refuses the layer.
    """
    x, kernel = checked_arrays(x, kernel, channel_axis=2)
    strides, dilation, _ = as_pairs(strides, dilation)
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
    """Conv2DTranspose without bias: each input cell adds a copy of the kernel, times its value, to the output.

    Copies of neighbouring cells are `strides` apart.

    Args:
        x: (..., H, W, in).
        kernel: (kh, kw, out, in), Keras' order for this layer.
        strides, dilation: a whole number or (height, width).
        padding: "SAME" or "VALID".
        output_padding: None, a whole number or (height, width).

    Returns:
        (..., H', W', out), H' and W' by `transposed_output_size`.

    Raises:
        ValueError: Keras or TensorFlow refuses the layer. Dilation above 1 is computed here; TensorFlow computes it
            on a GPU or with XLA only.
    """
    x, kernel = checked_arrays(x, kernel, channel_axis=3)
    strides, dilation, extra = as_pairs(strides, dilation, output_padding)
    axes = list(zip(x.shape[-3:-1], kernel.shape, strides, extra, dilation, strict=False))
    (sy, sx), (dy, dx) = strides, dilation
    h, w = x.shape[-3:-1]
    out = [transposed_output_size(n, k, s, padding, o, d) for n, k, s, o, d in axes]
    before = [cropped_cells(n, k, s, padding, o, d)[0] for n, k, s, o, d in axes]
    covered = [(n - 1) * s + effective_kernel(k, d) for n, k, s, _, d in axes]
    canvas = [max(a, b + c) for a, b, c in zip(covered, before, out, strict=True)]
    y = np.zeros((*x.shape[:-3], *canvas, kernel.shape[2]), x.dtype)
    for i, row in enumerate(kernel):
        columns = np.ascontiguousarray(row.reshape(-1, row.shape[2]).T)  # the product with a view is slow
        multiples = (x @ columns).reshape(*x.shape[:-1], *row.shape[:2])  # (..., H, W, kw, out)
        for j in range(kernel.shape[1]):
            top, left = i * dy, j * dx
            y[..., top : top + sy * (h - 1) + 1 : sy, left : left + sx * (w - 1) + 1 : sx, :] += multiples[..., j, :]
    return y[..., before[0] : before[0] + out[0], before[1] : before[1] + out[1], :]


def zeros_inserted(x, kernel, strides=1, padding="VALID", dilation=1, output_padding=None):
    """Conv2DTranspose's input with zeros between its cells and around them.

    A convolution of it with `flipped(kernel)`, stride 1, VALID and the same dilation is the transposed convolution
    (Dumoulin and Visin, section 4). There are stride - 1 zeros between neighbours.

    Returns:
        the stretched input (H'', W'', in), and an (H'', W'') boolean array that is True at the input's own cells.
    """
    x, kernel = checked_arrays(x, kernel, channel_axis=3)
    strides, dilation, extra = as_pairs(strides, dilation, output_padding)
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
    """A transposed layer's kernel (kh, kw, out, in), rotated by 180° for a convolution: (kh, kw, in, out)."""
    return np.asarray(kernel)[::-1, ::-1].swapaxes(2, 3)


def matrix(shape, kernel, strides=1, padding="VALID", dilation=1) -> np.ndarray:
    """Conv2D of one channel as the matrix C, (outputs, inputs), with C @ x.ravel() the output row by row.

    Column i is the layer's output for an input that is 1 in cell i and 0 elsewhere. C^T is Conv2DTranspose with the
    same kernel, from C's outputs to (H, W).

    Args:
        shape: (H, W) of the input; kernel: (kh, kw).
    """
    h, w = shape
    impulses = np.eye(h * w, dtype=np.result_type(np.asarray(kernel), np.float32)).reshape(h * w, h, w, 1)
    return conv2d(impulses, np.asarray(kernel)[..., None, None], strides, padding, dilation).reshape(h * w, -1).T


def checked_arrays(x, kernel, channel_axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Input and kernel as arrays of their common float type; ValueError if their shapes do not fit together."""
    x, kernel = np.asarray(x), np.asarray(kernel)
    if x.ndim < 3 or kernel.ndim != 4 or x.shape[-1] != kernel.shape[channel_axis]:
        raise ValueError(
            f"An input of shape {x.shape} and a kernel of shape {kernel.shape} do not fit: the input ends in (height, "
            f"width, channels), and axis {channel_axis} of the kernel's four is the input's channels."
        )
    dtype = np.result_type(x, kernel, np.float32)
    return x.astype(dtype, copy=False), kernel.astype(dtype, copy=False)
