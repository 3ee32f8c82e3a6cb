"""What makes training quick computes what it replaces."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from core import acceleration


@pytest.mark.parametrize(("kernel", "size"), [((7, 7), (7, 7)), ((1, 1), (5, 6)), ((3, 5), (4, 2)), ((5, 5), (2, 9))])
def test_a_convolution_by_taps_is_the_convolution(kernel, size):
    keras.utils.set_random_seed(0)
    convolution = keras.layers.Conv2D(6, kernel, padding="same", activation="relu", bias_initializer="normal")
    x = tf.random.stateless_normal((2, *size, 3), (1, 2))
    convolution.build(x.shape)
    answers = []
    for layer in (convolution, acceleration.ByTaps(convolution)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            total = tf.reduce_sum(y**2)
        answers.append([y, *tape.gradient(total, [x, convolution.kernel.value, convolution.bias.value])])
    for ours, theirs in zip(*answers, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_fused_adam_is_adam():
    rng = np.random.default_rng(0)
    start, rates = rng.normal(size=(5, 7)), keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    found = []
    for optimizer in (keras.optimizers.Adam(rates), acceleration.FusedAdam(rates)):
        variable = keras.Variable(start, dtype="float32")
        for gradient in np.random.default_rng(1).normal(size=(5, 5, 7)).astype(np.float32):
            optimizer.apply([tf.constant(gradient)], [variable])
        found.append(variable.numpy())
    np.testing.assert_allclose(*found, atol=1e-5)
