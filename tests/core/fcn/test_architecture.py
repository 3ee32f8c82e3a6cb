"""The descriptions of the networks, against Keras: layers, shapes, parameters, receptive fields."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.fcn import architecture, keras_model
from core.fcn.graph import LayerRow

APP = architecture.app_network()
SMALL_LESSON = architecture.lesson_fcn(hidden=16)


def rows_of_keras(model, size):
    """The layer table as Keras computes it, for a photo of `size` (height, width)."""
    layers = list(model.layers)
    shapes = keras.Model(model.input, [layer.output for layer in layers]).compute_output_shape((1, *size, 3))
    return {
        layer.name: (
            tuple(shape[1:]),
            layer.count_params(),
            sum(variable.shape.num_elements() for variable in layer.trainable_variables),
        )
        for layer, shape in zip(layers, shapes, strict=True)
    }


@pytest.mark.parametrize("network", [APP, SMALL_LESSON, architecture.lesson_fcn(16, repaired=True)])
def test_layer_table_equals_keras(network):
    size = 96, 160
    ours = {row.name: (row.output, row.parameters, row.trainable) for row in network.layer_table(size)}
    assert ours == rows_of_keras(keras_model.build(network), size)


def test_every_node_follows_its_inputs():
    for network in (APP, SMALL_LESSON):
        known = set()
        for node in network.nodes:
            assert known.issuperset(node.inputs)
            known.add(node.name)
        assert len(known) == len(network.nodes)


def test_lesson_fcn_has_the_parameters_of_the_lesson():
    rows = architecture.lesson_fcn().layer_table((224, 224))
    assert sum(row.parameters for row in rows) == 136_514_116
    assert sum(row.trainable for row in rows) == 121_799_428
    assert rows[-1] == LayerRow("up1", "Conv2DTranspose", (224, 224, 2), 131_074, 131_074, ("skip8",))


def test_app_network_has_six_score_maps_and_five_switches():
    shapes = APP.shapes((64, 96))
    assert [shapes[name] for name in APP.outputs] == [(64 // s, 96 // s, 1) for s in architecture.STRIDES]
    assert APP.switches == 5
    assert [stage.stride for stage in APP.encoder] == [1, 2, 4, 8, 16, 32, 32]
    assert [stage.stride for stage in APP.decoder] == [16, 8, 4, 2, 1]


def test_only_measured_statistics_are_not_trainable():
    rows = APP.layer_table((64, 64))
    fixed = {row.name for row in rows if row.trainable != row.parameters}
    assert fixed == {node.name for node in APP.nodes if node.kind == "BatchNormalization"}


def test_fingerprint_depends_on_every_layer():
    assert APP.fingerprint == architecture.app_network().fingerprint
    assert len({APP.fingerprint, SMALL_LESSON.fingerprint, architecture.lesson_fcn(17).fingerprint}) == 3


@pytest.mark.parametrize("name", ["stage1_conv_relu", "block2_add", "block4_add", "block10_add"])
def test_receptive_field_is_where_the_gradient_reaches(name):
    """The input cells that change one output cell: an oracle that knows nothing of the formula."""
    model = keras_model.build(APP)
    for layer in model.layers:  # means over the window: no two paths cancel, no ReLU6 saturates
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D) and not layer.use_bias:
            (kernel,) = layer.get_weights()
            layer.set_weights([np.full_like(kernel, 1 / np.prod(kernel.shape[:-1]))])
    field = APP.receptive_field(name)
    side = 32 * -(-(field + 64) // 32)
    until = keras.Model(model.input, model.get_layer(name).output)
    photo = tf.fill((1, side, side, 3), 130.0)
    with tf.GradientTape() as tape:
        tape.watch(photo)
        y = until(photo, training=False)
        middle = y.shape[1] // 2
        value = tf.reduce_sum(y[0, middle, middle])
    reached = np.abs(tape.gradient(value, photo).numpy()[0]).sum(axis=(1, 2)) > 0
    assert np.ptp(np.flatnonzero(reached)) + 1 == field


def test_bilinear_kernel_interpolates():
    """A ramp keeps its slope away from the border, at half the step."""
    from core.convolution import conv2d_transpose

    kernel = keras_model.bilinear((4, 4, 1, 1))
    ramp = np.tile(np.arange(8.0), (8, 1))[..., None]
    up = conv2d_transpose(ramp, kernel, (2, 2), "same")[..., 0]
    np.testing.assert_allclose(np.diff(up[4, 2:-2]), 0.5)


def test_arrays_and_assign_are_inverse():
    first, second = keras_model.build(APP), keras_model.build(APP)
    values = keras_model.arrays(first, APP)
    assert {name: array.shape for name, array in values.items()} == APP.weight_shapes
    keras_model.assign(second, APP, values)
    for ours, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
