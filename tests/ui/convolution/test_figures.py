"""The boards say what the arithmetic says."""

import math
import re

import numpy as np
import pytest

from core.convolution.example import Experiment, RoundTrip
from core.convolution.layer import Layer
from ui.convolution import figures, formulas
from ui.convolution.board import cell_text, panel

SAME = Experiment(Layer(kernel=(3, 2), strides=(2, 1), padding="SAME"), (5, 4, 1))
TRANSPOSED = Experiment(Layer("Conv2DTranspose", 2, (3, 4), (2, 3), "SAME"), (4, 3, 2))


def number(text):
    return float(text.replace("−", "-"))


def test_the_window_carries_the_numbers_whose_products_sum_to_the_output_cell():
    figure = figures.conv(SAME, (1, 2))
    source, _, output = figure["panels"]
    total = sum(number(weight) * number(source["text"][int(cell)]) for cell, weight in source["weights"].items())
    assert total == number(output["text"][output["selected"]]) == SAME.y[1, 2, 0]
    assert sorted(map(int, source["weights"])) == sorted(source["marked"])


def test_padding_is_drawn_as_cells_on_the_side_where_it_is():
    source = figures.conv(SAME, (0, 0))["panels"][0]
    hatched = np.reshape(source["shade"], (source["rows"], source["cols"])) < 0
    assert (source["rows"], source["cols"]) == (7, 5)  # one above, one below, none left, one right
    assert hatched[0].all()
    assert hatched[-1].all()
    assert hatched[:, -1].all()
    assert not hatched[1:-1, :-1].any()


@pytest.mark.parametrize("cell", [(0, 0), (3, 5), (7, 8)])
def test_who_pays_into_an_output_cell_of_the_transposed_layer(cell):
    figure = figures.transposed(TRANSPOSED, "output", cell, channel=1, filter_=1)
    source = figure["panels"][0]
    step = TRANSPOSED.step(cell, 1)
    paid = sum(number(weight) * number(source["text"][int(at)]) for at, weight in source["weights"].items())
    assert paid == float((step.values[:, 1] * step.weights[:, 1]).sum())


def test_the_stamp_of_an_input_cell_lies_where_a_single_one_comes_out():
    impulse = np.zeros(TRANSPOSED.shape)
    impulse[2, 1] = 1
    landed = TRANSPOSED.layer.sums(impulse, np.ones_like(TRANSPOSED.kernel))[..., 0] > 0
    output = figures.transposed(TRANSPOSED, "input", (2, 1))["panels"][2]
    marked = np.zeros(output["rows"] * output["cols"], bool)
    marked[output["marked"]] = True
    top, left, rows, cols = output["inner"]
    inside = marked.reshape(output["rows"], output["cols"])[top : top + rows, left : left + cols]
    np.testing.assert_array_equal(inside, landed)


def test_the_stretched_input_has_as_many_real_cells_as_the_input():
    source = figures.stretched(TRANSPOSED, (0, 0))["panels"][0]
    assert sum(level >= 0 for level in source["shade"]) == 4 * 3


def test_the_lit_row_of_the_matrix_is_the_kernel_of_the_selected_cell():
    C, _ = figures.matrices(SAME, (1, 2), "output")["panels"]
    row = np.reshape([number(text or "0") for text in C["text"]], (C["rows"], C["cols"]))[C["row"]]
    assert row @ SAME.x.ravel() == SAME.y[1, 2, 0]


def test_the_matrix_of_the_transposed_layer_lights_the_transpose():
    one = Experiment(Layer("Conv2DTranspose", 1, (3, 3), (2, 2), "VALID"), (2, 3, 1))
    C, T = figures.matrices(one, (3, 4), "output")["panels"]
    row = np.reshape([number(text or "0") for text in T["text"]], (T["rows"], T["cols"]))[T["row"]]
    assert C["row"] is None
    assert row @ one.x.ravel() == one.y[3, 4, 0]


def test_too_large_a_matrix_is_not_drawn():
    assert (
        figures.matrices(Experiment(Layer("Conv2DTranspose", 1, strides=(8, 8)), (16, 16, 1)), (0, 0), "output") is None
    )


def test_overlap_map():
    counts = figures.overlap(Experiment(Layer("Conv2DTranspose", 1, (3, 3), (2, 2)), (2, 2, 1)))["panels"][0]
    assert [int(text) for text in counts["text"][10:15]] == [2, 2, 4, 2, 2]


def test_round_trip_shows_both_ends():
    trip = RoundTrip(SAME)
    first, _, _, last = figures.round_trip(trip, (0, 0))["panels"]
    assert [number(t) for t in last["text"]] == trip.back[..., 0].ravel().tolist()
    assert [number(t) for t in first["text"]] == SAME.x[..., 0].ravel().tolist()
    assert "0 × 0" in formulas.differences(RoundTrip(Experiment(Layer(), (5, 5, 1))))


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("stride", "dilation", "extra"), [(1, 1, None), (3, 1, None), (1, 2, None), (3, 1, 2)])
def test_the_formula_as_written_gives_the_size(kind, padding, stride, dilation, extra):
    layer = Layer(kind, 1, (3, 3), (stride,) * 2, padding, (dilation,) * 2, extra and (extra,) * 2)
    if kind == "Conv2D":
        layer = Layer(kind, 1, (3, 3), (stride,) * 2, padding, (dilation,) * 2)
    text = formulas.output_size(layer, 11, 0)[1]
    program = text.replace("⌊", "floor(").replace("⌈", "ceil(").replace("⌋", ")").replace("⌉", ")")
    program = program.replace("−", "-").replace("·", "*")
    assert eval(program, {"floor": math.floor, "ceil": math.ceil, "max": max}) == layer.output_shape((11, 11, 1))[0]


def test_the_written_sum_is_the_sum():
    for experiment, cell, filter_ in ((SAME, (1, 2), 0), (TRANSPOSED, (3, 4), 1)):
        last = formulas.sum_of_step(experiment, cell, filter_).splitlines()[-1]
        _, products, total = last.replace("−", "-").replace("·", "*").split(" = ")
        assert eval(products) == float(total) == experiment.sums[(*cell, filter_)]


def test_other_sizes_say_which_output_padding_brings_them_back():
    text = formulas.other_sizes(Experiment(Layer(strides=(2, 2)), (6, 5, 1)))
    assert re.findall(r"(\d+) \((\w+)\)", text) == [("5", "0"), ("6", "1")] * 2


def test_costs_are_the_products_that_they_show():
    text = formulas.costs(Experiment(Layer(filters=3, kernel=(3, 2), l2=0.1), (6, 5, 2)))
    assert "3 · 2 · 2 · 3 + 3 for the bias = **39**" in text
    assert "**576**" in text  # 4 · 4 output cells · 36
    assert "L2 penalty" in text


@pytest.mark.parametrize(
    ("value", "text"), [(-3.0, "−3"), (0.0, "0"), (-0.0, "0"), (0.125, "0.12"), (0.001, "0"), (12, "12")]
)
def test_cell_text(value, text):
    assert cell_text(value) == text


def test_marks_outside_the_grid_are_left_out():
    made = panel(np.eye(3), "a", "input", marked=[(-1, 0), (1, 1), (3, 0)], weights={(0, 5): 1.0, (0, 0): 2.0})
    assert made["marked"] == [4]
    assert made["weights"] == {"0": "2"}
