"""The shipped segmentation network as a SavedModel, for servers that run TensorFlow without this project's code.

    python -m core.serving.savedmodel FOLDER

Its signature `serving_default` takes `photos`, (N, H, W, 3) uint8, RGB, and returns `probability`, (N, H, W, 1) float32
in 0..1: the calibrated probability that a pixel belongs to the object. H and W are multiples of 32: scale a photo as
`core.fcn.segmenter.working_shape` does, with the working size in `weights/manifest.json` under `inference`.
"""

import argparse
from pathlib import Path

import keras
import tensorflow as tf

from core import fcn
from core.fcn import keras_model, segmenter

SIGNATURE = "serving_default"


def export(model: keras.Model, inference: segmenter.Inference, folder: Path) -> None:
    """Write a network of `core.fcn.keras_model.build`, calibrated by `inference`, to a new or existing folder."""
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]  # Keras' own export writes each one twice

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8, "photos")])
    def serve(photos):
        logits = model(tf.cast(photos, tf.float32), training=False)[-1]
        return {"probability": tf.sigmoid((logits - inference.shift) / inference.temperature)}

    tf.saved_model.save(module, folder, signatures={SIGNATURE: serve})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m core.serving.savedmodel", description="Write the segmentation network as a SavedModel."
    )
    parser.add_argument("folder", type=Path)
    export(keras_model.shipped(), fcn.shipped_inference(), parser.parse_args().folder)
