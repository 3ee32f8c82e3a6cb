"""The encoders that were trained on ImageNet: the right layers, and weights files that are refused."""

import keras
import numpy as np
import pytest

from core import weights
from core.fcn import architecture, encoders, keras_model
from core.fcn.engine import EngineNetwork
from core.fcn.graph import Architecture, Graph
from tests.support import networks


def vgg16_architecture():
    graph = Graph()
    stages = encoders.vgg16(graph, graph.add("photo", "InputLayer", filters=3))
    return Architecture("vgg16", tuple(graph.nodes), tuple(stage.node for stage in stages))


def test_vgg16_is_the_network_of_keras_applications():
    network, arrays = vgg16_architecture(), encoders.load_vgg16("imagenet")
    reference = keras.applications.VGG16(weights=None, include_top=False, input_shape=(64, 96, 3))
    for layer in reference.layers:
        if layer.weights:
            layer.set_weights([arrays[f"{layer.name}/{part}"] for part in ("kernel", "bias")])
    photos = np.random.default_rng(0).uniform(0, 255, (1, 64, 96, 3)).astype(np.float32)
    pools = keras.Model(reference.input, [reference.get_layer(name).output for name in network.outputs])(photos)
    for ours, theirs in zip(EngineNetwork(network, arrays).scores(photos), pools, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-3 * float(np.abs(theirs).max()))


def test_vgg16_is_frozen():
    rows = vgg16_architecture().layer_table((224, 224))
    assert sum(row.parameters for row in rows) == 14_714_688
    assert sum(row.trainable for row in rows) == 0


@pytest.mark.parametrize("content", [None, b"", b"not an archive"])
@pytest.mark.parametrize("load", [lambda path: encoders.load_vgg16(str(path)), encoders.load_lite0])
def test_a_broken_file_is_named(tmp_path, content, load):
    path = tmp_path / "encoder.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(weights.WeightsError, match=r"encoder\.npz"):
        load(path)


def test_a_file_of_another_network_is_refused(tmp_path):
    path = tmp_path / "encoder.npz"
    np.savez(path, **{"block1_conv1/kernel": np.zeros((3, 3, 3, 8), np.float32)})
    with pytest.raises(weights.WeightsError, match="another network"):
        encoders.load_vgg16(str(path))
    with pytest.raises(weights.WeightsError, match=r"encoder\.npz"):
        encoders.load_lite0(path)


def test_lite0_arrays_fill_every_layer_of_the_encoder(tmp_path):
    """The published names, made up here, lead to every array of the app network's encoder."""
    network = architecture.app_network()
    ours = {n: s for n, s in network.weight_shapes.items() if n.startswith(("stem", "block"))}
    published = networks.published_lite0({name: np.zeros(shape, np.float32) for name, shape in ours.items()})
    (tmp_path / "lite0.npz").write_bytes(weights.packed(published))
    assert {name: array.shape for name, array in encoders.load_lite0(tmp_path / "lite0.npz").items()} == ours


def test_lesson_fcn_takes_the_encoder_and_keeps_its_head():
    keras.utils.set_random_seed(0)
    network = architecture.lesson_fcn(16)
    model = keras_model.build(network, (64, 64))
    before = keras_model.arrays(model, network)
    keras_model.assign(model, network, encoders.load_vgg16("imagenet"))
    changed = {
        name.split("/")[0]
        for name, array in keras_model.arrays(model, network).items()
        if (array != before[name]).any()
    }
    assert changed == {node.name for node in network.nodes if node.kind == "Conv2D" and not node.trainable}
