"""An architecture and its arrays as an ONNX model: what the engine runs.

ONNX computes channels first; photos come in and maps go out channels last, as everywhere else in
this project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from core.fcn.graph import BGR_MEAN, CONVOLUTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnx

    from core.fcn.graph import Architecture, Node

OPSET = 17
BATCH_NORM_EPSILON = 1e-3  # of keras.layers.BatchNormalization
SWITCHES = "switches"

_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "softmax": "Softmax"}


def onnx_model(
    architecture: Architecture, arrays: dict[str, np.ndarray], outputs: Sequence[str] | None = None
) -> onnx.ModelProto:
    """The network as an ONNX model; photos of any number and size.

    Args:
        arrays: of `architecture.weight_shapes`, in any float type.
        outputs: nodes whose values the model returns; the architecture's own outputs where None.

    Inputs: "photo", (N, H, W, 3) float32, and for a network with switches "switches", (switches,) float32, the factor
    of each skip connection. Outputs: (N, H', W', channels) float32, named as the nodes.

    Raises:
        KeyError: an array is missing.
    """
    builder = _Builder(architecture, arrays)
    wanted = tuple(outputs or architecture.outputs)
    for node in architecture.nodes:
        builder.add(node)
    for name in wanted:
        builder.emit("Transpose", [f"{name}:first"], name, perm=[0, 2, 3, 1])
    inputs = [helper.make_tensor_value_info(architecture.nodes[0].name, TensorProto.FLOAT, ["N", "H", "W", 3])]
    if architecture.switches:
        inputs.append(helper.make_tensor_value_info(SWITCHES, TensorProto.FLOAT, [architecture.switches]))
    channels = architecture.channels
    results = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", f"H_{name}", f"W_{name}", channels[name]])
        for name in wanted
    ]
    graph = helper.make_graph(builder.nodes, architecture.name, inputs, results, builder.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


class _Builder:
    """ONNX nodes and constants; the value of an architecture's node, channels first, is called "NAME:first"."""

    def __init__(self, architecture: Architecture, arrays: dict[str, np.ndarray]):
        self.architecture, self.arrays = architecture, arrays
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, node: Node) -> None:
        """The ONNX nodes of one layer."""
        inputs = [f"{name}:first" for name in node.inputs]
        result = f"{node.name}:first"
        if node.kind == "InputLayer":
            self.emit("Transpose", [node.name], result, perm=[0, 3, 1, 2])
        elif node.kind in CONVOLUTIONS:
            self._convolution(node, inputs[0], result)
        elif node.kind == "Rescaling":
            scaled = self.emit("Mul", [inputs[0], self._constant(f"{node.name}/scale", node.scale)])
            self.emit("Add", [scaled, self._constant(f"{node.name}/offset", node.offset)], result)
        elif node.kind == "BGRLessMean":
            order = self._constant(f"{node.name}/order", [2, 1, 0], np.int64)
            reordered = self.emit("Gather", [inputs[0], order], axis=1)
            self.emit("Sub", [reordered, self._constant(f"{node.name}/mean", np.reshape(BGR_MEAN, (3, 1, 1)))], result)
        elif node.kind == "BatchNormalization":
            parts = [self._weight(node, part) for part in ("gamma", "beta", "moving_mean", "moving_variance")]
            self.emit("BatchNormalization", [*inputs, *parts], result, epsilon=BATCH_NORM_EPSILON)
        elif node.kind == "ReLU" and node.max_value is None:
            self.emit("Relu", inputs, result)
        elif node.kind == "ReLU":
            limits = [self._constant(f"{node.name}/{i}", value) for i, value in enumerate((0.0, node.max_value))]
            self.emit("Clip", [*inputs, *limits], result)
        elif node.kind == "MaxPooling2D":
            self.emit("MaxPool", inputs, result, kernel_shape=[node.kernel] * 2, strides=[node.strides] * 2)
        elif node.kind == "Add":
            self.emit("Add", inputs, result)
        else:
            raise ValueError(f"There is no ONNX node for a layer of kind {node.kind!r}.")

    def emit(self, kind: str, inputs: list[str], output: str = "", **attributes) -> str:
        """One ONNX node; returns the name of its output."""
        output = output or f"{inputs[0]}:{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _convolution(self, node: Node, x: str, result: str) -> None:
        # Keras' kernels are (kh, kw, in, out), depthwise (kh, kw, in, 1), transposed (kh, kw, out, in).
        order = (2, 3, 0, 1) if node.kind == "DepthwiseConv2D" else (3, 2, 0, 1)
        operands = [x, self._weight(node, "kernel", order)]
        if node.use_bias:
            operands.append(self._weight(node, "bias"))
        attributes: dict[str, object] = {"kernel_shape": [node.kernel] * 2, "strides": [node.strides] * 2}
        if node.kind == "Conv2DTranspose":
            before = (node.kernel - node.strides) // 2
            attributes["pads"] = [before, before, *[node.kernel - node.strides - before] * 2]
        else:
            attributes["auto_pad"] = "SAME_UPPER"  # TensorFlow's SAME: the odd cell of padding comes last
        if node.kind == "DepthwiseConv2D":
            attributes["group"] = self.architecture.channels[node.name]
        kind = "ConvTranspose" if node.kind == "Conv2DTranspose" else "Conv"
        follows: list[tuple[str, list[str]]] = []
        if node.switch is not None:
            number = self._constant(f"{node.name}/switch", node.switch, np.int64)
            follows.append(("Mul", [self.emit("Gather", [SWITCHES, number])]))
        if node.activation != "linear":
            follows.append((_ACTIVATIONS[node.activation], []))
        y = self.emit(kind, operands, "" if follows else result, **attributes)
        for i, (function, others) in enumerate(follows, start=1):
            attributes = {"axis": 1} if function == "Softmax" else {}
            y = self.emit(function, [y, *others], result if i == len(follows) else "", **attributes)

    def _weight(self, node: Node, part: str, order: tuple[int, ...] | None = None) -> str:
        values = self.arrays[f"{node.name}/{part}"]
        return self._constant(f"{node.name}/{part}", values if order is None else values.transpose(order))

    def _constant(self, name: str, values, dtype=np.float32) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype, order="C"), name))
        return name
