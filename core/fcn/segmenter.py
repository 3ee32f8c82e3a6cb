"""Inference: from a photo of any size to a map of probabilities, one for each pixel.

    photo (H, W, 3) -> scaled so that its longest side has the working size and both sides are multiples of 32
                    -> the network's finest score map, a logit z for each pixel
                    -> probability of "object", sigmoid((z - shift) / temperature)
                    -> enlarged to (H, W)

A `Segmenter` asks a `Network`: the engine in the app, a Keras model while it trains.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy.special import expit

from core import masks

if TYPE_CHECKING:
    from core.fcn.graph import Architecture

MULTIPLE = 32
"""The network halves height and width five times."""


@dataclass(frozen=True)
class Inference:
    """How a trained network is used; chosen on the validation photos, never on the held-out ones.

    A photo's longest side is scaled to `working_size` pixels. `shift` and `temperature` calibrate the logits, so that
    of the pixels with probability p a share p belongs to the object (Guo et al., "On calibration of modern neural
    networks", 2017).
    """

    working_size: int = 160
    shift: float = 0.0
    temperature: float = 1.0

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, 0..1, of logits of any shape."""
        return expit((logits - self.shift) / self.temperature)


class Network(ABC):
    """What computes: photos (N, H, W, 3) float32, 0..255, H and W multiples of 32, in; lists of maps out.

    `factors`, (switches,) float32, multiplies what each skip connection carries; None means 1 for all.
    """

    architecture: Architecture

    def scores(self, photos: np.ndarray, factors: np.ndarray | None = None) -> list[np.ndarray]:
        """The outputs of the architecture: logits (N, H/s, W/s, 1), coarse to fine."""
        return self._values(self.architecture.outputs, photos, factors)

    def features(self, photos: np.ndarray, factors: np.ndarray | None = None) -> list[np.ndarray]:
        """The features of the architecture's stages, (N, H/s, W/s, channels)."""
        return self._values(tuple(stage.node for stage in self.architecture.stages), photos, factors)

    def _values(self, names: tuple[str, ...], photos: np.ndarray, factors: np.ndarray | None) -> list[np.ndarray]:
        return self._run(names, photos, np.ones(self.architecture.switches, np.float32) if factors is None else factors)

    @abstractmethod
    def _run(self, names: tuple[str, ...], photos: np.ndarray, factors: np.ndarray) -> list[np.ndarray]:
        """The values of some nodes."""


@dataclass(frozen=True)
class Maps:
    """The maps of one photo at one stride: `values` (rows, columns, channels) float32, which cover all of the photo."""

    stride: int
    values: np.ndarray

    def at(self, size: tuple[int, int], channel: int = 0, *, smooth: bool = True) -> np.ndarray:
        """One channel at `size` (H, W), float32: interpolated bilinearly, or its cells as they are."""
        return masks.resized(self.values[..., channel], size, smooth=smooth)


@dataclass(frozen=True)
class Insight:
    """One pass over a photo with what stands inside the network.

    `levels` are the six score maps as probabilities, 0..1, coarse to fine; `features` the maps that leave each stage,
    by the stage's name.
    """

    levels: tuple[Maps, ...]
    features: dict[str, Maps]


def working_shape(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """(height, width) at which the network sees a photo of `size`: multiples of 32, the longer side about `longest`.

    Rounding changes the photo's aspect a little instead of padding it: padding would be a third of a narrow photo, and
    the network would see an edge where the photo has none.
    """
    scale = longest / max(size)
    height, width = (max(MULTIPLE, round(side * scale / MULTIPLE) * MULTIPLE) for side in size)
    return height, width


class Segmenter:
    """One network, shared by all users: photo in, probability map out. Safe to call from many threads."""

    def __init__(self, network: Network, inference: Inference | None = None):
        self.network = network
        self.inference = inference or Inference()
        self.calls = 0
        """How often the network ran; redrawing must not raise it."""
        self._lock = threading.Lock()

    @property
    def architecture(self) -> Architecture:
        """What the network is made of."""
        return self.network.architecture

    def forward(self, photos: np.ndarray) -> np.ndarray:
        """The bare pass: photos as `prepared` gives them, (N, h, w, 3) -> probabilities (N, h, w, 1)."""
        self._count()
        return self.inference.probability(self.network.scores(photos)[-1])

    def coarse_map(self, photo: np.ndarray) -> np.ndarray:
        """Probability of "object" at the working size.

        Args:
            photo: (H, W, 3) uint8, RGB, 0..255.

        Returns:
            `working_shape` float32, 0..1. It covers the whole photo.

        Raises:
            ValueError: another shape or type.
        """
        return self.coarse_maps([photo])[0]

    def coarse_maps(self, photos: list[np.ndarray]) -> list[np.ndarray]:
        """`coarse_map` of each photo; those of the same working shape share a run of the network."""
        prepared = [self.prepared(photo) for photo in photos]
        maps: dict[int, np.ndarray] = {}
        for shape in {x.shape for x in prepared}:
            alike = [i for i, x in enumerate(prepared) if x.shape == shape]
            answers = self.forward(np.stack([prepared[i] for i in alike]))
            maps |= zip(alike, answers, strict=True)  # each (h, w, 1)
        return [maps[i][..., 0] for i in range(len(photos))]

    def probability(self, photo: np.ndarray) -> np.ndarray:
        """Probability that a pixel belongs to the object: (H, W, 3) uint8 RGB -> (H, W) float32, 0..1.

        Raises:
            ValueError: another shape or type.
        """
        return masks.enlarged(self.coarse_map(photo), photo.shape[:2])

    def insight(self, photo: np.ndarray, skips: tuple[bool, ...] | None = None) -> Insight:
        """All score maps and features of one photo.

        Args:
            photo: (H, W, 3) uint8, RGB, 0..255.
            skips: which skip connections are on, from the coarsest to the finest; None means all. One that is off adds
                zeros.

        Raises:
            ValueError: another shape or type, or another number of switches.
        """
        x, factors = self.prepared(photo)[None], self._factors(skips)
        levels = self._levels(x, factors)
        maps = zip(self.architecture.stages, self.network.features(x, factors), strict=True)
        return Insight(levels, {stage.name: Maps(stage.stride, values[0]) for stage, values in maps})

    def levels(self, photo: np.ndarray, skips: tuple[bool, ...] | None = None) -> tuple[Maps, ...]:
        """The `levels` of `insight`, in half of its time; arguments and errors are the same."""
        return self._levels(self.prepared(photo)[None], self._factors(skips))

    def _factors(self, skips: tuple[bool, ...] | None) -> np.ndarray | None:
        switches = self.architecture.switches
        if skips is not None and len(skips) != switches:
            raise ValueError(f"Expected {switches} skip switches. Received: {len(skips)}.")
        return None if skips is None else np.asarray(skips, np.float32)

    def _levels(self, x: np.ndarray, factors: np.ndarray | None = None) -> tuple[Maps, ...]:
        self._count()
        scores = self.network.scores(x, factors)
        return tuple(Maps(x.shape[1] // s.shape[1], self.inference.probability(s[0])) for s in scores)

    def prepared(self, photo: np.ndarray) -> np.ndarray:
        """The photo as the network takes it, (*`working_shape`, 3) float32, 0..255. ValueError for another type."""
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or 0 in photo.shape:
            raise ValueError(f"A photo is an (H, W, 3) uint8 array. Received: {photo.shape} {photo.dtype}.")
        height, width = working_shape(photo.shape[:2], self.inference.working_size)
        image = Image.fromarray(photo)
        return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0), np.float32)

    def _count(self) -> None:
        with self._lock:
            self.calls += 1
