"""The arithmetic of Conv2D and Conv2DTranspose, in NumPy alone: sizes, padding, values, single steps, matrices.

One axis has n input cells, a kernel of k values, stride s and dilation d. A dilated kernel covers e = d (k - 1) + 1
cells. Arrays are channels last, (..., height, width, channels). Kernels have Keras' layout: (height, width, in, out)
for Conv2D and (height, width, out, in) for Conv2DTranspose, so that both directions of a convolution use one array.

Sources: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (https://arxiv.org/abs/1603.07285),
for the relations; Keras and TensorFlow for the meaning of SAME, VALID and output_padding. `tests/core` compares every
function with Keras.

    sizes       output size and padding of one axis
    arithmetic  conv2d, conv2d_transpose, the matrix C
    steps       one output cell: its window and products; one input cell: its copy of the kernel
    layer       one layer's settings, shapes, cost
    stack       layers on top of each other: shapes, receptive field, Keras code
    kernels     named kernels, applied to a picture
    example     a layer with input and kernel values, small enough to be drawn
"""

from core.convolution.arithmetic import conv2d, conv2d_transpose
from core.convolution.sizes import conv_output_size, transposed_output_size

__all__ = ["conv2d", "conv2d_transpose", "conv_output_size", "transposed_output_size"]
