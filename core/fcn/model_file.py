"""A visitor's segmentation network as one file to take away and bring back: numbers only, nothing can be executed."""

import io

import numpy as np

from core.autoencoder import model_file
from core.autoencoder.model_file import OwnModelError
from core.fcn import keras_model
from core.fcn.segmenter import Inference

LARGEST = 25_000_000  # bytes, packed or unpacked: the network's numbers are 20 million
SIZES = (64, 256)  # of the longest side at which a network may look at a photo


def to_bytes(segmenter: keras_model.Segmenter) -> bytes:
    """The network's weights and its working size as the bytes of an .npz file."""
    file = io.BytesIO()
    size = np.array(segmenter.inference.working_size, np.int32)
    np.savez(file, working_size=size, **model_file.named(segmenter.model.get_weights()))
    return file.getvalue()


def from_bytes(data: bytes) -> keras_model.Segmenter:
    """The network from what `to_bytes` made.

    Raises:
        OwnModelError: too large, not such a file, weights of another shape, or numbers that are none.
    """
    arrays = model_file.read_arrays(data, LARGEST)
    size = arrays.get("working_size", np.zeros(()))
    if size.shape != () or size.dtype.kind != "i" or not SIZES[0] <= size <= SIZES[1]:
        raise OwnModelError("This file does not say how large a photo its network looks at: choose one made here.")
    model = keras_model.build()
    model.set_weights(model_file.weights_among(arrays, [tuple(variable.shape) for variable in model.weights]))
    return keras_model.Segmenter(model, Inference(working_size=int(size)))
