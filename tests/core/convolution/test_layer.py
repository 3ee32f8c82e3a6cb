"""Stacks against Keras models, and receptive fields against measurements with impulses."""

from fractions import Fraction

import numpy as np
import pytest

from core import convolution
from core.convolution import stack
from core.convolution.layer import ACTIVATIONS, Layer, activate, l2_penalty
from core.convolution.stack import keras_code, trace


@pytest.mark.parametrize("name", stack.PRESETS)
def test_presets_have_keras_shapes_and_parameters(name):
    layers, shape = stack.PRESETS[name]
    scope = {}
    exec(keras_code(layers, shape), scope)
    model = scope["model"]
    stages = trace(layers, shape)
    assert len(model.layers) == len(stages)
    for theirs, ours in zip(model.layers, stages, strict=True):
        assert theirs.output.shape[1:] == ours.shape
        assert theirs.count_params() == ours.parameters


def test_the_presets_are_the_lesson_networks():
    count = {name: sum(stage.parameters for stage in trace(*stack.PRESETS[name])) for name in stack.PRESETS}
    assert count["Autoencoder: encoder"] == 25_090
    assert count["Autoencoder: decoder"] == 26_369
    assert count["VGG16: convolutions"] == 14_714_688
    assert count["FCN: decoder"] == 121_799_428


def measured_field(layers, size):
    """The most input cells on one axis that any output cell depends on, measured with impulses and kernels of ones."""
    x = np.eye(size)[:, :, None, None]  # a batch of impulses, (size, size, 1, 1)
    for layer in layers:
        kernel = np.ones((layer.kernel[0], 1, 1, 1))
        strides, dilation = (layer.strides[0], 1), (layer.dilation[0], 1)
        if layer.transposed:
            x = convolution.conv2d_transpose(x, kernel, strides, layer.padding, dilation)
        else:
            x = convolution.conv2d(x, kernel, strides, layer.padding, dilation)
    reached = x[:, :, 0, 0] > 0  # (input cell, output cell)
    return max(np.flatnonzero(column)[-1] - np.flatnonzero(column)[0] + 1 for column in reached.T if column.any())


@pytest.mark.parametrize(
    "layers",
    [
        [Layer(kernel=(3, 3)), Layer(kernel=(3, 3))],
        [Layer(kernel=(3, 3), strides=(2, 2), padding="SAME")] * 3,
        [
            Layer(kernel=(3, 3), dilation=(4, 4)),
            Layer("MaxPooling2D", kernel=(2, 2), strides=(2, 2)),
            Layer(kernel=(5, 5)),
        ],
        [Layer(kernel=(7, 7)), Layer("Conv2DTranspose", kernel=(4, 4), strides=(2, 2), padding="SAME")],
        [Layer(strides=(2, 2)), Layer("Conv2DTranspose", kernel=(6, 6), strides=(3, 3)), Layer("Conv2DTranspose")],
    ],
)
def test_receptive_fields_agree_with_impulses(layers):
    assert trace(layers, (96, 96, 1))[-1].field[0] == measured_field(layers, 96)


def test_the_receptive_field_of_vgg16_is_212_pixels():
    last = trace(*stack.PRESETS["VGG16: convolutions"])[-1]
    assert last.field == (212, 212)
    assert last.total_stride == (32, 32)


def test_the_total_stride_of_the_decoder_is_a_fraction():
    assert [stage.total_stride[0] for stage in trace(*stack.PRESETS["Autoencoder: decoder"])] == [
        1,
        Fraction(1, 2),
        Fraction(1, 4),
    ]


def test_multiply_adds_computed_by_hand():
    assert Layer(filters=8, kernel=(3, 5)).multiply_adds((10, 10, 2)) == 8 * 6 * 3 * 5 * 2 * 8
    assert (
        Layer("Conv2DTranspose", filters=8, kernel=(3, 5), strides=(2, 2)).multiply_adds((10, 10, 2)) == 100 * 15 * 16
    )


def test_an_impossible_layer_ends_the_trace_with_an_error():
    stages = trace([Layer(kernel=(3, 3)), Layer(kernel=(9, 9)), Layer()], (8, 8, 1))
    assert [bool(stage.error) for stage in stages] == [False, True]
    assert "9" in stages[-1].error
    assert "6" in stages[-1].error


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_agree_with_keras(name):
    import keras

    x = np.random.default_rng(0).normal(0, 30, (4, 5, 3)).astype("float32")
    np.testing.assert_allclose(activate(x, name), np.asarray(keras.activations.get(name)(x)), atol=1e-5)


def test_l2_penalty_agrees_with_keras():
    import keras

    kernel = np.random.default_rng(0).normal(size=(3, 3, 2, 4)).astype("float32")
    assert l2_penalty(kernel, 0.02) == pytest.approx(float(keras.regularizers.L2(0.02)(kernel)), rel=1e-5)


def test_the_keras_line_has_every_option():
    import keras

    layer = Layer("Conv2DTranspose", 4, (2, 3), (2, 3), "SAME", (1, 1), (1, 2), "relu", 0.01)
    made = eval(layer.keras(), {"keras": keras})
    assert (made.kernel_size, made.strides, made.padding, made.output_padding) == ((2, 3), (2, 3), "same", (1, 2))
    assert made.activation is keras.activations.relu
    assert float(made.kernel_regularizer.l2) == pytest.approx(0.01)
