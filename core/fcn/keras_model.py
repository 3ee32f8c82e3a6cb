"""A segmentation network in Keras and TensorFlow: what trains, and the reference for the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from core import weights
from core.fcn.architecture import app_network
from core.fcn.graph import BGR_MEAN, CONVOLUTIONS
from core.fcn.segmenter import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from core.fcn.graph import Architecture, Node


class BatchNormalization(layers.BatchNormalization):
    """Keras' own layer, a batch normalized by TensorFlow's one fused operation in place of a dozen small ones."""

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """(N, H, W, C) -> the same shape, by the mean and variance of the batch, or the running ones."""
        if not training or not self.trainable:
            return super().call(inputs, training=False)
        scale, offset = (tf.cast(v, tf.float32) for v in (self.gamma, self.beta))
        outputs, mean, variance, *_ = tf.compat.v1.nn.fused_batch_norm(inputs, scale, offset, epsilon=self.epsilon)
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * batch)
        return outputs


class BGRLessMean(layers.Layer):
    """RGB, 0..255 -> BGR less ImageNet's mean colour, as `keras.applications.vgg16.preprocess_input` computes it."""

    def call(self, photos: tf.Tensor) -> tf.Tensor:
        """(N, H, W, 3) -> the same shape."""
        return photos[..., ::-1] - tf.constant(BGR_MEAN, photos.dtype)


def build(architecture: Architecture, size: tuple[int | None, int | None] = (None, None)) -> keras.Model:
    """The Keras model of an architecture, with random weights; its layers have the nodes' names.

    Args:
        size: height and width of the photos where they are always the same, multiples of 32.
    """
    photo, *_ = architecture.nodes
    start = {photo.name: keras.Input((*size, photo.filters), name=photo.name)}
    tensors = connected(architecture.nodes, start, _layer)
    outputs = [tensors[name] for name in architecture.outputs]
    return keras.Model(tensors[photo.name], outputs if len(outputs) > 1 else outputs[0], name=architecture.name)


def connected(
    nodes: Iterable[Node], start: dict[str, object], layer: Callable[[Node], Callable], **options: object
) -> dict[str, object]:
    """The values of all nodes that follow from those in `start`, by name.

    Args:
        layer: the layer of a node; called with one tensor or a list of them, and `options`.
    """
    values = dict(start)
    for node in nodes:
        if node.name not in values and node.inputs and all(name in values for name in node.inputs):
            inputs = [values[name] for name in node.inputs]
            values[node.name] = layer(node)(inputs if len(inputs) > 1 else inputs[0], **options)
    return values


def halves(
    model: keras.Model, architecture: Architecture, nodes: Sequence[str], replaced: Mapping[str, Callable] | None = None
) -> tuple[keras.Model, keras.Model]:
    """A model of `build` as two that share its variables: photo -> values of `nodes`, and these -> its outputs.

    Args:
        replaced: layers of the second half that compute a node's layer in another way, by the node's name.
    """
    values = [model.get_layer(name).output for name in nodes]
    inputs = [keras.Input(value.shape[1:]) for value in values]
    own = {layer.name: layer for layer in model.layers} | dict(replaced or {})
    tensors = connected(architecture.nodes, dict(zip(nodes, inputs, strict=True)), lambda node: own[node.name])
    outputs = [tensors[name] for name in architecture.outputs]
    return keras.Model(model.input, values), keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0])


def _layer(node: Node) -> layers.Layer:
    common = {"name": node.name, "trainable": node.trainable}
    if node.kind in CONVOLUTIONS:
        options: dict[str, Any] = {
            "strides": node.strides,
            "padding": "same",
            "use_bias": node.use_bias,
            "activation": node.activation,
        }
        if node.kind == "DepthwiseConv2D":
            return layers.DepthwiseConv2D(node.kernel, **options, **common)
        if node.name.startswith("enlarged"):
            options["kernel_initializer"] = bilinear
        elif not node.use_bias and node.kernel == 3:
            options["kernel_initializer"] = "he_normal"
        return getattr(layers, node.kind)(node.filters, node.kernel, **options, **common)
    if node.kind == "BatchNormalization":
        return BatchNormalization(**common)
    if node.kind == "BGRLessMean":
        return BGRLessMean(**common)
    arguments: dict[str, dict[str, Any]] = {
        "Rescaling": {"scale": node.scale, "offset": node.offset},
        "ReLU": {"max_value": node.max_value},
        "MaxPooling2D": {"pool_size": node.kernel, "strides": node.strides},
        "Add": {},
    }
    return getattr(layers, node.kind)(**arguments[node.kind], **common)


def bilinear(shape: tuple[int, int, int, int], dtype=None) -> np.ndarray:
    """Kernel of a transposed convolution that doubles height and width by bilinear interpolation.

    (4, 4, out, in), the same for every pair of channels. Source: Long, Shelhamer and Darrell, section 3.3.
    """
    ramp = np.array([0.25, 0.75, 0.75, 0.25])
    return np.broadcast_to(np.outer(ramp, ramp)[:, :, None, None], shape).astype(dtype or "float32")


def arrays(model: keras.Model, architecture: Architecture) -> dict[str, np.ndarray]:
    """The model's weights by the names of `Architecture.weight_shapes`."""
    return {
        f"{node.name}/{part}": values
        for node in architecture.nodes
        for part, values in zip(architecture.parts(node), model.get_layer(node.name).get_weights(), strict=True)
    }


def assign(model: keras.Model, architecture: Architecture, values: dict[str, np.ndarray]) -> None:
    """Fill the model's layers with those of `values` that belong to them; the other layers stay as they are."""
    for node in architecture.nodes:
        parts = architecture.parts(node)
        names = [f"{node.name}/{part}" for part in parts]
        if parts and all(name in values for name in names):
            model.get_layer(node.name).set_weights([values[name] for name in names])


def freeze(model: keras.Model, architecture: Architecture, stride: int) -> None:
    """Keep the weights of the layers from the photo to the encoder's last one of this stride; 0 keeps none."""
    last = [stage.node for stage in architecture.encoder if stage.stride == stride]
    for node in architecture.nodes if last else ():
        model.get_layer(node.name).trainable = False
        if node.name == last[-1]:
            break


def shipped() -> keras.Model:
    """The app's network with the shipped weights. weights.WeightsError if they are missing, cut off or altered."""
    network = app_network()
    model = build(network)
    assign(model, network, weights.arrays(weights.FCN, network.weight_shapes))
    return model


class KerasNetwork(Network):
    """A network over a model of `build`, whose weights may change between calls."""

    def __init__(self, model: keras.Model, architecture: Architecture):
        self.model, self.architecture = model, architecture
        self._passes: dict[tuple[str, ...], Callable] = {}

    def _run(self, names: tuple[str, ...], photos: np.ndarray, factors: np.ndarray) -> list[np.ndarray]:
        if names not in self._passes:
            self._passes[names] = self._compiled(names)
        return [y.numpy() for y in self._passes[names](tf.constant(photos), tf.constant(factors, tf.float32))]

    def _compiled(self, names: tuple[str, ...]):
        """A graph from photos and skip factors to the values of some nodes, on the model's own layers."""
        nodes, get_layer = self.architecture.nodes, self.model.get_layer
        factor: list[tf.Tensor] = []

        def layer(node):
            own = get_layer(node.name)
            return own if node.switch is None else lambda x, **options: own(x, **options) * factor[node.switch]

        def forward(photos, factors):
            factor[:] = tf.unstack(factors, self.architecture.switches)
            values = connected(nodes, {nodes[0].name: photos}, layer, training=False)
            return [values[name] for name in names]

        specs = [tf.TensorSpec((None, None, None, 3), tf.float32), tf.TensorSpec((None,), tf.float32)]
        return tf.function(forward, input_signature=specs)
