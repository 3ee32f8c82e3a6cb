"""Segmentation networks: what they are made of, how they are asked, trained, kept in files.

segmenter     what the network is made of, and how it is asked: photo in, probability map out
keras_model   the network in Keras: the reference, which also trains
engine        the network in OpenVINO: the faster one, which starts in a moment
lesson        the lesson's FCN-8s on a frozen VGG16
layer_table   the layers as rows of a table
training      how the shipped network was made, and how it is measured
training_job  a visitor's own training
model_file    a visitor's own network as a file
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from core import weights

if TYPE_CHECKING:
    import keras

    from core.fcn.segmenter import Segmenter


def load() -> Segmenter:
    """The shipped network with its trained weights, in the fastest engine that this machine has.

    Raises:
        weights.WeightsError: the weights are missing, cut or altered.
    """
    try:
        from core.fcn import engine

        return engine.load()
    except weights.WeightsError:
        raise
    except ImportError:  # not for this platform, or left out
        pass
    except Exception:
        logging.getLogger(__name__).exception("OpenVINO does not run the network: TensorFlow does.")
    from core.fcn import keras_model

    return keras_model.load()


def build_lesson_fcn(encoder_weights: str | None = None) -> keras.Model:
    """The lesson's own network: see core.fcn.lesson.build."""
    from core.fcn import lesson

    return lesson.build(encoder_weights)
