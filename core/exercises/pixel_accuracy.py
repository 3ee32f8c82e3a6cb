"""Why can a high pixel accuracy hide a poor mask?"""

import numpy as np

from core import masks
from core.exercises.answers import Numbers
from core.exercises.question import Question, pick

TITLE = "Pixel accuracy and IoU"
CASES = [
    (10, 2, 4, 0),
    *(
        (side, h, w, hit)
        for side in (10, 12, 16)
        for h in (2, 3)
        for w in (3, 4, 5)
        for hit in (0, 1)
        if h * w < side * side / 10
    ),
]
"""(side of the photo, height and width of the object, columns of it that the mask finds)."""


def draw(seed: int) -> Question:
    """A small object that the mask mostly misses; see `core.exercises.question.Exercise`."""
    side, height, width, hit = pick(CASES, seed)
    truth = np.zeros((side, side), bool)
    truth[2 : 2 + height, 3 : 3 + width] = True
    mask = truth.copy()
    mask[:, 3 + hit :] = False
    accuracy, iou = masks.pixel_accuracy(mask, truth), masks.iou(mask, truth)
    correct, share = np.count_nonzero(mask == truth), masks.share(truth)
    covered = np.count_nonzero(mask) or "none"
    return Question(
        text=f"A photo has {side} × {side} pixels, its object {height} × {width}. The predicted mask covers {covered} "
        "of the object's pixels, and no background. What are its pixel accuracy and its IoU?",
        answer=Numbers(("Pixel accuracy", "IoU"), (accuracy, iou), 0.006),
        state={"mask": mask, "truth": truth},
        hint="The accuracy counts every pixel with the right class, background too. The IoU counts object pixels only.",
        solution=f"{correct} of {truth.size} pixels have the right class: the accuracy is {accuracy:.2f}. Of the "
        f"object's {height * width} pixels, {np.count_nonzero(mask)} are covered: the IoU is {iou:.2f}. Background is "
        f"{100 * (1 - share):.0f} % of the photo, so a mask that misses the object is still right nearly everywhere.",
        mistakes={
            (iou, iou): "Pixel accuracy counts the background, too.",
            (accuracy, accuracy): "IoU does not count the background.",
            (1 - accuracy, iou): "That is the share of wrong pixels.",
            (iou, accuracy): "The two are swapped.",
        },
    )
