"""The networks as tables: every layer with the shape that leaves it and the numbers that it learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import layers, stacks

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Row:
    """One layer: its output (height, width, channels), all its parameters and those that training moves."""

    name: str
    kind: str
    output: tuple[int, int, int]
    parameters: int
    trainable: int


def of_model(model: keras.Model, size: tuple[int, int]) -> list[Row]:
    """The layers of a fully convolutional model with one input, for a photo of `size` (height, width)."""
    import keras

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


def of_lesson() -> list[Row]:
    """The lesson's FCN on a photo of 224 x 224, computed without building it: its numbers would fill 546 MB."""
    rows = []

    def add(stage: layers.Stage, name: str, *, frozen: bool = False) -> None:
        trainable = 0 if frozen else stage.parameters
        rows.append(Row(name, stage.layer.kind, stage.shape, stage.parameters, trainable))

    block, conv = 1, 0
    encoder = layers.trace(*stacks.PRESETS["VGG16: convolutions"])
    for stage in encoder:
        conv += 1
        add(stage, f"block{block}_pool" if stage.layer.pooling else f"block{block}_conv{conv}", frozen=True)
        if stage.layer.pooling:
            block, conv = block + 1, 0
    decoder = layers.trace(*stacks.PRESETS["FCN: decoder"])
    for stage, name in zip(decoder, ("fc6", "fc7", "score32", "up16", "up8", "up1"), strict=True):
        add(stage, name)
        if name in {"up16", "up8"}:
            rows.append(Row(name.replace("up", "skip"), "Add", stage.shape, 0, 0))
    return rows
