"""Formulas, sums and figures of a layer as text. All functions are pure."""

from math import prod

import numpy as np

from core.convolution.example import ConvThenTranspose, LayerExample
from core.convolution.layer import Layer, l2_penalty
from core.convolution.sizes import effective_kernel, restoring_output_padding, sizes_with_output
from ui.common.theme import number
from ui.convolution.board import cell_text


def output_size(layer: Layer, n: int, axis: int) -> tuple[str, str]:
    """The formula for the output size of one axis, with letters and with numbers, without the result."""
    k, s, d = layer.kernel[axis], layer.strides[axis], layer.dilation[axis]
    e = effective_kernel(k, d)
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


def sizes_table(example: LayerExample) -> str:
    """Output size and padding of both axes as a Markdown table."""
    layer, sizes = example.layer, example.output_shape
    names = ("before", "after")
    rows = []
    for axis, name in enumerate(("Height", "Width")):
        letters, numbers = output_size(layer, example.shape[axis], axis)
        margin = example.margins()[axis]
        sides = ", ".join(f"{cells} {side}" for cells, side in zip(margin, names, strict=True))
        if layer.transposed and margin[1] < 0:
            sides = f"{margin[0]} before, {-margin[1]} added after"
        rows.append(f"| **{name}** | {letters} | {numbers} = **{sizes[axis]}** | {sides} |")
    last = "Cut off" if layer.transposed else "Padding"
    return "\n".join([f"| | Formula | Result | {last} |", "|---|---|---|---|", *rows])


def other_sizes(example: LayerExample) -> str:
    """The input sizes that give this output size, with the output_padding that each one needs, as Markdown."""
    layer, lines = example.layer, []
    for axis, name in enumerate(("height", "width")):
        common = layer.kernel[axis], layer.strides[axis], layer.padding, layer.dilation[axis]
        small = example.shape[axis] if layer.transposed else example.output_shape[axis]
        sizes = sizes_with_output(small, *common)
        extras = [restoring_output_padding(n, *common) for n in sizes]
        pairs = [f"{n} ({'unset' if o is None else o})" for n, o in zip(sizes, extras, strict=True)]
        lines.append(f"- **{name}** {small}: {', '.join(pairs)}")
    return "\n".join(lines)


def costs(example: LayerExample) -> str:
    """Parameters, multiply-adds and the L2 regularizer's loss, as Markdown."""
    layer, (_, _, channels) = example.layer, example.shape
    kh, kw = layer.kernel
    size = "input" if layer.transposed else "output"
    h, w, _ = example.shape if layer.transposed else example.output_shape
    weights = f"{kh} · {kw} · {channels} · {layer.filters}"
    parameters, products = number(layer.parameters(channels)), number(layer.multiply_adds(example.shape))
    lines = [
        f"- **Parameters** {weights} + {layer.filters} for the bias = **{parameters}**",
        f"- **Multiply-adds** {h} · {w} {size} cells · {weights} = **{products}**",
    ]
    if layer.l2:
        squares = number(l2_penalty(example.kernel, 1.0), 4)
        penalty = number(l2_penalty(example.kernel, layer.l2), 4)
        lines.append(
            f"- **L2 regularizer** {layer.l2:g} · Σ w² = {layer.l2:g} · {squares} = **{penalty}**, added to the loss"
        )
    return "\n".join(lines)


MATRIX_TEXT = (
    "Every output cell is a weighted sum of input cells, so the layer is a matrix: Conv2D is C, Conv2DTranspose with "
    "the same kernel is Cᵀ. Cᵀ is not the inverse of C, so “deconvolution” is the wrong name. Click a row to select "
    "its cell."
)


def overlap_text(layer: Layer) -> str:
    """What the overlap counts and the response to a constant input show, as Markdown."""
    if not layer.transposed:
        return (
            "Inside, each output cell uses the whole kernel, so a constant input gives a constant response. At the "
            "edge, part of its window is padding."
        )
    uneven = [
        f"the {name} stride {s} does not divide the kernel's {k}"
        for name, s, k in zip(("vertical", "horizontal"), layer.strides, layer.kernel, strict=True)
        if k % s
    ]
    sy, sx = layer.strides
    if uneven:
        return (
            f"The **number** of overlaps is uneven, because {' and '.join(uneven)}. Even a kernel of equal values "
            f"turns a constant input into a checkerboard with a period of {sy} × {sx} cells."
        )
    if (sy, sx) == (1, 1):
        return (
            "The stride is 1. Inside, each output cell gets all values of the kernel, so a constant input gives a "
            "constant response."
        )
    return (
        "The **number** of overlaps is even inside, because the strides divide the kernel. The **response** is not: "
        f"neighbouring cells use different values of the kernel, so a constant input gives a pattern with a period of "
        f"{sy} × {sx} cells. It is constant only if these values have equal sums; training does not ensure that."
    )


def keras_lines(example: LayerExample, transposed_layer: Layer | None = None) -> str:
    """The Keras call of the layer, and of the transposed layer after it if there is one."""
    lines = []
    for layer in (example.layer, transposed_layer):
        if layer:
            dilated = layer.transposed and max(layer.dilation) > 1
            lines.append(layer.keras() + "  # dilation needs a GPU or jit_compile=True" * dilated)
    return "\n".join(lines)


def differences(pair: ConvThenTranspose) -> str:
    """The differences between input and result in shape and values, as Markdown."""
    rows, columns = pair.shape_difference
    return (
        f"**Shape difference** {number(rows)} × {number(columns)} cells · "
        f"**value difference** {number(pair.value_difference)} per cell on average"
    )


def sum_of_step(example: LayerExample, cell: tuple[int, int], filter_: int = 0) -> str:
    """One output cell as a sum of products, with one line per input channel if there are several."""
    step = example.step(cell, filter_)
    name = f"y[{cell[0]}, {cell[1]}" + (f", {filter_}]" if example.layer.filters > 1 else "]")
    if not len(step.cells):
        return f"{name} = 0: no kernel copy reaches this cell"
    channels = step.values.shape[1]
    terms = [_terms(step.values[:, c], step.weights[:, c]) for c in range(channels)]
    total = cell_text(step.total)
    if channels == 1:
        text = f"{name} = {terms[0]} = {total}"
    else:
        sums = (step.values * step.weights).sum(axis=0)
        lines = [f"channel {c}: {line} = {cell_text(s)}" for c, (line, s) in enumerate(zip(terms, sums, strict=True))]
        text = "\n".join([*lines, f"{name} = {' + '.join(_bracketed(s) for s in sums)} = {total}"])
    activation = example.layer.activation
    if activation != "linear":
        text += f"   →   {activation}: {cell_text(example.y[(*cell, filter_)])}"
    return text


def copy_of_cell(example: LayerExample, cell: tuple[int, int], channel: int = 0, filter_: int = 0) -> str:
    """The products that one input cell of a transposed layer adds to the output."""
    value = example.x[(*cell, channel)]
    weights = example.kernel_plane(channel, filter_).ravel()
    products = ", ".join(f"{cell_text(value)}·{_bracketed(w)} = {cell_text(value * w)}" for w in weights)
    rows, columns = example.layer.kernel
    name = f"x[{cell[0]}, {cell[1]}] = {cell_text(value)}"
    return f"{name} adds {rows} × {columns} products to the highlighted output cells: {products}"


def _terms(values: np.ndarray, weights: np.ndarray) -> str:
    return " + ".join(f"{_bracketed(v)}·{_bracketed(w)}" for v, w in zip(values, weights, strict=True))


def _bracketed(value: float) -> str:
    text = cell_text(value)
    return f"({text})" if value < 0 else text


def longest_text(example: LayerExample, side: str = "output") -> str:
    """A text at least as long as that of any cell of `side`, so that its room can be reserved; up to 2,000 letters."""
    layer, channels = example.layer, example.shape[2]
    if side == "input":
        return ("x[00, 00] adds products to the highlighted output cells" + "  9·(−2) = −18" * prod(layer.kernel))[
            :2000
        ]
    strides = layer.strides if layer.transposed else (1, 1)
    terms = prod(-(-k // s) for k, s in zip(layer.kernel, strides, strict=True))
    lines = ["channel 0: = −000" + " + 9·(−2)" * terms] * channels
    return "\n".join([*lines, "y[000, 000] = −000" + " + (−000)" * channels])[:2000]
