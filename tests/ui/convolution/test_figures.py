"""Boards and texts contain the values that the arithmetic gives."""

import math
import re

import numpy as np
import pytest

from core.convolution.example import ConvThenTranspose, LayerExample
from core.convolution.layer import Layer
from ui.convolution import figures, formulas
from ui.convolution.board import cell_text, panel

SAME = LayerExample(Layer(kernel=(3, 2), strides=(2, 1), padding="SAME"), (5, 4, 1))
TRANSPOSED = LayerExample(Layer("Conv2DTranspose", 2, (3, 4), (2, 3), "SAME"), (4, 3, 2))


def number(text):
    return float(text.replace("−", "-"))


def test_the_weighted_window_sums_to_the_output_cell():
    figure = figures.conv(SAME, (1, 2))
    source, _, output = figure["panels"]
    total = sum(number(weight) * number(source["text"][int(cell)]) for cell, weight in source["weights"].items())
    assert total == number(output["text"][output["selected"]]) == SAME.y[1, 2, 0]
    assert sorted(map(int, source["weights"])) == sorted(source["marked"])


def test_padding_is_drawn_as_hatched_cells_on_its_sides():
    source = figures.conv(SAME, (0, 0))["panels"][0]
    hatched = np.reshape(source["shade"], (source["rows"], source["cols"])) < 0
    assert (source["rows"], source["cols"]) == (7, 5)  # one above, one below, none left, one right
    assert hatched[0].all()
    assert hatched[-1].all()
    assert hatched[:, -1].all()
    assert not hatched[1:-1, :-1].any()


@pytest.mark.parametrize("cell", [(0, 0), (3, 5), (7, 8)])
def test_the_weighted_inputs_sum_to_an_output_cell_of_the_transposed_layer(cell):
    figure = figures.transposed(TRANSPOSED, "output", cell, channel=1, filter_=1)
    source = figure["panels"][0]
    step = TRANSPOSED.step(cell, 1)
    total = sum(number(weight) * number(source["text"][int(at)]) for at, weight in source["weights"].items())
    assert total == float((step.values[:, 1] * step.weights[:, 1]).sum())


def test_the_kernel_copy_is_at_the_outputs_of_an_impulse():
    impulse = np.zeros(TRANSPOSED.shape)
    impulse[2, 1] = 1
    reached = TRANSPOSED.layer.sums(impulse, np.ones_like(TRANSPOSED.kernel))[..., 0] > 0
    output = figures.transposed(TRANSPOSED, "input", (2, 1))["panels"][2]
    marked = np.zeros(output["rows"] * output["cols"], bool)
    marked[output["marked"]] = True
    top, left, rows, cols = output["inner"]
    inside = marked.reshape(output["rows"], output["cols"])[top : top + rows, left : left + cols]
    np.testing.assert_array_equal(inside, reached)


def test_the_stretched_input_has_all_cells_of_the_input():
    source = figures.stretched(TRANSPOSED, (0, 0))["panels"][0]
    assert sum(level >= 0 for level in source["shade"]) == 4 * 3


def test_the_outlined_row_of_the_matrix_gives_the_selected_cell():
    C, _ = figures.matrices(SAME, (1, 2), "output")["panels"]
    row = np.reshape([number(text or "0") for text in C["text"]], (C["rows"], C["cols"]))[C["row"]]
    assert row @ SAME.x.ravel() == SAME.y[1, 2, 0]


def test_the_transposed_layer_outlines_a_row_of_the_transpose():
    one = LayerExample(Layer("Conv2DTranspose", 1, (3, 3), (2, 2), "VALID"), (2, 3, 1))
    C, T = figures.matrices(one, (3, 4), "output")["panels"]
    row = np.reshape([number(text or "0") for text in T["text"]], (T["rows"], T["cols"]))[T["row"]]
    assert C["row"] is None
    assert row @ one.x.ravel() == one.y[3, 4, 0]


def test_a_large_matrix_is_not_drawn():
    assert (
        figures.matrices(LayerExample(Layer("Conv2DTranspose", 1, strides=(8, 8)), (16, 16, 1)), (0, 0), "output")
        is None
    )


def test_the_overlap_board_has_counts_and_the_response_to_a_constant_input():
    example = LayerExample(Layer("Conv2DTranspose", 1, (3, 3), (2, 2)), (2, 2, 1))
    counts, response = figures.overlap(example)["panels"]
    assert [int(text) for text in counts["text"][10:15]] == [2, 2, 4, 2, 2]
    expected = example.layer.constant_response(example.shape, example.kernel)
    assert [number(text) for text in response["text"]] == expected.ravel().tolist()


@pytest.mark.parametrize("kernel", [(4, 4), (3, 4), (5, 5)])
def test_the_overlap_text_gives_the_period_also_if_the_stride_divides_the_kernel(kernel):
    assert "2 × 2 cells" in formulas.overlap_text(Layer("Conv2DTranspose", 1, kernel, (2, 2)))
    assert "2 × 2 cells" not in formulas.overlap_text(Layer("Conv2DTranspose", 1, kernel, (1, 1)))


def test_conv_then_transpose_has_input_and_result():
    pair = ConvThenTranspose(SAME)
    first, _, _, last = figures.conv_then_transpose(pair, (0, 0))["panels"]
    assert [number(t) for t in last["text"]] == pair.result[..., 0].ravel().tolist()
    assert [number(t) for t in first["text"]] == SAME.x[..., 0].ravel().tolist()
    assert "0 × 0" in formulas.differences(ConvThenTranspose(LayerExample(Layer(), (5, 5, 1))))


@pytest.mark.parametrize("example", [SAME, TRANSPOSED, LayerExample(Layer(filters=2), (4, 5, 3), 7)])
def test_the_room_for_a_calculation_is_enough_for_every_cell(example):
    reserved = formulas.longest_text(example)
    for cell in np.ndindex(example.output_shape[:2]):
        text = formulas.sum_of_step(example, cell)
        assert len(text) <= len(reserved)
        if example.shape[2] > 1 and "\n" in text:
            pairs = zip(text.splitlines(), reserved.splitlines(), strict=True)
            assert all(len(line) <= len(room) for line, room in pairs)
    if example.layer.transposed:
        reserved = formulas.longest_text(example, "input")
        for cell in np.ndindex(example.shape[:2]):
            assert len(formulas.copy_of_cell(example, cell)) <= len(reserved)


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("stride", "dilation", "extra"), [(1, 1, None), (3, 1, None), (1, 2, None), (3, 1, 2)])
def test_the_formula_evaluates_to_the_size(kind, padding, stride, dilation, extra):
    layer = Layer(kind, 1, (3, 3), (stride,) * 2, padding, (dilation,) * 2, extra and (extra,) * 2)
    if kind == "Conv2D":
        layer = Layer(kind, 1, (3, 3), (stride,) * 2, padding, (dilation,) * 2)
    text = formulas.output_size(layer, 11, 0)[1]
    program = text.replace("⌊", "floor(").replace("⌈", "ceil(").replace("⌋", ")").replace("⌉", ")")
    program = program.replace("−", "-").replace("·", "*")
    assert eval(program, {"floor": math.floor, "ceil": math.ceil, "max": max}) == layer.output_shape((11, 11, 1))[0]


def test_the_written_sum_evaluates_to_the_output():
    for example, cell, filter_ in ((SAME, (1, 2), 0), (TRANSPOSED, (3, 4), 1)):
        last = formulas.sum_of_step(example, cell, filter_).splitlines()[-1]
        _, products, total = last.replace("−", "-").replace("·", "*").split(" = ")
        assert eval(products) == float(total) == example.sums[(*cell, filter_)]


def test_other_sizes_have_the_output_padding_that_restores_them():
    text = formulas.other_sizes(LayerExample(Layer(strides=(2, 2)), (6, 5, 1)))
    assert re.findall(r"(\d+) \((\w+)\)", text) == [("5", "0"), ("6", "1")] * 2


def test_costs_agree_with_their_formulas():
    text = formulas.costs(LayerExample(Layer(filters=3, kernel=(3, 2), l2=0.1), (6, 5, 2)))
    assert "3 · 2 · 2 · 3 + 3 for the bias = **39**" in text
    assert "**576**" in text  # 4 · 4 output cells · 36
    assert "0.1 · Σ w²" in text


@pytest.mark.parametrize(
    ("value", "text"), [(-3.0, "−3"), (0.0, "0"), (-0.0, "0"), (0.125, "0.12"), (0.001, "0"), (12, "12")]
)
def test_cell_text(value, text):
    assert cell_text(value) == text


def test_marks_outside_the_grid_are_ignored():
    figure = panel(np.eye(3), "a", "input", marked=[(-1, 0), (1, 1), (3, 0)], weights={(0, 5): 1.0, (0, 0): 2.0})
    assert figure["marked"] == [4]
    assert figure["weights"] == {"0": "2"}
