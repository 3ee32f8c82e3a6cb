"""The lesson's FCN as the app runs it: its data, its prediction and its published results, without TensorFlow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core import weights
from core.fcn import architecture, encoders
from core.fcn.engine import EngineNetwork

if TYPE_CHECKING:
    from core.data import datasets

SIDE = 224
"""Side of the lesson's photos in pixels."""
SHIPPED_HIDDEN = 256
"""Channels of fc6 and fc7 in the shipped network; the lesson's have 4096."""
PUBLISHED = {"loss": (0.5721, 0.1997), "accuracy": (0.8566, 0.9226)}
"""Loss and training accuracy that the tutorial publishes for its own photos, after its first and its fifth epoch."""


def arrays(pairs: list[datasets.Pair], side: int = SIDE, *, largest: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Photos (N, side, side, 3) float32 and one-hot masks (N, side, side, 2) uint8, background first.

    A pair of another size is squashed to the lesson's square; its mask stays a mask.

    Args:
        largest: value of white. The lesson's photos are in 0..1; the repaired network expects 0..255.
    """
    objects = [Image.fromarray(pair.mask).resize((side, side), Image.Resampling.NEAREST) for pair in pairs]
    covered = np.stack([np.asarray(mask, bool) for mask in objects])
    photos = np.stack([squashed(pair.photo, side) for pair in pairs])
    return photos * np.float32(largest / 255), np.stack([~covered, covered], axis=-1).astype(np.uint8)


def squashed(photo: np.ndarray, side: int = SIDE) -> np.ndarray:
    """A photo (H, W, 3) uint8 as a square (side, side, 3) uint8, its aspect given up as in the lesson."""
    picture = Image.fromarray(photo).resize((side, side), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(picture)


@dataclass(frozen=True)
class LessonNetwork:
    """A trained FCN of the lesson; `repaired` as in `core.fcn.architecture.lesson_fcn`."""

    network: EngineNetwork
    repaired: bool

    def probability(self, photo: np.ndarray) -> np.ndarray:
        """(SIDE, SIDE) float32, the probability of class 1, "object", of a photo (H, W, 3) uint8."""
        largest = np.float32(255 if self.repaired else 1)
        square = squashed(photo).astype(np.float32)[None] * (largest / 255)
        return self.network.scores(square)[0][0, :, :, 1]


def network(head: dict[str, np.ndarray], hidden: int, *, repaired: bool, shared: bool = False) -> LessonNetwork:
    """A network from the arrays of its trained layers, on VGG16 with the ImageNet weights in weights/.

    `shared` as in `EngineNetwork`.

    Raises:
        weights.WeightsError: VGG16's weights are missing or altered, or the arrays belong to another network.
    """
    fcn = architecture.lesson_fcn(hidden, repaired=repaired)
    values = encoders.load_vgg16("imagenet") | head
    weights.check(values, fcn.weight_shapes, weights.LESSON)
    return LessonNetwork(EngineNetwork(fcn, values, shared=shared), repaired)


def load() -> LessonNetwork:
    """The shipped network: repaired, SHIPPED_HIDDEN channels; WeightsError if a file is missing, cut or altered."""
    return network(weights.arrays(weights.LESSON), SHIPPED_HIDDEN, repaired=True, shared=True)


def comparison() -> dict:
    """Results, epoch by epoch, of the runs that `python -m core.training lesson --compare` made.

    "photos": {"training", "test"}; "background": the accuracy on the test photos of a mask without object; "runs": by
    name, "history" with "loss", "accuracy", "test_accuracy" and "test_iou" of each epoch.

    Raises:
        weights.WeightsError: the file is missing or altered.
    """
    return json.loads(weights.checked(weights.LESSON_COMPARISON))
