"""The language in which networks are described: layers as nodes of a graph, and what can be computed from it.

An `Architecture` is a graph of layers, each a `Node` with the name, the class name and the arguments that Keras uses.
From it

- `core.fcn.keras_model.build` makes a Keras model, which trains and is the reference,
- `core.fcn.onnx_graph.onnx_model`, with named arrays, makes the graph that the app runs,
- `Architecture` itself computes layer tables, shapes and receptive fields, which the pages list and draw.

Every convolution and transposed convolution has SAME padding, so a layer of stride s divides, or multiplies, height and
width by s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from math import prod
from typing import TYPE_CHECKING

from core.convolution.sizes import input_cells

if TYPE_CHECKING:
    from core.convolution.layer import Layer

BGR_MEAN = (103.939, 116.779, 123.68)
"""ImageNet's mean colour, which the preprocessing of VGG16 subtracts."""
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "Conv2DTranspose")


@dataclass(frozen=True)
class Node:
    """One layer. `kind` is the name of its class in Keras, or "BGRLessMean", VGG16's preprocessing.

    `filters`, `kernel`, `strides` and `use_bias` belong to convolutions, `kernel` and `strides` to pooling as well,
    `scale` and `offset` to Rescaling, `max_value` to ReLU. Where `switch` is a number, that entry of the vector of
    skip factors multiplies what leaves the layer.
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    filters: int = 0
    kernel: int = 1
    strides: int = 1
    use_bias: bool = True
    activation: str = "linear"
    max_value: float | None = None
    scale: float = 1.0
    offset: float = 0.0
    trainable: bool = True
    switch: int | None = None


@dataclass(frozen=True)
class Stage:
    """A part of the network that the pages show: its last node, and its stride."""

    name: str
    stride: int
    node: str


@dataclass(frozen=True)
class LayerRow:
    """One layer in a table: output (height, width, channels), parameters, those that training changes, its inputs."""

    name: str
    kind: str
    output: tuple[int, int, int]
    parameters: int
    trainable: int
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Architecture:
    """A network as a graph: `nodes` in an order in which each follows its inputs, the first one the photo.

    `outputs` names the nodes whose values the network returns; `encoder` and `decoder` are its stages, in the order
    in which a photo passes them.
    """

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    encoder: tuple[Stage, ...] = ()
    decoder: tuple[Stage, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Node]:
        """The nodes by their names."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def channels(self) -> dict[str, int]:
        """Channels of each node's output."""
        channels: dict[str, int] = {}
        for node in self.nodes:
            own = node.filters if node.kind in ("InputLayer", "Conv2D", "Conv2DTranspose") else 0
            channels[node.name] = own or channels[node.inputs[0]]
        return channels

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The encoder's stages, then the decoder's."""
        return self.encoder + self.decoder

    @property
    def switches(self) -> int:
        """How many skip connections can be switched."""
        return sum(node.switch is not None for node in self.nodes)

    @cached_property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every array that belongs to the network, by "node/part"; the parts have Keras' names and layouts."""
        return {f"{node.name}/{part}": shape for node in self.nodes for part, shape in self.parts(node).items()}

    def parts(self, node: Node) -> dict[str, tuple[int, ...]]:
        """Shapes of one node's arrays, in Keras' order."""
        if node.kind == "BatchNormalization":
            shape = (self.channels[node.name],)
            return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), shape)
        if node.kind not in CONVOLUTIONS:
            return {}
        before, after = self.channels[node.inputs[0]], self.channels[node.name]
        ends = {"Conv2D": (before, after), "DepthwiseConv2D": (before, 1), "Conv2DTranspose": (after, before)}
        shapes = {"kernel": (node.kernel, node.kernel, *ends[node.kind])}
        return shapes | ({"bias": (after,)} if node.use_bias else {})

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the graph: equal for equal networks."""
        return sha256(repr(self.nodes).encode()).hexdigest()

    def shapes(self, size: tuple[int, int]) -> dict[str, tuple[int, int, int]]:
        """(height, width, channels) of each node's output for a photo of `size` (height, width).

        Where a layer's stride does not divide its input, SAME padding rounds up.
        """
        sides: dict[str, tuple[int, int]] = {}
        for node in self.nodes:
            height, width = sides[node.inputs[0]] if node.inputs else size
            if node.kind == "Conv2DTranspose":
                height, width = height * node.strides, width * node.strides
            else:
                height, width = -(-height // node.strides), -(-width // node.strides)
            sides[node.name] = height, width
        return {name: (*side, self.channels[name]) for name, side in sides.items()}

    def layer_table(self, size: tuple[int, int]) -> list[LayerRow]:
        """Every layer for a photo of `size` (height, width), as `keras.Model.summary` lists them."""
        rows, shapes = [], self.shapes(size)
        for node in self.nodes:
            counts = {part: prod(shape) for part, shape in self.parts(node).items()}
            learned = {part: count for part, count in counts.items() if node.trainable and "moving" not in part}
            total, trainable = sum(counts.values()), sum(learned.values())
            rows.append(LayerRow(node.name, node.kind, shapes[node.name], total, trainable, node.inputs))
        return rows

    def receptive_field(self, name: str, cells: int = 1) -> int:
        """Pixels of the photo, along one axis, that `cells` neighbouring cells of a node's output depend on.

        Followed back layer by layer; of several ways the one with the most pixels counts.
        """
        needed = {name: cells}
        for node in reversed(self.nodes):
            if node.name in needed:
                transposed = node.kind == "Conv2DTranspose"
                before = input_cells(needed[node.name], node.kernel, node.strides, transposed=transposed)
                needed |= {each: max(before, needed.get(each, 0)) for each in node.inputs}
        return needed[self.nodes[0].name]


@dataclass
class Graph:
    """Builds the nodes of an `Architecture` one after another; each method returns the name of the last node."""

    nodes: list[Node] = field(default_factory=list)

    def add(self, name: str, kind: str, *inputs: str, **arguments) -> str:
        """One layer."""
        self.nodes.append(Node(name, kind, inputs, **arguments))
        return name

    def layer(self, x: str, name: str, layer: Layer, **arguments) -> str:
        """A convolution or pooling described as a `core.convolution.layer.Layer`; `arguments` replace its own."""
        own = {
            "filters": layer.filters,
            "kernel": layer.kernel[0],
            "strides": layer.strides[0],
            "activation": layer.activation,
        }
        return self.add(name, layer.kind, x, **own | arguments)

    def normalized(self, x: str, prefix: str, max_value: float | None = None, *, relu: bool = True) -> str:
        """Batch normalization, then ReLU unless `relu` is false."""
        x = self.add(f"{prefix}_bn", "BatchNormalization", x)
        return self.add(f"{prefix}_relu", "ReLU", x, max_value=max_value) if relu else x

    def convolution(self, x: str, name: str, filters: int, kernel: int = 3, strides: int = 1) -> str:
        """Conv2D without bias, batch normalization, ReLU."""
        x = self.add(name, "Conv2D", x, filters=filters, kernel=kernel, strides=strides, use_bias=False)
        return self.normalized(x, name)
