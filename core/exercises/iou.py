"""What is the IoU of two small masks?"""

import numpy as np

from core import masks
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "IoU of two masks"
SIDE = 8
CASES = [
    (h, w, down, right, grow)
    for h in (3, 4)
    for w in (3, 4, 5)
    for down in (1, 0, 2)
    for right in (1, 0, 2)
    for grow in (0, 1)
    if down + right + grow
]
"""(height and width of the true rectangle, shift of the predicted one, how much wider it is)."""


def rectangle(top: int, left: int, height: int, width: int) -> np.ndarray:
    """A mask with a rectangle, (SIDE, SIDE) bool."""
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top : top + height, left : left + width] = True
    return mask


def draw(seed: int) -> Question:
    """Two overlapping rectangles; see `core.exercises.question.Exercise`."""
    height, width, down, right, grow = pick(CASES, seed)
    truth, mask = rectangle(1, 0, height, width), rectangle(1 + down, right, height, width + grow)
    both, either = np.count_nonzero(truth & mask), np.count_nonzero(truth | mask)
    iou = masks.iou(mask, truth)
    return Question(
        text="What is the IoU of the predicted mask and the true mask?",
        answer=Numbers(("IoU",), (iou,), 0.01),
        state={"mask": mask, "truth": truth},
        hint="Count the pixels that are in both masks, and those that are in at least one of them. Divide.",
        solution=f"Both masks share {both} pixels, and {either} pixels are in at least one of them: {both} / {either} "
        f"= {iou:.2f}.",
        mistakes={
            (masks.dice(mask, truth),): "That is the Dice coefficient, which counts the intersection twice.",
            (both / np.count_nonzero(truth),): "That is the share of the true mask: divide by the union.",
            (both / np.count_nonzero(mask),): "That is the share of the predicted mask: divide by the union.",
            (masks.pixel_accuracy(mask, truth),): "That is the pixel accuracy: background does not count for IoU.",
        },
    )
