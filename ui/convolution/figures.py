"""The boards of the convolution page: pure functions from numbers to a figure for `ui.convolution.board.show`."""

import numpy as np

from core import convolution
from core.convolution.example import Experiment, RoundTrip
from ui.convolution.board import board, cell_text, panel

HEIGHT = 420  # pixels kept for the main picture

LARGEST_MATRIX = 65_536  # numbers of a matrix that is still drawn


def conv(experiment: Experiment, cell, channel=0, filter_=0, play=0) -> dict:
    """Conv2D: the padded input with the window of one output cell, the kernel, the output."""
    step = experiment.step(cell, filter_)
    (top, bottom), (left, right) = experiment.margins()
    padded = np.pad(experiment.x[..., channel], ((top, bottom), (left, right)))
    window = [tuple(place) for place in np.add(step.cells, (top, left))]
    weights = dict(zip(window, step.weights[:, channel], strict=True))
    value = cell_text(experiment.y[(*cell, filter_)])
    panels = [
        panel(
            padded,
            f"Input {_size(experiment.x)}",
            "input",
            note=_padding_note(experiment) + _which("channel", channel, experiment.shape[2]),
            hatched=_rim(padded.shape, top, left, experiment.shape),
            marked=window,
            weights=weights,
        ),
        _kernel(experiment, channel, filter_),
        _output(experiment, filter_, selected=cell),
    ]
    return board(panels, f"{_sentence(experiment)} Output cell {_place(cell)} is {value}.", height=HEIGHT, play=play)


def transposed(experiment: Experiment, side, cell, channel=0, filter_=0, play=0) -> dict:
    """Conv2DTranspose: an input cell and its stamp on the output, or an output cell and the inputs that pay into it.

    The output is drawn with the cells that the layer cuts off, hatched. `cell` lies on `side`, "input" or "output".
    """
    (top, bottom), (left, right) = experiment.margins()
    cut = (top, max(bottom, 0)), (left, max(right, 0))
    full = np.pad(experiment.y[..., filter_], cut, constant_values=np.nan)
    rim = _rim(full.shape, top, left, experiment.output_shape)
    if side == "input":
        on_output = convolution.stamp(experiment.shape[:2], experiment.kernel, cell, **experiment.layer.options)
        stamped = np.add(on_output, (top, left))
        lit = {
            "marked": stamped,
            "weights": dict(zip(map(tuple, stamped), _plane(experiment, channel, filter_).ravel(), strict=True)),
        }
        paying, chosen_in, chosen_out = {}, cell, None
        told = f"Input cell {_place(cell)}, {cell_text(experiment.x[(*cell, channel)])}, stamps the lit output cells."
    else:
        step = experiment.step(cell, filter_)
        paying = {
            "marked": step.cells,
            "weights": dict(zip(map(tuple, step.cells), step.weights[:, channel], strict=True)),
        }
        lit, chosen_in, chosen_out = {}, None, (cell[0] + top, cell[1] + left)
        value = cell_text(experiment.y[(*cell, filter_)])
        told = f"{len(step.cells)} input cells pay into output cell {_place(cell)}, {value}."
    cut_note = f"{top} + {cut[0][1]} rows, {left} + {cut[1][1]} columns cut off" if rim.any() else "nothing cut off"
    panels = [
        panel(
            experiment.x[..., channel],
            f"Input {_size(experiment.x)}",
            "input",
            note=_which("channel", channel, experiment.shape[2]),
            selected=chosen_in,
            pick="input",
            **paying,
        ),
        _kernel(experiment, channel, filter_),
        panel(
            full,
            f"Output {_size(experiment.y)}",
            "output",
            note=cut_note + _which("filter", filter_, experiment.layer.filters),
            hatched=rim,
            selected=chosen_out,
            pick="output",
            inner=(top, left, *experiment.output_shape[:2]),
            **lit,
        ),
    ]
    return board(panels, f"{_sentence(experiment)} {told}", height=HEIGHT, play=play)


def stretched(experiment: Experiment, cell, channel=0, filter_=0, play=0) -> dict:
    """Conv2DTranspose as "insert zeros, pad, convolve": the stretched input, the kernel turned by 180°, the output."""
    wide, real = convolution.zeros_inserted(experiment.x, experiment.kernel, **experiment.layer.options)
    turned = convolution.flipped(experiment.kernel)
    step = convolution.conv_step(wide, turned, cell, 1, "VALID", experiment.layer.dilation, filter_)
    window = [tuple(place) for place in step.cells]
    (sy, sx), rim = (
        experiment.layer.strides,
        [
            convolution.effective_kernel(k, d) - 1
            for k, d in zip(experiment.layer.kernel, experiment.layer.dilation, strict=True)
        ],
    )
    panels = [
        panel(
            wide[..., channel],
            f"Stretched input {_size(wide)}",
            "input",
            note=f"{sy - 1} × {sx - 1} zeros between, rim for a {rim[0] + 1} × {rim[1] + 1} kernel"
            + _which("channel", channel, experiment.shape[2]),
            hatched=~real,
            marked=window,
            weights=dict(zip(window, step.weights[:, channel], strict=True)),
        ),
        panel(turned[..., channel, filter_], f"Kernel {_size(turned)}", "kernel", note="turned by 180°"),
        _output(experiment, filter_, selected=cell),
    ]
    told = f"Output cell {_place(cell)} is {cell_text(experiment.y[(*cell, filter_)])}."
    return board(
        panels,
        f"The same layer as a plain convolution of stride 1. {_sentence(experiment)} {told}",
        height=HEIGHT,
        play=play,
    )


def round_trip(trip: RoundTrip, cell, channel=0, filter_=0, play=0) -> dict:
    """There and back: input, Conv2D's output, what Conv2DTranspose with the same kernel makes of it."""
    there = trip.there
    step = there.step(cell, filter_)
    value = cell_text(there.sums[(*cell, filter_)])
    back = trip.return_leg
    landing = convolution.stamp(there.output_shape[:2], there.kernel, cell, **back.layer.options)
    panels = [
        panel(
            there.x[..., channel],
            f"Input {_size(there.x)}",
            "input",
            note=_which("channel", channel, there.shape[2]),
            marked=step.cells,
        ),
        _kernel(there, channel, filter_),
        panel(
            there.sums[..., filter_],
            f"There {_size(there.sums)}",
            "output",
            note="Conv2D" + _which("filter", filter_, there.layer.filters),
            selected=cell,
            pick="output",
        ),
        panel(
            trip.back[..., channel],
            f"Back {_size(trip.back)}",
            "input",
            note="Conv2DTranspose, same kernel",
            marked=landing,
        ),
    ]
    alt = (
        f"Input {_size(there.x)}, after Conv2D {_size(there.sums)}, after Conv2DTranspose with the same kernel "
        f"{_size(trip.back)}. Cell {_place(cell)} in the middle is {value}."
    )
    return board(panels, alt, height=HEIGHT, play=play)


def overlap(experiment: Experiment) -> dict:
    """How many input cells pay into each output cell, as a map."""
    layer = experiment.layer
    count = convolution.overlap if layer.transposed else convolution.coverage
    counts = count(experiment.shape[:2], layer.kernel, **layer.options)
    low, high = counts.min(), counts.max()
    title = "Input cells that pay into each output cell"
    note = f"{low} to {high}" if low < high else f"{high} everywhere"
    return board([panel(counts, title, "output", note=note)], f"{title}: {note}.", height=340)


def matrices(experiment: Experiment, cell: tuple[int, int], side: str) -> dict | None:
    """The layer as a matrix C and its transpose, with the row of the selected cell lit; None where it is too large.

    Conv2D is C; Conv2DTranspose is the transpose of the C that leads back. Rows that stand for cells that can be
    selected are picked as such: "output" or "input".
    """
    layer = experiment.layer
    height, width, _ = experiment.output_shape
    if experiment.shape[0] * experiment.shape[1] * height * width > LARGEST_MATRIX:
        return None
    picked = cell[0] * (experiment.shape[1] if side == "input" else width) + cell[1]
    plane = _plane(experiment, 0, 0)
    options = layer.options
    if layer.transposed:
        options.pop("output_padding")
        C, names = convolution.matrix((height, width), plane, **options), ("input", "output")
    else:
        C, names = convolution.matrix(experiment.shape[:2], plane, **options), ("output", "")
    panels = [
        panel(
            of,
            f"{title}, {of.shape[0]} × {of.shape[1]}",
            "kernel",
            note=note,
            row=picked if name == side else None,
            pick=name,
            matrix=True,
        )
        for of, title, note, name in (
            (C, "C", f"a row for each cell of the {'input' if layer.transposed else 'output'}", names[0]),
            (C.T, "Cᵀ", f"a row for each cell of the {'output' if layer.transposed else 'input'}", names[1]),
        )
    ]
    zeros = f"{np.mean(C == 0):.0%} of it zero"
    alt = f"The layer as a matrix C of {C.shape[0]} rows and {C.shape[1]} columns, {zeros}, and its transpose."
    return board(panels, alt, height=470)


def _kernel(experiment, channel, filter_) -> dict:
    plane = _plane(experiment, channel, filter_)
    return panel(plane, f"Kernel {_size(plane)}", "kernel", note=_dilation(experiment))


def _plane(experiment, channel, filter_) -> np.ndarray:
    return (
        experiment.kernel[..., filter_, channel]
        if experiment.layer.transposed
        else experiment.kernel[..., channel, filter_]
    )


def _output(experiment, filter_, selected) -> dict:
    activation = experiment.layer.activation
    note = "" if activation == "linear" else f"after {activation}"
    return panel(
        experiment.y[..., filter_],
        f"Output {_size(experiment.y)}",
        "output",
        note=note + _which("filter", filter_, experiment.layer.filters),
        selected=selected,
        pick="output",
    )


def _rim(shape, top, left, inner) -> np.ndarray:
    rim = np.ones(shape, bool)
    rim[top : top + inner[0], left : left + inner[1]] = False
    return rim


def _size(array) -> str:
    return f"{array.shape[0]} × {array.shape[1]}"


def _place(cell) -> str:
    return f"[{cell[0]}, {cell[1]}]"


def _which(name, index, count) -> str:
    return f" {name} {index} of 0 to {count - 1}" if count > 1 else ""


def _dilation(experiment) -> str:
    dy, dx = experiment.layer.dilation
    return f"dilation {dy} × {dx}" if (dy, dx) != (1, 1) else ""


def _padding_note(experiment) -> str:
    (top, bottom), (left, right) = experiment.margins()
    return (
        f"padding {top} above, {bottom} below, {left} left, {right} right"
        if top + bottom + left + right
        else "no padding"
    )


def _sentence(experiment) -> str:
    layer = experiment.layer
    kernel = f"{layer.kernel[0]} × {layer.kernel[1]}"
    return f"{layer.kind}: input {_size(experiment.x)}, kernel {kernel}, output {_size(experiment.y)}."
