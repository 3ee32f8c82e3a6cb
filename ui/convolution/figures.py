"""The boards of the convolution page: pure functions that return a figure for `ui.convolution.board.show`."""

import numpy as np

from core.convolution import arithmetic, sizes, steps
from core.convolution.example import ConvThenTranspose, LayerExample
from ui.convolution.board import board, cell_text, panel

LARGEST_MATRIX = 65_536  # elements of a matrix that is still drawn


def conv(example: LayerExample, cell, channel=0, filter_=0) -> dict:
    """Conv2D: the padded input with the window of one output cell, the kernel, the output."""
    step = example.step(cell, filter_)
    (top, bottom), (left, right) = example.margins()
    padded = np.pad(example.x[..., channel], ((top, bottom), (left, right)))
    padding = f"padding {top} above, {bottom} below, {left} left, {right} right"
    rim = _rim(padded.shape, top, left, example.shape)
    weighted = _weighted(np.add(step.cells, (top, left)), step.weights[:, channel])
    panels = [
        _input(example, channel, values=padded, note=padding if rim.any() else "no padding", hatched=rim, **weighted),
        _kernel(example, channel, filter_),
        _output(example, filter_, selected=cell),
    ]
    return board(panels, f"{_summary(example)} {_value(example, cell, filter_)}")


def transposed(example: LayerExample, side, cell, channel=0, filter_=0) -> dict:
    """Conv2DTranspose: an input cell and its kernel copy on the output, or an output cell and its contributing inputs.

    The cells that the layer cuts off are drawn around the output, hatched. `cell` is on `side`, "input" or "output".
    """
    (top, bottom), (left, right) = example.margins()
    cut = (top, max(bottom, 0)), (left, max(right, 0))
    full = np.pad(example.y[..., filter_], cut, constant_values=np.nan)
    rim = _rim(full.shape, top, left, example.output_shape)
    if side == "input":
        copy = steps.kernel_copy(example.shape[:2], example.kernel, cell, **example.layer.options)
        on_input = {"selected": cell}
        on_output = _weighted(np.add(copy, (top, left)), example.kernel_plane(channel, filter_).ravel())
        value = cell_text(example.x[(*cell, channel)])
        alt = f"Input cell {_place(cell)}, {value}, adds a kernel copy to the highlighted output cells."
    else:
        step = example.step(cell, filter_)
        on_input = _weighted(step.cells, step.weights[:, channel])
        on_output = {"selected": (cell[0] + top, cell[1] + left)}
        alt = f"{_value(example, cell, filter_)} {len(step.cells)} input cells contribute to it."
    cut_off = f"{top} + {cut[0][1]} rows, {left} + {cut[1][1]} columns cut off" if rim.any() else "nothing cut off"
    inner = (top, left, *example.output_shape[:2])
    panels = [
        _input(example, channel, pick="input", **on_input),
        _kernel(example, channel, filter_),
        _output(example, filter_, values=full, note=cut_off, hatched=rim, inner=inner, **on_output),
    ]
    return board(panels, f"{_summary(example)} {alt}")


def stretched(example: LayerExample, cell, channel=0, filter_=0) -> dict:
    """Conv2DTranspose as "insert zeros, pad, convolve": the stretched input, the rotated kernel, the output."""
    wide, real = arithmetic.zeros_inserted(example.x, example.kernel, **example.layer.options)
    rotated = arithmetic.flipped(example.kernel)
    layer = example.layer
    step = steps.conv_step(wide, rotated, cell, 1, "VALID", layer.dilation, filter_)
    spans = [sizes.effective_kernel(k, d) for k, d in zip(layer.kernel, layer.dilation, strict=True)]
    sy, sx = layer.strides
    zeros = f"{sy - 1} × {sx - 1} zeros between cells, padded for a {spans[0]} × {spans[1]} kernel"
    note = _note(zeros, _which("channel", channel, example.shape[2]))
    weighted = _weighted(step.cells, step.weights[:, channel])
    panels = [
        panel(wide[..., channel], f"Stretched input {_size(wide)}", "input", note=note, hatched=~real, **weighted),
        panel(rotated[..., channel, filter_], f"Kernel {_size(rotated)}", "kernel", note="rotated by 180°"),
        _output(example, filter_, selected=cell),
    ]
    alt = f"The same layer as a convolution with stride 1. {_summary(example)} {_value(example, cell, filter_)}"
    return board(panels, alt)


def conv_then_transpose(pair: ConvThenTranspose, cell, channel=0, filter_=0) -> dict:
    """The input, the output of Conv2D, and what Conv2DTranspose with the same kernel computes from that."""
    conv = pair.conv
    copy = steps.kernel_copy(conv.output_shape[:2], conv.kernel, cell, **pair.transposed_layer.options)
    panels = [
        _input(conv, channel, marked=conv.step(cell, filter_).cells),
        _kernel(conv, channel, filter_),
        _output(conv, filter_, title="Conv2D", selected=cell),
        panel(pair.result[..., channel], f"Transposed {_size(pair.result)}", "input", note="same kernel", marked=copy),
    ]
    alt = (
        f"Input {_size(conv.x)}, after Conv2D {_size(conv.y)}, after Conv2DTranspose with the same kernel "
        f"{_size(pair.result)}. {_value(conv, cell, filter_)}"
    )
    return board(panels, alt)


def overlap(example: LayerExample, filter_: int = 0) -> dict:
    """Two maps: how many inputs each output cell uses, and the layer's response to an input of ones."""
    counts = example.layer.overlap(example.shape)
    response = example.layer.constant_response(example.shape, example.kernel)[..., filter_]
    note = _note(_range(response), _which("filter", filter_, example.layer.filters))
    panels = [
        panel(counts, "How many inputs each output uses", "output", note=_range(counts)),
        panel(response, "Response to an input of ones", "output", note=note),
    ]
    return board(panels, " ".join(each["alt"] + "." for each in panels), 340)


def matrices(example: LayerExample, cell: tuple[int, int], side: str) -> dict | None:
    """The layer as a matrix C and its transpose, with the row of the selected cell outlined; None if it is too large.

    Conv2D is C; Conv2DTranspose is the transpose of the C of the opposite direction. A row of a cell that can be
    selected is picked as that cell, of the "output" or the "input".
    """
    layer = example.layer
    height, width, _ = example.output_shape
    if example.shape[0] * example.shape[1] * height * width > LARGEST_MATRIX:
        return None
    picked = cell[0] * (example.shape[1] if side == "input" else width) + cell[1]
    plane = example.kernel_plane()
    options = layer.options
    if layer.transposed:
        options.pop("output_padding")
        C, rows, columns = arithmetic.matrix((height, width), plane, **options), "input", "output"
    else:
        C, rows, columns = arithmetic.matrix(example.shape[:2], plane, **options), "output", "input"
    panels = []
    for matrix, title, cells in ((C, "C", rows), (C.T, "Cᵀ", columns)):
        pick = cells if layer.transposed or cells == "output" else ""
        row, note = picked if cells == side else None, f"one row per cell of the {cells}"
        panels.append(panel(matrix, f"{title}, {_size(matrix)}", "kernel", note=note, row=row, pick=pick, matrix=True))
    zeros = f"{np.mean(C == 0):.0%} of it zeros"
    alt = f"The layer as a matrix C of {C.shape[0]} rows and {C.shape[1]} columns, {zeros}, and its transpose."
    return board(panels, alt, 470)


def _input(example, channel, *, values=None, note="", **options) -> dict:
    values = example.x[..., channel] if values is None else values
    note = _note(note, _which("channel", channel, example.shape[2]))
    return panel(values, f"Input {_size(example.x)}", "input", note=note, **options)


def _kernel(example, channel, filter_) -> dict:
    plane = example.kernel_plane(channel, filter_)
    dilation = example.layer.dilation
    note = f"dilation {dilation[0]} × {dilation[1]}" if dilation != (1, 1) else ""
    return panel(plane, f"Kernel {_size(plane)}", "kernel", note=note)


def _output(example, filter_, *, title="Output", values=None, note="", **options) -> dict:
    values = example.y[..., filter_] if values is None else values
    if not note and example.layer.activation != "linear":
        note = f"after {example.layer.activation}"
    note = _note(note, _which("filter", filter_, example.layer.filters))
    return panel(values, f"{title} {_size(example.y)}", "output", note=note, pick="output", **options)


def _weighted(cells, weights) -> dict:
    """Arguments for `panel`: cells to mark, with the kernel value that multiplies each."""
    places = [tuple(cell) for cell in cells]
    return {"marked": places, "weights": dict(zip(places, weights, strict=True))}


def _rim(shape, top, left, inner) -> np.ndarray:
    rim = np.ones(shape, bool)
    rim[top : top + inner[0], left : left + inner[1]] = False
    return rim


def _size(array) -> str:
    return f"{array.shape[0]} × {array.shape[1]}"


def _place(cell) -> str:
    return f"[{cell[0]}, {cell[1]}]"


def _which(name, index, count) -> str:
    return f"{name} {index} of 0 to {count - 1}" if count > 1 else ""


def _note(*parts) -> str:
    return ", ".join(part for part in parts if part)


def _range(values) -> str:
    low, high = cell_text(values.min()), cell_text(values.max())
    return f"{low} to {high}" if low != high else f"{high} everywhere"


def _value(example, cell, filter_) -> str:
    return f"Output cell {_place(cell)} is {cell_text(example.y[(*cell, filter_)])}."


def _summary(example) -> str:
    layer = example.layer
    kernel = f"{layer.kernel[0]} × {layer.kernel[1]}"
    return f"{layer.kind}: input {_size(example.x)}, kernel {kernel}, output {_size(example.y)}."
