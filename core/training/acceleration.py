"""Training in less time: bfloat16 where the processor has it, a convolution tap by tap, Adam in one kernel."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers

CPU = Path("/proc/cpuinfo")
"""What Linux says of its processors; no other system has it."""


@cache
def dtype_policy() -> str:
    """Keras' "mixed_bfloat16" where the processor or a graphics card computes in bfloat16 itself, else "float32".

    Either way weights and what an optimizer keeps stay float32.
    """
    native = CPU.exists() and {"avx512_bf16", "amx_bf16"} & set(CPU.read_text(encoding="utf-8").split())
    return "mixed_bfloat16" if native or tf.config.list_physical_devices("GPU") else "float32"


@contextmanager
def computing_in(policy: str) -> Iterator[None]:
    """Layers built inside compute by this dtype policy of Keras'."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


class Recast(layers.Layer):
    """The layer that is passed, on its own variables, computed in this one's dtype policy."""

    def __init__(self, layer: layers.Layer, **options):
        super().__init__(**options)
        self.layer = layer

    def call(self, x):
        """As the layer's own."""
        return self.layer.call(x)


class ByTaps(Recast):
    """The same convolution (stride 1, SAME, an odd kernel) as a sum of matrix products, one a tap of its kernel.

    Each tap meets only the part of the map that it does not push into the padding. For a map of 7x7 and a kernel of
    7x7 that is 57 % of the products.
    """

    def call(self, x):
        """(N, H, W, C) -> (N, H, W, filters), H and W known. The products are added up in float32."""
        height, width = x.shape[1:3]
        kernel = tf.convert_to_tensor(self.layer.kernel)
        rows, columns, channels, filters = kernel.shape
        # Unstacked, not sliced: the gradient of that is one stack, of a slice it is a whole kernel of zeros.
        taps = tf.unstack(tf.reshape(kernel, (rows * columns, channels, filters)))
        total = []
        for number, tap in enumerate(taps):
            down, across = number // columns - rows // 2, number % columns - columns // 2  # off the kernel's middle
            if abs(down) < height and abs(across) < width:
                (top, bottom), (left, right) = beside = _margins(down), _margins(across)
                seen = x[:, bottom : height - top, right : width - left]
                total.append(tf.pad(tf.cast(tf.tensordot(seen, tap, 1), tf.float32), [(0, 0), *beside, (0, 0)]))
        y = tf.cast(tf.add_n(total), x.dtype)
        return self.layer.activation(y + tf.convert_to_tensor(self.layer.bias))


def _margins(shift: int) -> tuple[int, int]:
    """Cells (before, after) of an axis of the output that a tap `shift` cells off the middle leaves to the padding."""
    return max(-shift, 0), max(shift, 0)


class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam, each variable's update one kernel of TensorFlow.

    Keras writes the formula sign by sign, each a pass over the memory, and the lesson's numbers are 121.8 million.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Kingma & Ba, "Adam: a method for stochastic optimization", 2015, as Keras rearranges it."""
        step = tf.cast(self.iterations + 1, variable.dtype)
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, variable.dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, variable.dtype), step),
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )
