"""A classifier that also says where: EfficientNet-Lite0 with its own ImageNet classes, on photos of any size.

A classifier averages its last features over all places and applies a dense layer. The same dense layer, applied at each
place instead, is a 1x1 convolution and gives a map of scores for every class; the mean of such a map is the
classifier's own score. Source: Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation"
(2015), section 3.1 and figure 2.

    python -m core.fcn.classifier FILE    stores EfficientNet-Lite0's published weights (`.npz`) among the app's
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.special import softmax

from core import weights
from core.fcn import architecture, encoders
from core.fcn.engine import EngineNetwork
from core.fcn.segmenter import working_shape

WORKING_SIZE = 288
"""Longest side of the photo inside the network, in pixels; `weights/README.md` compares sizes."""
CLASSES = Path(__file__).with_name("imagenet_classes.txt")
"""The names of the classes, one a line: WordNet's, as torchvision (BSD 3-clause) shortens them."""


@dataclass(frozen=True)
class Classification:
    """What the classifier says about a photo.

    `scores` (1000,) float32 are the dense layer's, after the average over all places; `maps` (h/32, w/32, 1000)
    float32 the same layer's at each place.
    """

    scores: np.ndarray
    maps: np.ndarray

    @property
    def probabilities(self) -> np.ndarray:
        """Softmax of the scores, (1000,), 0..1, sum 1."""
        return softmax(self.scores)

    def best(self, count: int = 5) -> list[int]:
        """The most probable classes, the first one first."""
        return np.argsort(self.scores)[::-1][:count].tolist()


class Classifier:
    """The network with its weights; safe to call from many threads."""

    def __init__(self, arrays: dict[str, np.ndarray]):
        self._network = EngineNetwork(architecture.lite0_classifier(), arrays, shared=True)
        self._kernel, self._bias = arrays["fc/kernel"][0, 0], arrays["fc/bias"]

    def classify(self, photo: np.ndarray) -> Classification:
        """Classify a photo (H, W, 3) uint8, RGB, of any size."""
        height, width = working_shape(photo.shape[:2], WORKING_SIZE)
        picture = Image.fromarray(photo).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
        features, maps = self._network.scores(np.asarray(picture, np.float32)[None])
        return Classification(features[0].mean(axis=(0, 1)) @ self._kernel + self._bias, maps[0])


def load() -> Classifier:
    """The shipped classifier; WeightsError if its weights are missing, cut or altered."""
    return Classifier(weights.arrays(weights.LITE0, architecture.lite0_classifier().weight_shapes))


@cache
def names() -> tuple[str, ...]:
    """The names of the 1000 classes."""
    return tuple(CLASSES.read_text(encoding="utf-8").splitlines())


def store(path: Path) -> None:
    """Store EfficientNet-Lite0's published arrays, classifier included; WeightsError where the file has others."""
    published = encoders.load_lite0(path)
    arrays = {name: array[None, None] if name == "fc/kernel" else array for name, array in published.items()}
    weights.check(arrays, architecture.lite0_classifier().weight_shapes, path.name)
    about = {
        "origin": "EfficientNet-Lite0 trained on ImageNet, Google; kernels rounded to float16",
        "licence": "Apache 2.0",
    }
    weights.save(weights.rounded(arrays), weights.LITE0, about)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; weights that cannot be used end it with one sentence and exit status 1."""
    parser = argparse.ArgumentParser(
        prog="python -m core.fcn.classifier", description="Store EfficientNet-Lite0 with its classifier in weights/."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="its published weights, an .npz file")
    try:
        store(parser.parse_args(arguments).file)
    except weights.WeightsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
