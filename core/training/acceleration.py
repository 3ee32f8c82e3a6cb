"""Faster training: bfloat16 where the processor has it, a convolution tap by tap, a fused Adam."""

from functools import cache
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers

CPU = Path("/proc/cpuinfo")
"""Linux lists the features of its processors here; other systems have no such file."""


@cache
def dtype_policy() -> str:
    """Keras' "mixed_bfloat16" where the processor or a graphics card computes in bfloat16 itself, else "float32".

    The weights and the optimizer's state stay float32 in both cases.
    """
    native = CPU.exists() and {"avx512_bf16", "amx_bf16"} & set(CPU.read_text(encoding="utf-8").split())
    return "mixed_bfloat16" if native or tf.config.list_physical_devices("GPU") else "float32"


class Recast(layers.Layer):
    """Computes another layer, with that layer's variables, in this layer's dtype policy."""

    def __init__(self, layer: layers.Layer, **options):
        super().__init__(**options)
        self.layer = layer

    def call(self, x):
        """The other layer's output."""
        return self.layer.call(x)


class ByTaps(Recast):
    """A convolution (stride 1, SAME, odd kernel) as a sum of matrix products, one for each tap of the kernel.

    A tap is multiplied only with the part of the map that it does not move into the padding. For a map of 7x7 and a
    kernel of 7x7 that is 57 % of the products.
    """

    def call(self, x):
        """(N, H, W, C) -> (N, H, W, filters), H and W known. The products are added up in float32."""
        height, width = x.shape[1:3]
        kernel = tf.convert_to_tensor(self.layer.kernel)
        rows, columns, channels, filters = kernel.shape
        # Unstacked, not sliced: the gradient of unstack is one stack, that of a slice is a whole kernel of zeros.
        taps = tf.unstack(tf.reshape(kernel, (rows * columns, channels, filters)))
        total = []
        for number, tap in enumerate(taps):
            down, across = number // columns - rows // 2, number % columns - columns // 2  # from the kernel's middle
            if abs(down) < height and abs(across) < width:
                (top, bottom), (left, right) = margins = _margins(down), _margins(across)
                covered = x[:, bottom : height - top, right : width - left]
                total.append(tf.pad(tf.cast(tf.tensordot(covered, tap, 1), tf.float32), [(0, 0), *margins, (0, 0)]))
        y = tf.cast(tf.add_n(total), x.dtype)
        return self.layer.activation(y + tf.convert_to_tensor(self.layer.bias))


def _margins(shift: int) -> tuple[int, int]:
    """Output cells (before, after) on an axis that a tap `shift` cells from the middle moves into the padding."""
    return max(-shift, 0), max(shift, 0)


class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam and AdamW with one TensorFlow kernel for each variable's update.

    Keras computes the formula in twenty operations a variable, each a pass over memory: too slow for the lesson's FCN
    with 121.8 million trainable parameters, and for the app's network with 205 variables half a minute before the first
    step, in which TensorFlow builds and optimizes the graph.
    """

    def __init__(
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule,
        decay: float = 0.0,
        undecayed: tuple[str, ...] = (),
        **options,
    ):
        """As Keras' Adam.

        Args:
            decay: AdamW's weight decay.
            undecayed: how the names of variables end that it does not touch.
            options: Keras' own.
        """
        super().__init__(learning_rate, **options)
        self.decay, self.undecayed = decay, undecayed

    def apply(self, grads, trainable_variables=None):
        """As Keras' Adam."""
        step = tf.cast(self.iterations + 1, tf.float32)
        self._powers = tf.pow(self.beta_1, step), tf.pow(self.beta_2, step)  # the same for all variables
        return super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        """Kingma & Ba, "Adam: a method for stochastic optimization", 2015; Loshchilov & Hutter, "AdamW", 2019."""
        index = self._get_variable_index(variable)
        if self.decay and not variable.name.removesuffix(":0").endswith(self.undecayed):
            variable.assign(variable * (1 - learning_rate * self.decay))
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=self._powers[0],
            beta2_power=self._powers[1],
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )
