"""A fully convolutional network that answers, for every pixel of a photo, "does the object cover it?".

The plan, after Long, Shelhamer & Darrell, "Fully convolutional networks for semantic segmentation"
(2015) and Ronneberger et al., "U-Net" (2015):

    photo -> encoder: five stages of 3x3 convolutions, each ending in a 2x2 max pooling  ("what")
          -> context: two more convolutions at stride 32
          -> decoder: five transposed convolutions, each doubling height and width; the features
             of the encoder's stage of that size, the skip connection, are added          ("where")

At each of the six strides 32, 16, 8, 4, 2, 1 stands a score map: the one below it enlarged, plus a
correction read off that level's features. All six are trained, so each can be looked at. There is
no dense layer, so a photo may have any size.

What the network is made of stands here, and how it is asked. Two engines compute it, each from this description and the
same weights: core.fcn.engine, the faster one, which starts in a moment, and core.fcn.keras_model, the reference, which
also trains. TensorFlow is imported by the second alone.
"""

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields

import numpy as np
from PIL import Image
from scipy.special import expit

from core import masks, weights

STRIDES = (32, 16, 8, 4, 2, 1)
"""Of the six score maps, in the order in which the network returns them."""

STAGES = ((16, 2), (32, 2), (96, 2), (192, 3), (256, 3))
"""(channels, convolutions) of the encoder's stages, at strides 1, 2, 4, 8, 16."""
CONTEXT = (256, 2)
"""(channels, convolutions) at stride 32."""
DECODER = (128, 96, 64, 32, 8)
"""Channels of the decoder at strides 16, 8, 4, 2, 1."""

ENCODER_STAGES = {f"stage{i}": (2 ** (i - 1), f"stage{i}_conv{n}_relu") for i, (_, n) in enumerate(STAGES, start=1)} | {
    "context": (STRIDES[0], f"context_conv{CONTEXT[1]}_relu")
}
"""Stage by stage down: name -> (stride, the layer whose features leave it)."""
DECODER_STAGES = {f"merge{s}": (s, f"merge{s}_relu") for s in STRIDES[1:]}
"""Likewise up."""
ALL_SKIPS = (True,) * len(DECODER)
"""Skips at strides 16, 8, 4, 2, 1, each on."""

WEIGHTS = "fcn.weights.h5"


def padded(size: tuple[int, int]) -> tuple[int, int]:
    """A working size (height, width) rounded up to what can be halved five times: multiples of 32."""
    height, width = (-(-side // STRIDES[0]) * STRIDES[0] for side in size)
    return height, width


@dataclass(frozen=True)
class Maps:
    """What the network holds of a photo at one stride.

    `values` is (rows, columns, channels) float32; the photo covers `extent` of them, (rows, columns) with fractions:
    the last cells look at its edge and at padding.
    """

    stride: int
    values: np.ndarray
    extent: tuple[float, float]

    def at(self, size: tuple[int, int], channel: int = 0, *, smooth: bool = True) -> np.ndarray:
        """One channel at `size` (H, W), float32: interpolated bilinearly, or its cells as they are."""
        return masks.resized(self.values[..., channel], size, self.extent, smooth=smooth)


@dataclass(frozen=True)
class Insight:
    """One pass over a photo, seen from inside.

    `levels` are the six score maps as probabilities, 0..1, in the order of `STRIDES`, one channel each; `features` what
    leaves each of `ENCODER_STAGES` and `DECODER_STAGES`, by name, at least 0.
    """

    levels: tuple[Maps, ...]
    features: dict[str, Maps]


@dataclass(frozen=True)
class Inference:
    """How a trained network is asked. The shipped one's is chosen on photos for validation, never on the held-out ones.

    A photo is scaled to `working_size` pixels, its longest side. `shift` is taken off the logits: a network
    trained on intersection over union covers too much. What is left is multiplied by `sharpness`, since mean absolute
    error counts every doubt; above 1 the probabilities are surer than they are often right.
    """

    working_size: int = 160
    shift: float = 0.0
    sharpness: float = 1.0


class Segmenter(ABC):
    """One network, shared by every visitor: photo in, probability map out. Safe to call from many threads.

    It sees each photo twice, as it is and mirrored, and its two answers are averaged. A subclass is an engine.
    """

    def __init__(self, inference: Inference | None = None):
        self.inference = inference or Inference()
        self.calls = 0
        """How often the network ran: what only redraws must not raise it."""
        self._lock = threading.Lock()

    @abstractmethod
    def _logits(self, pairs: np.ndarray) -> np.ndarray:
        """The finest score map of photos and their mirror images: (N, 2, H, W, 3) float32 -> (N, 2, H, W, 1)."""

    @abstractmethod
    def _inside(self, pair: np.ndarray, skips: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """One photo and its mirror image, (2, H, W, 3), seen from inside, each of the (5,) skips times its number.

        The features of `ENCODER_STAGES` and `DECODER_STAGES`, each (N, H/s, W/s, C) with the photo's first, and six
        score maps, (2, H/s, W/s, 1).
        """

    def forward(self, photos: np.ndarray) -> np.ndarray:
        """The bare pass: photos as `prepared` gives them, (N, h+, w+, 3) -> probabilities (N, h+, w+, 1)."""
        self._count()
        return self._probability(self._logits(np.stack([photos, photos[:, :, ::-1]], axis=1)))

    def coarse_map(self, photo: np.ndarray) -> np.ndarray:
        """Probability of "object" at the working size.

        The photo is scaled, aspect kept, to the working size and padded at the right and the bottom
        to multiples of 32; the map is cropped again.

        Args:
            photo: (H, W, 3) uint8, RGB, 0..255.

        Returns:
            (h, w) float32, 0..1, with max(h, w) the working size.

        Raises:
            ValueError: another shape or type.
        """
        return self.coarse_maps([photo])[0]

    def coarse_maps(self, photos: list[np.ndarray]) -> list[np.ndarray]:
        """`coarse_map` of each photo; those that share a padded size share a run of the network."""
        prepared = [self.prepared(photo) for photo in photos]
        found = {}
        for shape in {x.shape for x, _ in prepared}:
            alike = [i for i, (x, _) in enumerate(prepared) if x.shape == shape]
            answers = self.forward(np.stack([prepared[i][0] for i in alike]))
            found |= zip(alike, answers, strict=True)  # each (h+, w+, 1)
        return [found[i][:h, :w, 0] for i, (_, (h, w)) in enumerate(prepared)]

    def probability(self, photo: np.ndarray) -> np.ndarray:
        """Probability that the object covers a pixel: (H, W, 3) uint8 RGB -> (H, W) float32, 0..1.

        Raises:
            ValueError: another shape or type.
        """
        return masks.enlarged(self.coarse_map(photo), photo.shape[:2])

    def insight(self, photo: np.ndarray, skips: tuple[bool, ...] = ALL_SKIPS) -> Insight:
        """All score maps and features of one photo, skips switched off where asked.

        Args:
            photo: (H, W, 3) uint8, RGB, 0..255.
            skips: whether the skip at stride 16, 8, 4, 2, 1 carries features across; off, it adds zeros.

        Raises:
            ValueError: another shape or type, or not five switches.
        """
        if len(skips) != len(DECODER):
            raise ValueError(f"There are {len(DECODER)} skips to switch. Received: {len(skips)} switches.")
        x, (h, w) = self.prepared(photo)
        self._count()
        features, scores = self._inside(np.stack([x, x[:, ::-1]]), np.asarray(skips, np.float32))

        def maps(stride: int, values: np.ndarray) -> Maps:
            extent = h / stride, w / stride
            rows, columns = (int(np.ceil(side)) for side in extent)
            return Maps(stride, values[0, :rows, :columns], extent)

        stages = ENCODER_STAGES | DECODER_STAGES
        return Insight(
            tuple(maps(stride, self._probability(score[None])) for stride, score in zip(STRIDES, scores, strict=True)),
            {name: maps(stride, f) for (name, (stride, _)), f in zip(stages.items(), features, strict=True)},
        )

    def prepared(self, photo: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
        """The photo as the network takes it, (h+, w+, 3) float32, and the part (h, w) of it that is no padding."""
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or 0 in photo.shape:
            raise ValueError(f"A photo is an (H, W, 3) uint8 array. Received: {photo.shape} {photo.dtype}.")
        height, width = photo.shape[:2]
        scale = self.inference.working_size / max(height, width)
        w, h = max(1, round(width * scale)), max(1, round(height * scale))
        x = np.asarray(Image.fromarray(photo).resize((w, h), Image.Resampling.BILINEAR, reducing_gap=3.0), np.float32)
        below, beside = np.subtract(padded((h, w)), (h, w))
        return np.pad(x, [(0, below), (0, beside), (0, 0)], mode="edge"), (h, w)

    def _probability(self, logits: np.ndarray) -> np.ndarray:
        """Logits of photos and their mirror images (N, 2, H, W, 1) -> probabilities of the photos (N, H, W, 1)."""
        mean = (logits[:, 0] + logits[:, 1, :, ::-1]) / 2
        return expit(self.inference.sharpness * (mean - self.inference.shift))

    def _count(self) -> None:
        with self._lock:
            self.calls += 1


def inference() -> Inference:
    """How the shipped network is asked, from the manifest of its weights; WeightsError where that cannot be read."""
    kinds = {field.name: float for field in fields(Inference)}
    found = weights.facts(WEIGHTS, {"inference": kinds})["inference"]
    return Inference(**{name: found[name] for name in kinds})
