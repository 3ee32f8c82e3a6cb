"""Convolutional networks that were trained on ImageNet, as encoders: their layers, stages and weights.

- EfficientNet-Lite0: Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks" (2019), in
  the variant without squeeze-and-excitation and with ReLU6 that Google published for small devices. Its blocks are the
  inverted residuals of Sandler et al., "MobileNetV2" (2018).
- VGG16: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition" (2015).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core import weights
from core.convolution.stack import PRESETS
from core.fcn.graph import Architecture, Graph, Stage

LITE0_STEM = 32
LITE0_BLOCKS = (
    # kernel, stride of the first block, expansion, channels, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
# The names of the published weights, and those of this project; other names are equal.
LITE0_ENDS = {"conv_stem": "stem_conv", "bn0": "stem_bn", "conv_head": "head_conv", "bn1": "head_bn"}
LITE0_NAMES = {"bn0": "expand_bn", "bn1": "depthwise_bn", "bn2": "project_bn"}
NORMALIZATION_PARTS = {
    "weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance",
}  # fmt: skip


def efficientnet_lite0(graph: Graph, photo: str) -> tuple[str, list[Stage]]:
    """Add EfficientNet-Lite0's convolutions to a graph.

    Args:
        photo: a node of 3 channels, RGB, 0..255.

    Returns:
        The node of the photo scaled to about -1..1, and the stages at strides 2, 4, 8, 16 and 32: the last layer of
        each stride. That layer is linear, so its features have both signs.
    """
    scaled = graph.add("rescaling", "Rescaling", photo, scale=1 / 128, offset=-127 / 128)
    x = graph.add("stem_conv", "Conv2D", scaled, filters=LITE0_STEM, kernel=3, strides=2, use_bias=False)
    x = graph.normalized(x, "stem", 6.0)
    stages: list[Stage] = []
    stride, before, number = 2, LITE0_STEM, 0
    for kernel, first_stride, expansion, channels, blocks in LITE0_BLOCKS:
        if first_stride == 2:
            stages.append(Stage(f"stage{len(stages) + 2}", stride, x))
            stride *= 2
        for i in range(blocks):
            x = _inverted_residual(
                graph, x, f"block{number}", kernel, first_stride if i == 0 else 1, expansion * before, channels
            )
            before, number = channels, number + 1
    return scaled, [*stages, Stage(f"stage{len(stages) + 2}", stride, x)]


def _inverted_residual(graph: Graph, x: str, name: str, kernel: int, strides: int, expanded: int, channels: int) -> str:
    """A 1x1 convolution to more channels, a depthwise convolution, a linear 1x1 convolution to fewer.

    Where the shape stays the same, the block's input is added to its output.
    """
    block_input, before = x, next(node.filters for node in reversed(graph.nodes) if node.filters)
    if expanded != before:
        x = graph.add(f"{name}_expand_conv", "Conv2D", x, filters=expanded, use_bias=False)
        x = graph.normalized(x, f"{name}_expand", 6.0)
    x = graph.add(f"{name}_depthwise_conv", "DepthwiseConv2D", x, kernel=kernel, strides=strides, use_bias=False)
    x = graph.normalized(x, f"{name}_depthwise", 6.0)
    x = graph.add(f"{name}_project_conv", "Conv2D", x, filters=channels, use_bias=False)
    x = graph.normalized(x, f"{name}_project", relu=False)
    return graph.add(f"{name}_add", "Add", block_input, x) if strides == 1 and before == channels else x


def load_lite0(path: Path) -> dict[str, np.ndarray]:
    """EfficientNet-Lite0's published arrays under this project's names, classifier included.

    Args:
        path: an `.npz` file with `conv_stem.weight`, `blockI/expand_conv.weight`, `blockI/bn0.weight` and so on,
            kernels in Keras' layout.

    Raises:
        WeightsError: the file cannot be read or holds something else.
    """
    arrays = {}
    for name, values in weights.read(path, path.name).items():
        layer, _, part = name.rpartition(".")
        *block, layer = layer.split("/")
        ours = LITE0_NAMES.get(layer, layer) if block else LITE0_ENDS.get(layer, layer)
        parts = NORMALIZATION_PARTS if "bn" in layer else {"weight": "kernel"}
        arrays[f"{'_'.join([*block, ours])}/{parts.get(part, part)}"] = values
    if not _shapes(efficientnet_lite0).items() <= {name: values.shape for name, values in arrays.items()}.items():
        raise weights.WeightsError(f"{path.name} does not hold EfficientNet-Lite0's weights: name its .npz file.")
    return arrays


def vgg16(graph: Graph, photo: str) -> list[Stage]:
    """Add VGG16's convolutions, frozen, to a graph; the stages are its five poolings, strides 2 to 32."""
    stages: list[Stage] = []
    x, number = photo, 0
    for layer in PRESETS["VGG16: convolutions"][0]:
        block, number = len(stages) + 1, number + 1
        name = f"block{block}_pool" if layer.pooling else f"block{block}_conv{number}"
        x = graph.layer(x, name, layer, trainable=layer.pooling)
        if layer.pooling:
            stages.append(Stage(f"block{block}", 2**block, x))
            number = 0
    return stages


def load_vgg16(source: str) -> dict[str, np.ndarray]:
    """VGG16's arrays: "imagenet" for the file in weights/, else the path of a file with the same names.

    Raises:
        WeightsError: the file cannot be read or holds other weights.
    """
    if source == "imagenet":
        return weights.arrays(weights.VGG16, _shapes(vgg16))
    arrays = weights.read(Path(source), source)
    weights.check(arrays, _shapes(vgg16), source)
    return arrays


def _shapes(add_encoder: Callable) -> dict[str, tuple[int, ...]]:
    """Names and shapes of an encoder's arrays."""
    graph = Graph()
    add_encoder(graph, graph.add("photo", "InputLayer", filters=3))
    return Architecture("encoder", tuple(graph.nodes), ()).weight_shapes
