"""Numbers of a layer in words: formulas filled in, sums written out. Pure functions that return text."""

import numpy as np

from core import convolution
from core.convolution.example import Experiment, RoundTrip
from core.convolution.layer import Layer, l2_penalty
from ui.common.theme import number
from ui.convolution.board import cell_text


def output_size(layer: Layer, n: int, axis: int) -> tuple[str, str]:
    """The formula for the output size of one axis, in letters and with the numbers filled in, without the result."""
    k, s, d = layer.kernel[axis], layer.strides[axis], layer.dilation[axis]
    e = convolution.effective_kernel(k, d)
    span = f"({d}·({k} − 1) + 1)" if d > 1 else f"{k}"
    letter = "e" if d > 1 else "k"
    same = layer.padding == "SAME"
    if not layer.transposed:
        return ("⌈n / s⌉", f"⌈{n} / {s}⌉") if same else (f"⌊(n − {letter}) / s⌋ + 1", f"⌊({n} − {span}) / {s}⌋ + 1")
    if layer.output_padding is None:
        if same:
            return "n · s", f"{n} · {s}"
        return f"(n − 1) · s + max({letter}, s)", f"({n} − 1) · {s} + max({span}, {s})"
    o = layer.output_padding[axis]
    if same:
        return f"(n − 1) · s + {letter} mod 2 + o", f"({n} − 1) · {s} + {e % 2} + {o}"
    return f"(n − 1) · s + {letter} + o", f"({n} − 1) · {s} + {span} + {o}"


def sizes_table(experiment: Experiment) -> str:
    """Output size and padding of both axes as a Markdown table."""
    layer, sizes = experiment.layer, experiment.output_shape
    names = ("before", "after")
    rows = []
    for axis, name in enumerate(("Height", "Width")):
        letters, numbers = output_size(layer, experiment.shape[axis], axis)
        margin = experiment.margins()[axis]
        sides = ", ".join(f"{cells} {side}" for cells, side in zip(margin, names, strict=True))
        if layer.transposed and margin[1] < 0:
            sides = f"{margin[0]} before, {-margin[1]} added after"
        rows.append(f"| **{name}** | {letters} | {numbers} = **{sizes[axis]}** | {sides} |")
    last = "Cut off" if layer.transposed else "Padding"
    return "\n".join([f"| | Formula | Filled in | {last} |", "|---|---|---|---|", *rows])


def other_sizes(experiment: Experiment) -> str:
    """Which input sizes give the same output size, and the output_padding that leads back to each, as Markdown."""
    layer, lines = experiment.layer, []
    for axis, name in enumerate(("height", "width")):
        common = layer.kernel[axis], layer.strides[axis], layer.padding, layer.dilation[axis]
        small = experiment.shape[axis] if layer.transposed else experiment.output_shape[axis]
        sizes = convolution.sizes_with_output(small, *common)
        extras = [convolution.restoring_output_padding(n, *common) for n in sizes]
        told = [f"{n} ({'unset' if o is None else o})" for n, o in zip(sizes, extras, strict=True)]
        lines.append(f"- **{name}** {small}: {', '.join(told)}")
    return "\n".join(lines)


def costs(experiment: Experiment) -> str:
    """Parameters, multiply-adds and the L2 penalty of the layer, as Markdown."""
    layer, (_, _, channels) = experiment.layer, experiment.shape
    kh, kw = layer.kernel
    size = "input" if layer.transposed else "output"
    h, w, _ = experiment.shape if layer.transposed else experiment.output_shape
    weights = f"{kh} · {kw} · {channels} · {layer.filters}"
    parameters, products = number(layer.parameters(channels)), number(layer.multiply_adds(experiment.shape))
    lines = [
        f"- **Parameters** {weights} + {layer.filters} for the bias = **{parameters}**",
        f"- **Multiply-adds** {h} · {w} {size} cells · {weights} = **{products}**",
    ]
    if layer.l2:
        squares = number(l2_penalty(experiment.kernel, 1.0), 4)
        penalty = number(l2_penalty(experiment.kernel, layer.l2), 4)
        lines.append(
            f"- **L2 penalty** {layer.l2:g} · Σ w² = {layer.l2:g} · {squares} = **{penalty}**, added to the loss"
        )
    return "\n".join(lines)


MATRIX_TOLD = (
    "Every output cell is a weighted sum of input cells, so the layer is a matrix: Conv2D is C, Conv2DTranspose with "
    "the same kernel is Cᵀ. Both come from one kernel, and Cᵀ is not the inverse of C: that is why “deconvolution” is "
    "the wrong name. Click a row to select its cell."
)


def overlap_told(layer: Layer) -> str:
    """What to see in the overlap map, as Markdown."""
    if not layer.transposed:
        return "Inside, each output cell is paid by the whole kernel; at the edge part of its window is padding."
    uneven = [
        f"the {name} stride {s} does not divide the kernel's {k}"
        for name, s, k in zip(("vertical", "horizontal"), layer.strides, layer.kernel, strict=True)
        if k % s
    ]
    if uneven:
        return f"Uneven, because {' and '.join(uneven)}: a constant input comes out as a checkerboard."
    return "Even inside, because the strides divide the kernel: no checkerboard. Only the edge is paid by fewer stamps."


def keras_lines(experiment: Experiment, way_back: Layer | None = None) -> str:
    """The Keras call that makes the layer, and that of the way back where there is one."""
    lines = []
    for layer in (experiment.layer, way_back):
        if layer:
            gpu = layer.transposed and max(layer.dilation) > 1
            lines.append(layer.keras() + "  # dilated: on a GPU or with jit_compile, not on the CPU" * gpu)
    return "\n".join(lines)


def differences(trip: RoundTrip) -> str:
    """What a round trip leaves of shape and values, in two numbers."""
    rows, columns = trip.shape_difference
    return (
        f"**Shape difference** {number(rows)} × {number(columns)} cells · "
        f"**value difference** {number(trip.value_difference)} on average a cell"
    )


def sum_of_step(experiment: Experiment, cell: tuple[int, int], filter_: int = 0) -> str:
    """One output cell as the sum it is, a line for each input channel where there are several."""
    step = experiment.step(cell, filter_)
    name = f"y[{cell[0]}, {cell[1]}" + (f", {filter_}]" if experiment.layer.filters > 1 else "]")
    if not len(step.cells):
        return f"{name} = 0: no input cell's stamp reaches it"
    channels = step.values.shape[1]
    terms = [_terms(step.values[:, c], step.weights[:, c]) for c in range(channels)]
    total = cell_text(step.total)
    if channels == 1:
        text = f"{name} = {terms[0]} = {total}"
    else:
        sums = (step.values * step.weights).sum(axis=0)
        lines = [f"channel {c}: {line} = {cell_text(s)}" for c, (line, s) in enumerate(zip(terms, sums, strict=True))]
        text = "\n".join([*lines, f"{name} = {' + '.join(_bracketed(s) for s in sums)} = {total}"])
    activation = experiment.layer.activation
    if activation != "linear":
        text += f"   →   {activation}: {cell_text(experiment.y[(*cell, filter_)])}"
    return text


def stamp_of_cell(experiment: Experiment, cell: tuple[int, int], channel: int = 0, filter_: int = 0) -> str:
    """What one input cell of a transposed layer adds to the output, product by product."""
    value = experiment.x[(*cell, channel)]
    weights = experiment.kernel[..., filter_, channel].ravel()
    products = ", ".join(f"{cell_text(value)}·{_bracketed(w)} = {cell_text(value * w)}" for w in weights)
    rows, columns = experiment.layer.kernel
    name = f"x[{cell[0]}, {cell[1]}] = {cell_text(value)}"
    return f"{name} adds {rows} × {columns} products to the lit output cells: {products}"


def _terms(values: np.ndarray, weights: np.ndarray) -> str:
    return " + ".join(f"{_bracketed(v)}·{_bracketed(w)}" for v, w in zip(values, weights, strict=True))


def _bracketed(value: float) -> str:
    text = cell_text(value)
    return f"({text})" if value < 0 else text
