"""The arithmetic against Keras for random combinations of settings, and against examples computed by hand."""

import os
import random

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from core import convolution
from core.convolution import arithmetic, sizes, steps
from core.convolution.layer import Layer

CASES = int(os.environ.get("CONVOLUTION_DRAWS", "600"))  # use 10000 for a long run


def random_cases(seed, count=CASES):
    """Random settings in the ranges of the page's controls; small ones are more frequent."""
    rng = random.Random(seed)
    for _ in range(count):
        wide = rng.random() < 0.3
        yield {
            "size": (rng.randint(1, 16), rng.randint(1, 16)),
            "kernel_size": tuple(rng.randint(1, 16 if wide else 5) for _ in "hw"),
            "strides": tuple(rng.randint(1, 8 if wide else 3) for _ in "hw"),
            "padding": rng.choice(sizes.PADDINGS),
            "dilation": (rng.choice([1, 1, 1, 2, 3, 4]),) * 2,
            "output_padding": rng.choice([None, None, (rng.randint(0, 4), rng.randint(0, 2))]),
            "channels": rng.randint(1, 4),
            "filters": rng.randint(1, 4),
        }


def keras_answer(layer, x):
    """Keras' output and kernel, or None if Keras or TensorFlow refuses the layer.

    TensorFlow refuses some layers on one processor and returns an empty array on another, with oneDNN: also None.
    """
    import tensorflow as tf

    try:
        built = layer()
        built.build(x.shape)
        # TensorFlow's CPU kernels have no dilated transposed convolution; XLA has.
        xla = type(built).__name__ == "Conv2DTranspose" and max(built.dilation_rate) > 1
        run = tf.function(built, jit_compile=True) if xla else built
        y = run(x).numpy()
    except (ValueError, tf.errors.OpError):
        return None
    return (y, built.kernel.numpy()) if y.size else None


def test_conv2d_agrees_with_keras():
    import keras

    rng = np.random.default_rng(1)
    refused = 0
    for case in random_cases(seed=1):
        x = rng.standard_normal((1, *case["size"], case["channels"])).astype("float32")
        shared = {"strides": case["strides"], "padding": case["padding"].lower(), "dilation_rate": case["dilation"]}
        answer = keras_answer(lambda: keras.layers.Conv2D(case["filters"], case["kernel_size"], **shared), x)  # noqa: B023
        ours = case["strides"], case["padding"], case["dilation"]
        if answer is None:
            refused += 1
            kernel = np.zeros((*case["kernel_size"], case["channels"], case["filters"]))
            with pytest.raises(ValueError, match=r"\d"):
                convolution.conv2d(x, kernel, *ours)
            continue
        y, kernel = answer
        mine = convolution.conv2d(x, kernel, *ours)
        assert mine.shape == y.shape, case
        np.testing.assert_allclose(mine, y, atol=1e-5, rtol=1e-5, err_msg=str(case))
    assert 0 < refused < CASES * 0.7


def test_conv2d_transpose_agrees_with_keras():
    import keras

    rng = np.random.default_rng(2)
    refused = 0
    for case in random_cases(seed=2):
        x = rng.standard_normal((1, *case["size"], case["channels"])).astype("float32")
        shared = {
            "strides": case["strides"],
            "padding": case["padding"].lower(),
            "dilation_rate": case["dilation"],
            "output_padding": case["output_padding"],
        }
        answer = keras_answer(lambda: keras.layers.Conv2DTranspose(case["filters"], case["kernel_size"], **shared), x)  # noqa: B023
        ours = case["strides"], case["padding"], case["dilation"], case["output_padding"]
        if answer is None:
            refused += 1
            kernel = np.zeros((*case["kernel_size"], case["filters"], case["channels"]))
            with pytest.raises(ValueError, match=r"\d"):
                convolution.conv2d_transpose(x, kernel, *ours)
            continue
        y, kernel = answer
        mine = convolution.conv2d_transpose(x, kernel, *ours)
        assert mine.shape == y.shape, case
        np.testing.assert_allclose(mine, y, atol=1e-5, rtol=1e-5, err_msg=str(case))
    assert 0 < refused < CASES * 0.7


@pytest.mark.parametrize("n", [1, 7, 224, 1001, 4096])
@pytest.mark.parametrize("padding", sizes.PADDINGS)
def test_sizes_agree_with_keras_up_to_4096(n, padding):
    import keras

    for kernel, stride, dilation in [(1, 1, 1), (3, 2, 1), (7, 4, 1), (16, 8, 1), (5, 1, 3), (2, 3, 1)]:
        shape = (1, n, n, 1)
        options = {"padding": padding.lower(), "dilation_rate": dilation, "strides": stride}
        if padding == "SAME" or n >= sizes.effective_kernel(kernel, dilation):
            theirs = keras.layers.Conv2D(1, kernel, **options).compute_output_shape(shape)[1]
            assert convolution.conv_output_size(n, kernel, stride, padding, dilation) == theirs
        theirs = keras.layers.Conv2DTranspose(1, kernel, **options).compute_output_shape(shape)[1]
        assert convolution.transposed_output_size(n, kernel, stride, padding, dilation=dilation) == theirs


WORKED = [  # the lesson's examples, and cases with an odd number of padded cells
    (convolution.conv_output_size, (4, 3, 1, "VALID"), 2),
    (convolution.conv_output_size, (5, 3, 1, "SAME"), 5),
    (convolution.conv_output_size, (5, 3, 2, "VALID"), 2),
    (convolution.transposed_output_size, (2, 3, 2, "VALID"), 5),
    (convolution.transposed_output_size, (2, 3, 1, "VALID"), 4),
    (convolution.conv_output_size, (28, 3, 2, "SAME"), 14),
    (convolution.transposed_output_size, (7, 3, 2, "SAME"), 14),
    (convolution.transposed_output_size, (2, 2, 3, "VALID"), 6),
]


@pytest.mark.parametrize(("size", "arguments", "expected"), WORKED)
def test_worked_examples(size, arguments, expected):
    assert size(*arguments) == expected


def test_values_computed_by_hand():
    x = np.arange(1.0, 17).reshape(4, 4, 1)
    kernel = np.array([[1.0, 0, 0], [0, 2, 0], [0, 0, 3]])[..., None, None]
    # first cell: 1·1 + 2·6 + 3·11 = 46; one step right or down adds 6 or 24
    np.testing.assert_array_equal(convolution.conv2d(x, kernel)[..., 0], [[46, 52], [70, 76]])
    sums = convolution.conv2d_transpose(np.array([[1.0, 2], [3, 4]])[..., None], np.ones((3, 3, 1, 1)))
    np.testing.assert_array_equal(sums[..., 0], [[1, 3, 3, 2], [4, 10, 10, 6], [4, 10, 10, 6], [3, 7, 7, 4]])


@pytest.mark.parametrize("layer", [convolution.conv2d, convolution.conv2d_transpose])
def test_the_output_for_a_picture_does_not_depend_on_its_batch(layer):
    rng = np.random.default_rng(3)
    pictures, kernel = rng.random((2, 3, 9, 8, 4), np.float32), rng.random((3, 5, 4, 4), np.float32)
    together = layer(pictures, kernel, 2, "SAME")
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[i, j], layer(pictures[i, j], kernel, 2, "SAME"))
    assert layer(pictures[:, :0], kernel, 2, "SAME").shape == (2, 0, *together.shape[2:])


def test_an_odd_padding_cell_is_added_after():
    assert sizes.padding_cells(28, 3, 2, "SAME") == (0, 1)
    assert sizes.padding_cells(5, 3, 1, "SAME") == (1, 1)
    assert sizes.padding_cells(5, 4, 1, "SAME") == (1, 2)
    assert sizes.padding_cells(5, 4, 1, "VALID") == (0, 0)
    assert sizes.cropped_cells(7, 7, 2, "SAME") == (2, 3)
    assert sizes.cropped_cells(2, 2, 3, "VALID") == (0, -1)


@pytest.mark.parametrize(
    ("call", "numbers"),
    [
        (lambda: convolution.conv_output_size(2, 3, 1, "VALID"), ("3", "2")),
        (lambda: convolution.conv_output_size(9, 3, 2, "SAME", 4), ("2", "4")),
        (lambda: convolution.transposed_output_size(3, 2, 2, "SAME", 0), ("2", "3")),
        (lambda: convolution.transposed_output_size(3, 3, 2, "SAME", 5), ("5", "2")),
        (lambda: convolution.conv_output_size(0, 3, 1, "SAME"), ("0", "1")),
        (lambda: convolution.conv_output_size(5, 3, 1.5, "SAME"), ("1.5",)),
        (lambda: convolution.conv_output_size(5, 3, 1, "FULL"), ("FULL", "SAME")),
        (lambda: convolution.conv2d(np.zeros((5, 5, 1)), np.zeros((3, 3, 1, 1)), (1, 2), "SAME", (2, 1)), ("1 × 2",)),
    ],
)
def test_errors_contain_the_numbers(call, numbers):
    with pytest.raises(ValueError) as raised:
        call()
    message = str(raised.value)
    assert all(number in message for number in numbers)
    assert message.endswith(".")
    assert "\n" not in message


def feasible(seed, count, transposed):
    """Random cases that Keras accepts: input, kernel, the layer's options, output."""
    rng = np.random.default_rng(seed)
    layer = convolution.conv2d_transpose if transposed else convolution.conv2d
    for case in random_cases(seed, count):
        x = rng.integers(-9, 10, (*case["size"], case["channels"])).astype(float)
        shape = (case["filters"], case["channels"]) if transposed else (case["channels"], case["filters"])
        kernel = rng.integers(-3, 4, (*case["kernel_size"], *shape)).astype(float)
        options = {name: case[name] for name in ("strides", "padding", "dilation")}
        if transposed:
            options["output_padding"] = case["output_padding"]
        try:
            yield x, kernel, options, layer(x, kernel, **options)
        except ValueError:
            continue


def test_the_terms_of_each_output_cell_sum_to_the_layer():
    for x, kernel, options, y in feasible(3, 60, transposed=False):
        for cell in np.ndindex(y.shape[:2]):
            step = steps.conv_step(x, kernel, cell, filter_=y.shape[2] - 1, **options)
            assert step.total == y[(*cell, -1)]
            assert len(step.cells) == kernel.shape[0] * kernel.shape[1]


def test_contributing_inputs_agree_with_kernel_copies_and_overlap():
    for x, kernel, options, y in feasible(4, 40, transposed=True):
        received = {}
        for cell in np.ndindex(x.shape[:2]):
            for place in map(tuple, steps.kernel_copy(x.shape[:2], kernel, cell, **options)):
                received.setdefault(place, set()).add(cell)
        counts = Layer("Conv2DTranspose", kernel=kernel.shape[:2], **options).overlap(x.shape)
        for cell in np.ndindex(y.shape[:2]):
            step = steps.contributing_inputs(x, kernel, cell, filter_=0, **options)
            assert step.total == y[(*cell, 0)]
            assert set(map(tuple, step.cells)) == received.get(cell, set())
            assert len(step.cells) == counts[cell]


def test_a_convolution_of_the_stretched_input_is_the_transposed_layer():
    for x, kernel, options, y in feasible(5, 120, transposed=True):
        stretched, real = arithmetic.zeros_inserted(x, kernel, **options)
        again = convolution.conv2d(stretched, arithmetic.flipped(kernel), 1, "VALID", options["dilation"])
        np.testing.assert_array_equal(again, y)
        assert not stretched[~real].any()
        assert real.sum() == x[..., 0].size


def test_the_matrix_is_conv2d_and_its_transpose_conv2d_transpose():
    checked = 0
    for x, kernel, options, _ in feasible(6, 160, transposed=False):
        channel, plane = x[..., 0], kernel[..., 0, 0]
        C = arithmetic.matrix(channel.shape, plane, **options)
        y = convolution.conv2d(channel[..., None], plane[..., None, None], **options)[..., 0]
        np.testing.assert_array_equal(C @ channel.ravel(), y.ravel())
        axes = zip(channel.shape, plane.shape, *[options[name] for name in ("strides", "dilation")], strict=True)
        extra = [sizes.restoring_output_padding(n, k, s, options["padding"], d) for n, k, s, d in axes]
        if None not in extra:
            back = convolution.conv2d_transpose(y[..., None], plane[..., None, None], **options, output_padding=extra)
            np.testing.assert_array_equal((C.T @ y.ravel()).reshape(channel.shape), back[..., 0])
            checked += 1
    assert checked > 20


def test_each_input_size_is_restored_by_its_output_padding():
    for kernel in range(1, 6):
        for stride in range(1, 5):
            for padding in sizes.PADDINGS:
                for out in range(1, 5):
                    inputs = sizes.sizes_with_output(out, kernel, stride, padding)
                    every = range(kernel if padding == "VALID" else 1, 60)
                    expected = [n for n in every if convolution.conv_output_size(n, kernel, stride, padding) == out]
                    assert inputs == expected
                    for n in inputs:
                        extra = sizes.restoring_output_padding(n, kernel, stride, padding)
                        if extra is None:
                            assert convolution.transposed_output_size(out, kernel, stride, padding) == n
                        else:
                            assert convolution.transposed_output_size(out, kernel, stride, padding, extra) == n


def test_the_overlap_count_is_even_if_the_stride_divides_the_kernel():
    inside = Layer("Conv2DTranspose", kernel=(4, 4), strides=(2, 2)).overlap((8, 8, 1))[4:-4, 4:-4]
    assert set(inside.ravel()) == {4}
    checkerboard = Layer("Conv2DTranspose", kernel=(3, 3), strides=(2, 2)).overlap((8, 8, 1))[4:-4, 4:-4]
    assert set(checkerboard.ravel()) == {1, 2, 4}


def test_coverage_does_not_count_padding():
    counts = Layer("Conv2D", kernel=(3, 3), padding="SAME").overlap((3, 3, 1))
    np.testing.assert_array_equal(counts, [[4, 6, 4], [6, 9, 6], [4, 6, 4]])
