"""The arithmetic of Conv2D and Conv2DTranspose, in NumPy alone: sizes, padding, values, single steps, matrices.

One axis has n input cells, a kernel of k numbers, stride s and dilation d; dilation spreads the kernel over
e = d (k - 1) + 1 cells. Arrays are channels last, (..., height, width, channels), kernels as Keras keeps them:
(height, width, in, out) for Conv2D and (height, width, out, in) for Conv2DTranspose, so that one array serves both
directions of the same convolution.

Sources: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (https://arxiv.org/abs/1603.07285),
for the relations; Keras and TensorFlow for what SAME, VALID and output_padding mean. `tests/core` holds every function
against Keras.

    sizes       output size and padding of one axis
    arithmetic  conv2d, conv2d_transpose, the matrix C
    steps       one output cell: its window and products; one input cell: its stamp
    layer       one layer's settings, shapes, cost
    stack       layers on top of each other: shapes, receptive field, Keras code
    kernels     named kernels on a picture
    example     a layer with numbers, as the page draws it
"""

from core.convolution.arithmetic import conv2d, conv2d_transpose, coverage, flipped, matrix, overlap, zeros_inserted
from core.convolution.sizes import (
    PADDINGS,
    check_pair,
    conv_output_size,
    cropped_cells,
    effective_kernel,
    padding_cells,
    restoring_output_padding,
    sizes_with_output,
    transposed_output_size,
)
from core.convolution.steps import Step, conv_step, payers, stamp

__all__ = [
    "PADDINGS",
    "Step",
    "check_pair",
    "conv2d",
    "conv2d_transpose",
    "conv_output_size",
    "conv_step",
    "coverage",
    "cropped_cells",
    "effective_kernel",
    "flipped",
    "matrix",
    "overlap",
    "padding_cells",
    "payers",
    "restoring_output_padding",
    "sizes_with_output",
    "stamp",
    "transposed_output_size",
    "zeros_inserted",
]
