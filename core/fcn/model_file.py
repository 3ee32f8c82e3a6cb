"""A user's own segmentation network as a file to download and to load again; neither needs TensorFlow."""

import numpy as np

from core import memory, weights
from core.fcn import architecture
from core.fcn.engine import EngineNetwork
from core.fcn.segmenter import Inference, Segmenter
from core.weights import WeightsError

LARGEST = 25 << 20  # bytes; the arrays are 20 million
WORKING_SIZES = (64, 256)  # smallest and largest


def to_bytes(segmenter: Segmenter) -> bytes:
    """A network of `EngineNetwork` as the bytes of an `.npz` file.

    It holds the arrays by the names of `Architecture.weight_shapes`, the working size, and the architecture's
    fingerprint.
    """
    about = {"working_size": segmenter.inference.working_size, "architecture": segmenter.architecture.fingerprint}
    network = segmenter.network
    if not isinstance(network, EngineNetwork):
        raise TypeError(f"Expected a network of the engine. Received: {type(network).__name__}.")
    return weights.packed(network.arrays | {name: np.array(value) for name, value in about.items()})


def from_bytes(data: bytes) -> Segmenter:
    """The network that `to_bytes` wrote.

    Raises:
        WeightsError: too large, not such a file, of another architecture, or NaN, infinite or huge values; or the
            server has too little memory for it.
    """
    if memory.available() < memory.RESERVE:
        raise WeightsError("The server has too little memory for one more network: try again later.")
    arrays = weights.read(data, "This file", LARGEST)
    network = architecture.app_network()
    if str(arrays.pop("architecture", "")) != network.fingerprint:
        raise WeightsError("This file belongs to another network: choose a file that was downloaded here.")
    size = arrays.pop("working_size", np.zeros(()))
    if size.shape != () or size.dtype.kind != "i" or not WORKING_SIZES[0] <= size <= WORKING_SIZES[1]:
        raise WeightsError("The working size in this file is damaged: choose a file that was downloaded here.")
    weights.check(arrays, network.weight_shapes, "this file")
    return Segmenter(EngineNetwork(network, arrays), Inference(int(size)))
