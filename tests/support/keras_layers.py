"""The table of a network's layers as Keras tells it: the oracle for those of `core.fcn.layer_table`."""

import keras

from core.fcn.layer_table import Row


def of_model(model: keras.Model, size: tuple[int, int]) -> list[Row]:
    """The layers of a fully convolutional model with one input, for a photo of `size` (height, width)."""
    listed = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    shapes = keras.Model(model.input, [layer.output for layer in listed]).compute_output_shape((1, *size, 3))
    return [
        Row(
            layer.name,
            type(layer).__name__,
            tuple(shape[1:]),
            layer.count_params(),
            sum(variable.shape.num_elements() for variable in layer.trainable_variables),
        )
        for layer, shape in zip(listed, shapes, strict=True)
    ]
