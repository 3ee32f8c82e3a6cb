"""Layers with values against Keras layers with the same kernel."""

import random

import numpy as np
import pytest

from core.convolution.example import ConvThenTranspose, LayerExample
from core.convolution.layer import ACTIVATIONS, Layer


def keras_output(layer, x, kernel):
    import keras

    built = eval(layer.keras(), {"keras": keras})
    built.build((1, *x.shape))
    built.kernel.assign(kernel)
    return built(x[None]).numpy()[0], built


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
def test_values_agree_with_the_keras_line(kind):
    rng = random.Random(kind)
    for seed in range(25):
        layer = Layer(
            kind,
            rng.randint(1, 3),
            (rng.randint(1, 4), rng.randint(1, 4)),
            (rng.randint(1, 3), rng.randint(1, 3)),
            rng.choice(["SAME", "VALID"]),
            activation=rng.choice(ACTIVATIONS),
            l2=0.01,
        )
        example = LayerExample(layer, (rng.randint(4, 9), rng.randint(4, 9), rng.randint(1, 3)), seed)
        y, built = keras_output(layer, example.x, example.kernel)
        np.testing.assert_allclose(example.y, y, atol=1e-5)
        assert example.output_shape == y.shape
        assert layer.parameters(example.shape[2]) == built.count_params()
        cell = rng.randrange(y.shape[0]), rng.randrange(y.shape[1])
        assert example.step(cell, layer.filters - 1).total == example.sums[(*cell, -1)]


def test_the_transposed_layer_restores_the_shape_but_not_the_values():
    pair = ConvThenTranspose(LayerExample(Layer(strides=(2, 2)), (6, 5, 1)), output_padding=(1, 0))
    assert pair.shape_difference == (0, 0)
    assert pair.value_difference > 0
    expected, _ = keras_output(pair.transposed_layer, pair.conv.sums, pair.conv.kernel)
    np.testing.assert_allclose(pair.result, expected, atol=1e-5)
    assert pair.value_difference == pytest.approx(np.abs(expected - pair.conv.x).mean(), rel=1e-5)
    assert ConvThenTranspose(pair.conv).shape_difference == (-1, 0)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_least_squares_inverse_has_the_same_convolution_and_other_values(channels):
    pair = ConvThenTranspose(LayerExample(Layer("Conv2D", 2, strides=(2, 2)), (5, 5, channels)))
    inverse = pair.least_squares_inverse
    np.testing.assert_allclose(pair.conv.layer.sums(inverse, pair.conv.kernel), pair.conv.sums, atol=1e-4)
    assert np.linalg.norm(inverse) < np.linalg.norm(pair.conv.x)  # of all such inputs it is the smallest
    assert 1 < pair.inverse_difference < pair.value_difference


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(4, 2, "VALID"), (4, 2, "SAME"), (3, 2, "SAME"), (6, 3, "VALID")]
)
def test_the_constant_response_agrees_with_keras(kernel, stride, padding):
    layer = Layer("Conv2DTranspose", 2, (kernel, 3), (stride, 1), padding)
    weights = np.random.default_rng(0).normal(size=layer.kernel_shape(3)).astype("float32")
    expected, _ = keras_output(layer, np.ones((6, 7, 3), "float32"), weights)
    np.testing.assert_allclose(layer.constant_response((6, 7, 3), weights), expected, atol=1e-5)


def test_an_even_overlap_count_leaves_a_periodic_response_to_a_constant_input():
    layer = Layer("Conv2DTranspose", 1, (4, 4), (2, 2))
    kernel = np.random.default_rng(0).normal(size=layer.kernel_shape(1)).astype("float32")
    inside = np.s_[4:-4, 4:-4]
    assert set(layer.overlap((8, 8, 1))[inside].ravel()) == {4}
    response = layer.constant_response((8, 8, 1), kernel)[..., 0][inside]
    np.testing.assert_allclose(response[2:], response[:-2], rtol=1e-5)
    np.testing.assert_allclose(response[:, 2:], response[:, :-2], rtol=1e-5)
    sums = [[kernel[i::2, j::2].sum() for j in (0, 1)] for i in (0, 1)]  # each position of the period uses other values
    np.testing.assert_allclose(response[:2, :2], sums, rtol=1e-5)
    assert np.ptp(sums) > 0.1


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
def test_the_kernel_plane_belongs_to_one_channel_and_one_filter(kind):
    example = LayerExample(Layer(kind, 3), (4, 4, 2))
    impulse = np.zeros((1, 3, 3, 2), "float32")
    impulse[0, 1, 1, 1] = 1
    layer = Layer(kind, 3, padding="SAME")
    response = layer.sums(impulse, example.kernel)[0, ..., 2]
    plane = example.kernel_plane(channel=1, filter_=2)
    np.testing.assert_array_equal(response, plane if kind == "Conv2DTranspose" else plane[::-1, ::-1])
