"""What storing VGG16 in float16 changes in the lesson's network: its masks with other kernels that round to the same.

    python -m benchmarks.vgg16_rounding

The published float32 kernels lie within half a unit in the last place of the stored ones. Random kernels from these
intervals stand beside the stored ones, so the change is what rounding can be expected to do.
"""

import numpy as np

from core import masks, weights
from core.data import sample_photos
from core.fcn import architecture, encoders, lesson_network
from core.fcn.engine import EngineNetwork

DRAWS = 3


def unrounded(kernel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random float32 values that float16 rounds to those of `kernel`."""
    half_step = np.spacing(np.abs(kernel).astype(np.float16)).astype(np.float32) / 2
    return kernel + half_step * rng.uniform(-1, 1, kernel.shape).astype(np.float32)


def main() -> None:
    """Measure and print."""
    shipped = lesson_network.load()
    network = architecture.lesson_fcn(lesson_network.SHIPPED_HIDDEN, repaired=True)
    pairs, rng = sample_photos.pairs(), np.random.default_rng(0)
    largest, ious = 0.0, []
    for _ in range(DRAWS):
        vgg16 = {
            name: unrounded(values, rng) if name.endswith("kernel") else values
            for name, values in encoders.load_vgg16("imagenet").items()
        }
        other = lesson_network.LessonNetwork(EngineNetwork(network, weights.arrays(weights.LESSON) | vgg16), True)
        for pair in pairs:
            ours, theirs = shipped.probability(pair.photo), other.probability(pair.photo)
            largest = max(largest, float(np.abs(ours - theirs).max()))
            ious.append(masks.iou(ours > 0.5, theirs > 0.5))
    print(f"Largest change of a probability: {largest:.4f}. IoU of the masks: {min(ious):.5f} at least.")


if __name__ == "__main__":
    main()
