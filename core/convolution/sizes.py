"""Sizes and padding of one axis of Conv2D and Conv2DTranspose, with the errors that Keras raises."""

import numpy as np

PADDINGS = ("SAME", "VALID")


def effective_kernel(kernel: int, dilation: int = 1) -> int:
    """The number of cells that a dilated kernel covers on one axis: e = d (k - 1) + 1."""
    return dilation * (kernel - 1) + 1


def conv_output_size(n: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> int:
    """Output cells of Conv2D on one axis: VALID ⌊(n - e) / s⌋ + 1, SAME ⌈n / s⌉.

    Args:
        n: input cells, at least 1.
        kernel, stride, dilation: at least 1.
        padding: "SAME" or "VALID" in either case.

    Raises:
        ValueError: Keras refuses the layer: stride and dilation above 1, or a kernel wider than a VALID input.
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
        ValueError: Keras or TensorFlow refuses the layer: stride and dilation above 1, output_padding outside
            0 .. stride - 1, or SAME with an even kernel and output_padding 0.
    """
    same = _check(n, kernel, stride, padding, dilation)
    span = effective_kernel(kernel, dilation)
    if output_padding is None:
        return n * stride if same else (n - 1) * stride + max(span, stride)
    if not _is_integer(output_padding, 0):
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


def input_cells(cells: int, kernel: int, stride: int, dilation: int = 1, *, transposed: bool = False) -> int:
    """The input cells that `cells` neighbouring output cells depend on: (m - 1) s + e; transposed ⌈(m + e - 1) / s⌉.

    Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks" (2019,
    https://distill.pub/2019/computing-receptive-fields). For a transposed layer it is the rule on the stretched grid,
    on which one cell in `stride` is an input cell.
    """
    span = effective_kernel(kernel, dilation)
    return -(-(cells + span - 1) // stride) if transposed else (cells - 1) * stride + span


def padding_cells(n: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int]:
    """The cells that Conv2D pads before and after one axis. SAME puts an odd one after. Errors: `conv_output_size`."""
    out = conv_output_size(n, kernel, stride, padding, dilation)
    if padding.upper() == "VALID":
        return 0, 0
    total = max((out - 1) * stride + effective_kernel(kernel, dilation) - n, 0)
    return total // 2, total - total // 2


def cropped_cells(
    n: int, kernel: int, stride: int, padding: str, output_padding: int | None = None, dilation: int = 1
) -> tuple[int, int]:
    """The cells that Conv2DTranspose cuts off before and after one axis, after it has added all copies of the kernel.

    They are the cells that the convolution in the other direction pads. The second number is negative if the layer
    adds zeros that no copy reaches: VALID with a stride wider than the kernel, or output_padding.
    """
    out = transposed_output_size(n, kernel, stride, padding, output_padding, dilation)
    total = (n - 1) * stride + effective_kernel(kernel, dilation) - out
    before = max(total, 0) // 2 if padding.upper() == "SAME" else 0
    return before, total - before


def sizes_with_output(out: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> list[int]:
    """All input sizes for which Conv2D gives `out` cells, ascending: as many as the stride."""
    _check(out, kernel, stride, padding, dilation)
    span = effective_kernel(kernel, dilation)
    last = out * stride if padding.upper() == "SAME" else (out - 1) * stride + span + stride - 1
    return list(range(last - stride + 1, last + 1))


def restoring_output_padding(n: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """The output_padding with which the transposed layer gives n cells again from Conv2D's output.

    None means that no output_padding does so. An unset one may: SAME, even kernel, n a multiple of the stride.
    """
    out = conv_output_size(n, kernel, stride, padding, dilation)
    span = effective_kernel(kernel, dilation)
    fill = n - (out - 1) * stride - (span % 2 if padding.upper() == "SAME" else span)
    return fill if 0 <= fill < stride else None


def as_pairs(strides, dilation, output_padding=None) -> tuple:
    """Strides, dilation and output_padding as (height, width) each; ValueError if Keras refuses the combination."""
    strides, dilation = as_pair(strides), as_pair(dilation)
    if max(strides) > 1 and max(dilation) > 1:
        raise ValueError(
            f"Stride {strides[0]} × {strides[1]} and dilation {dilation[0]} × {dilation[1]} do not go together: "
            "Keras takes a stride above 1 or a dilation above 1, not both."
        )
    return strides, dilation, (None, None) if output_padding is None else as_pair(output_padding)


def as_pair(value) -> tuple[int, int]:
    """(height, width) from a pair or from one number for both."""
    pair = (value, value) if isinstance(value, (int, np.integer)) else tuple(value)
    if len(pair) != 2:
        raise ValueError(f"One whole number or a pair (height, width) is needed, not {value!r}.")
    return pair


def _check(n, kernel, stride, padding, dilation) -> bool:
    """Whether the padding is SAME; ValueError if one of the numbers is impossible."""
    for name, value in (("input size", n), ("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if not _is_integer(value, 1):
            raise ValueError(f"The {name} must be a whole number of at least 1, not {value!r}.")
    if not isinstance(padding, str) or padding.upper() not in PADDINGS:
        raise ValueError(f"padding must be SAME or VALID, not {padding!r}.")
    as_pairs(stride, dilation)
    return padding.upper() == "SAME"


def _is_integer(value, least: int) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= least)
