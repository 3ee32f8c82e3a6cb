"""Classification or segmentation: which output does a task need?"""

from core.autoencoder.network import LATENT
from core.exercises.answers import Choice
from core.exercises.question import Question, pick
from core.fcn.architecture import lesson_fcn, lite0_classifier

TITLE = "Classification or segmentation?"
TASKS = {
    "segmentation": "Which pixels of a photo belong to the object, which to the background?",
    "classification": "Which of 1000 classes does a photo show?",
}
CASES = [(task, 32 * h, 32 * w) for h in range(7, 13) for w in range(7, 13) for task in TASKS]
"""(task, height, width); the lesson's photos have 224 × 224 pixels."""


def draw(seed: int) -> Question:
    """The output that fits a task; see `core.exercises.question.Exercise`."""
    task, height, width = pick(CASES, seed)
    segmenter, classifier = lesson_fcn(), lite0_classifier()
    pixels = segmenter.shapes((height, width))[segmenter.outputs[-1]]
    rows, columns, classes = classifier.shapes((height, width))[classifier.outputs[-1]]
    outputs = {
        "segmentation": f"{' × '.join(map(str, pixels))} numbers",
        "classification": f"{classes} numbers",
        "coarse scores": f"{rows} × {columns} × {classes} numbers",
        "a latent code": f"{LATENT} numbers",
    }
    why = {
        "segmentation": "This is segmentation, which says where: one answer for each pixel. The output has the photo's "
        f"height and width, and a channel for each of the {pixels[2]} classes.",
        "classification": "This is classification, which says what: one answer for the whole photo. The output has a "
        "number for each class and no height or width.",
    }
    return Question(
        text=f"The task: {TASKS[task]} The photo has {height} × {width} pixels. Which output must the network have?",
        answer=Choice.shuffled(seed, (outputs.pop(task), *outputs.values())),
        state={},
        hint="How many answers does the task need: one for the photo, or one for each pixel?",
        solution=why[task],
    )
