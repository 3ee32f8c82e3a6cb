"""Transfer learning with the app's network: the encoder keeps its ImageNet weights, so its features are computed once.

As in the lesson, with another encoder: only the decoder learns, and an epoch takes seconds.
"""

import keras
import numpy as np
from PIL import Image

from core import weights
from core.data.datasets import Pair
from core.fcn import architecture, keras_model
from core.fcn.graph import Architecture


def imagenet_arrays(network: Architecture) -> dict[str, np.ndarray]:
    """EfficientNet-Lite0's arrays as far as they belong to the network; WeightsError if the file is not usable."""
    arrays = weights.arrays(weights.LITE0, architecture.lite0_classifier().weight_shapes)
    return {name: array for name, array in arrays.items() if name in network.weight_shapes}


def halves(model: keras.Model, network: Architecture) -> tuple[keras.Model, keras.Model]:
    """The app's network as (encoder: photo -> photo and features, decoder: photo and features -> score maps).

    They share the model's layers. The skip connection at stride 1 starts from the photo.
    """
    stages = [stage.node for stage in network.encoder if stage.stride > 1 and stage.name != "context"]
    return keras_model.halves(model, network, [network.nodes[0].name, *stages])


def views(pairs: list[Pair], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Each photo as a square, then its mirror image: (2N, size, size, 3) float32, 0..255; masks (2N, size, size, 1)."""
    square, bilinear = (size, size), Image.Resampling.BILINEAR
    photos = np.stack([np.asarray(Image.fromarray(p.photo).resize(square, bilinear), np.float32) for p in pairs])
    masks = [np.asarray(Image.fromarray(p.mask.astype(np.float32)).resize(square, bilinear)) for p in pairs]
    truth = np.stack(masks)[..., None]
    return np.concatenate([photos, photos[:, :, ::-1]]), np.concatenate([truth, truth[:, :, ::-1]])
