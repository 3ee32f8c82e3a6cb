"""The shipped segmentation network as a SavedModel, for servers that run TensorFlow without this project's code.

    python -m core.serving.savedmodel FOLDER

Its one signature, `serving_default`, takes `photos`, (N, H, W, 3) uint8, RGB, and gives `probability`, (N, H, W, 1)
float32 in 0..1: how likely the object covers each pixel. H and W are multiples of 32: a photo is scaled to the working
size that `weights/manifest.json` names under `inference`, and padded below and beside by its own edge, as
`core.fcn.segmenter.Segmenter.prepared` does. Looking twice, mirrored, and the logits' shift and sharpness are in
the graph.
"""

import argparse
from pathlib import Path

import keras
import tensorflow as tf

from core.fcn import keras_model, segmenter

SIGNATURE = "serving_default"


def export(model: keras.Model, inference: segmenter.Inference, folder: Path) -> None:
    """Write the trained network, asked as `inference` says, into `folder`, which is made where it does not exist."""
    module = tf.Module()
    module.kept = [variable.value for variable in model.variables]  # Keras' own export writes each one twice

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8, "photos")])
    def serve(photos):
        straight = tf.cast(photos, tf.float32)
        mirrored = tf.reverse(straight, [2])
        logits = model(straight, training=False)[-1] + tf.reverse(model(mirrored, training=False)[-1], [2])
        return {"probability": tf.sigmoid(inference.sharpness * (logits / 2 - inference.shift))}

    tf.saved_model.save(module, folder, signatures={SIGNATURE: serve})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m core.serving.savedmodel", description="Write the network as a SavedModel."
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    network = keras_model.load()
    export(network.model, network.inference, folder)
