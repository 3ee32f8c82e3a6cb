"""What makes training quick computes what it replaces."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.training import acceleration


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


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_fused_adam_is_adam(decay):
    """Keras' Adam, and with weight decay its AdamW, of which some variables are excluded."""
    rng = np.random.default_rng(0)
    start, rates = rng.normal(size=(5, 7)), keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    keras_adam = keras.optimizers.Adam(rates, weight_decay=decay or None, global_clipnorm=2.0)
    keras_adam.exclude_from_weight_decay(var_names=["bias"])
    results = []
    for optimizer in (keras_adam, acceleration.FusedAdam(rates, decay, ("bias",), global_clipnorm=2.0)):
        variables = [keras.Variable(start, dtype="float32", name=name) for name in ("kernel", "bias")]
        optimizer.build(variables)
        for gradient in np.random.default_rng(1).normal(size=(5, 2, 5, 7)).astype(np.float32):
            optimizer.apply([tf.constant(each) for each in gradient], variables)
        results.append([variable.numpy() for variable in variables])
    np.testing.assert_allclose(*results, atol=1e-5)


@pytest.mark.parametrize("shell", [acceleration.Recast, acceleration.ByTaps])
def test_a_layer_in_bfloat16_keeps_its_variables(shell):
    keras.utils.set_random_seed(0)
    convolution = keras.layers.Conv2D(32, 3, padding="same", bias_initializer="normal")
    x = tf.random.stateless_normal((2, 6, 6, 64), (1, 2))
    exact = convolution(x).numpy()
    recast = shell(convolution, dtype="mixed_bfloat16")
    with tf.GradientTape() as tape:
        rounded = recast(x)
        total = tf.reduce_sum(rounded)
    assert rounded.dtype == tf.bfloat16
    assert [v is w for v, w in zip(recast.trainable_variables, convolution.trainable_variables, strict=True)] == [
        True
    ] * 2
    assert {g.dtype for g in tape.gradient(total, recast.trainable_variables)} == {tf.float32}
    error = np.abs(tf.cast(rounded, tf.float32).numpy() - exact).max()
    assert 0 < error < 0.02 * np.abs(exact).max()


@pytest.mark.parametrize(
    ("flags", "policy"),
    [("fma avx2 avx512f", "float32"), ("avx512f avx512_bf16", "mixed_bfloat16"), ("amx_bf16", "mixed_bfloat16")],
)
def test_bfloat16_is_for_processors_that_have_it(flags, policy, tmp_path, monkeypatch):
    cpu = tmp_path / "cpuinfo"
    cpu.write_text(f"flags\t\t: {flags}\n", encoding="utf-8")
    monkeypatch.setattr(acceleration, "CPU", cpu)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind: [])
    assert acceleration.dtype_policy.__wrapped__() == policy
