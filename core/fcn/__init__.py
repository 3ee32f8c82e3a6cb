"""Segmentation networks: what they are made of, how they run, how they are trained and stored.

graph            the language in which networks are described: nodes, shapes, receptive fields, layer tables
architecture     the app's network and the lesson's FCN in that language
encoders         their parts that were trained on ImageNet: EfficientNet-Lite0 and VGG16
onnx_graph       an architecture and its arrays as an ONNX model
engine           runs that model without TensorFlow: what the app uses
keras_model      the same network in Keras: what trains, and the reference
segmenter        inference: from a photo to a map of probabilities
classifier       an ImageNet classifier that also says where
lesson           the lesson's FCN on a frozen VGG16, and its training
lesson_network   that network as the app runs it, without TensorFlow
lesson_training  the trainings of it whose results are shipped
lesson_job       a user's own training of it
training         how the app's network is trained
evaluation       figures on photos with true masks, calibration
short_training   how a user's own network is trained
frozen_encoder   the same on an encoder that keeps its ImageNet weights
training_job     that training in the background
model_file       a user's own network as a file
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from core import weights
from core.fcn import architecture
from core.fcn.segmenter import Inference, Segmenter

if TYPE_CHECKING:
    import keras


def load() -> Segmenter:
    """The shipped network with its trained weights.

    Raises:
        weights.WeightsError: the weights are missing, cut or altered.
    """
    from core.fcn.engine import EngineNetwork

    network = architecture.app_network()
    arrays = weights.arrays(weights.FCN, network.weight_shapes)
    return Segmenter(EngineNetwork(network, arrays, shared=True), shipped_inference())


def shipped_inference() -> Inference:
    """How the shipped network is used, from the manifest; WeightsError where that cannot be read."""
    kinds = {field.name: float for field in fields(Inference)}
    values = weights.facts(weights.FCN, {"inference": kinds})["inference"]
    return Inference(**{name: values[name] for name in kinds})


def build_lesson_fcn(encoder_weights: str | None = None) -> keras.Model:
    """The lesson's FCN as a Keras model: 224 x 224 RGB photos in 0..1 -> two probabilities a pixel.

    Arguments and errors as in `core.fcn.lesson.build`.
    """
    from core.fcn import lesson

    return lesson.build(encoder_weights)
