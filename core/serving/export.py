"""The shipped segmentation network for other tools: an ONNX file, or a SavedModel for servers that run TensorFlow.

    python -m core.serving.export FILE.onnx
    python -m core.serving.export FOLDER

Inputs and outputs of the ONNX file are those of `core.fcn.onnx_graph.onnx_model`. The logits z become probabilities by
sigmoid((z - shift) / temperature), with the values of "inference" in weights/manifest.json.

The SavedModel's signature `serving_default` takes `photos`, (N, H, W, 3) uint8, RGB, and returns `probability`,
(N, H, W, 1) float32 in 0..1: the calibrated probability that a pixel belongs to the object. H and W are multiples of
32: scale a photo as `core.fcn.segmenter.working_shape` does, with the working size in "inference".
"""

import argparse
from pathlib import Path

from core import fcn, weights
from core.fcn import architecture
from core.fcn.onnx_graph import onnx_model


def main(arguments: list[str] | None = None) -> None:
    """Write what the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m core.serving.export", description="Write the segmentation network for other tools."
    )
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="NAME.onnx for an ONNX file, else a SavedModel's folder"
    )
    path = parser.parse_args(arguments).path
    if path.suffix == ".onnx":
        network = architecture.app_network()
        model = onnx_model(network, weights.arrays(weights.FCN, network.weight_shapes))
        path.write_bytes(model.SerializeToString())
    else:
        write_savedmodel(path, fcn.shipped_inference())


def write_savedmodel(folder: Path, inference: fcn.Inference) -> None:
    """Write the shipped network, calibrated by `inference`, to a new or existing folder."""
    import tensorflow as tf

    from core.fcn import keras_model

    model, module = keras_model.shipped(), tf.Module()
    module.weights = [variable.value for variable in model.variables]  # Keras' own export writes each one twice

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8, "photos")])
    def serve(photos):
        logits = model(tf.cast(photos, tf.float32), training=False)[-1]
        return {"probability": tf.sigmoid((logits - inference.shift) / inference.temperature)}

    tf.saved_model.save(module, folder, signatures={"serving_default": serve})


if __name__ == "__main__":
    main()
