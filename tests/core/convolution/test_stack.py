import pytest

from core.convolution import stack
from core.convolution.layer import Layer


@pytest.mark.parametrize("name", stack.PRESETS)
def test_presets_are_the_same_after_a_table_and_a_text(name):
    layers, _ = stack.PRESETS[name]
    assert stack.from_rows(stack.to_rows(layers)) == layers
    assert stack.from_text(stack.to_text(layers)) == layers


def test_an_empty_row_has_keras_defaults():
    assert stack.from_rows([{"filters": float("nan")}]) == [Layer("Conv2D", 1, (3, 3))]


def test_pooling_ignores_filters_dilation_and_activation():
    row = {"layer": "MaxPooling2D", "filters": 7, "dilation": 3, "activation": "relu"}
    assert stack.from_rows([row]) == [Layer("MaxPooling2D", 0, (2, 2), (2, 2))]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kernel": 0}, ("Layer 1", "kernel", "0")),
        ({"stride": 1.5}, ("stride", "1.5")),
        ({"layer": "Dense"}, ("Dense", "Conv2D")),
        ({"padding": "FULL"}, ("FULL", "VALID")),
        ({"filters": 10**9}, ("filters", "65536")),
    ],
)
def test_errors_name_row_column_and_value(row, words):
    with pytest.raises(ValueError) as raised:
        stack.from_rows([row])
    assert all(word in str(raised.value) for word in words)


@pytest.mark.parametrize("text", ["x", "Conv2D,1,2", ";".join(["Conv2D,1,3,1,SAME,1,,relu"] * 41), "a,b,c,d,e,f,g,h"])
def test_a_malformed_text_is_refused(text):
    with pytest.raises(ValueError, match=r"Layer|layers"):
        stack.from_text(text)
