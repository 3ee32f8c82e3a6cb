"""The networks as tables: every layer with the shape that leaves it and the numbers that it learns."""

from dataclasses import dataclass, replace
from itertools import zip_longest

from core.convolution import stack
from core.fcn import segmenter


@dataclass(frozen=True)
class Row:
    """One layer: its output (height, width, channels), all its parameters and those that training moves."""

    name: str
    kind: str
    output: tuple[int, int, int]
    parameters: int
    trainable: int


def of_shipped(size: tuple[int, int]) -> list[Row]:
    """The shipped network on a photo of `size` (height, width), multiples of 32, computed without building it.

    In Keras' order: the more layers follow a layer, the earlier it comes. So the first score maps stand beside the
    decoder's last layers.
    """

    def row(name: str, kind: str, stride: int, channels: int, parameters: int = 0) -> Row:
        return Row(name, kind, (size[0] // stride, size[1] // stride, channels), parameters, parameters)

    def normalised(name: str, stride: int, channels: int) -> list[list[Row]]:
        norm = row(f"{name}_norm", "BatchNormalization", stride, channels, 4 * channels)
        return [[replace(norm, trainable=2 * channels)], [row(f"{name}_relu", "ReLU", stride, channels)]]

    def convolution(name: str, stride: int, before: int, channels: int) -> list[list[Row]]:
        first = row(name, "Conv2D", stride, channels, 9 * before * channels)
        return [[first], *normalised(name, stride, channels)]

    steps = [[row("rescaling", "Rescaling", 1, 3)]]  # layers that as many layers follow make one step
    before = 3
    for (name, (stride, _)), (channels, convolutions) in zip(
        segmenter.ENCODER_STAGES.items(), (*segmenter.STAGES, segmenter.CONTEXT), strict=True
    ):
        for i in range(1, convolutions + 1):
            steps += convolution(f"{name}_conv{i}", stride, before, channels)
            before = channels
        if stride < segmenter.STRIDES[0]:
            steps.append([row(f"{name}_pool", "MaxPooling2D", 2 * stride, channels)])
    scores = [[row("score32", "Conv2D", 32, 1, before + 1)]]
    for stride, channels, (skipped, _) in zip(
        segmenter.STRIDES[1:], segmenter.DECODER, reversed(segmenter.STAGES), strict=True
    ):
        up = row(f"up{stride}", "Conv2DTranspose", stride, channels, 16 * before * channels)
        skip = row(f"skip{stride}", "Conv2D", stride, channels, skipped * channels)
        steps += [[up, skip], [row(f"join{stride}", "Add", stride, channels)]]
        steps += normalised(f"join{stride}", stride, channels)
        steps += convolution(f"merge{stride}", stride, channels, channels)
        enlarged = row(f"enlarged{stride}", "Conv2DTranspose", stride, 1, 16)
        correction = row(f"correction{stride}", "Conv2D", stride, 1, channels + 1)
        scores += [[enlarged, correction], [row(f"score{stride}", "Add", stride, 1)]]
        before = channels
    scores = [[]] * (len(steps) + 2 - len(scores)) + scores  # two more steps follow the decoder's last layer
    return [each for both in zip_longest(scores, steps, fillvalue=[]) for step in both for each in step]


def of_lesson() -> list[Row]:
    """The lesson's FCN on a photo of 224 x 224, computed without building it: its numbers would fill 546 MB."""
    rows = []

    def add(stage: stack.Stage, name: str, *, frozen: bool = False) -> None:
        trainable = 0 if frozen else stage.parameters
        rows.append(Row(name, stage.layer.kind, stage.shape, stage.parameters, trainable))

    block, conv = 1, 0
    encoder = stack.trace(*stack.PRESETS["VGG16: convolutions"])
    for stage in encoder:
        conv += 1
        add(stage, f"block{block}_pool" if stage.layer.pooling else f"block{block}_conv{conv}", frozen=True)
        if stage.layer.pooling:
            block, conv = block + 1, 0
    decoder = stack.trace(*stack.PRESETS["FCN: decoder"])
    for stage, name in zip(decoder, ("fc6", "fc7", "score32", "up16", "up8", "up1"), strict=True):
        add(stage, name)
        if name in {"up16", "up8"}:
            rows.append(Row(name.replace("up", "skip"), "Add", stage.shape, 0, 0))
    return rows
