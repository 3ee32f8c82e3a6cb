"""How many parameters of the lesson's FCN are trained, and how many are frozen?"""

from core.exercises.answers import Numbers
from core.exercises.question import Question, pick
from core.fcn.architecture import lesson_fcn

TITLE = "Trainable and frozen parameters"
CASES = [4096, *range(256, 4096, 256)]
"""Channels of fc6 and fc7."""


def draw(seed: int) -> Question:
    """The lesson's FCN with a smaller or larger head; see `core.exercises.question.Exercise`."""
    hidden = pick(CASES, seed)
    table = lesson_fcn(hidden).layer_table((224, 224))
    total, trainable = sum(row.parameters for row in table), sum(row.trainable for row in table)
    head = [row for row in table if row.trainable]
    layers = ", ".join(f"{row.name} {row.trainable:,}" for row in head)
    return Question(
        text=f"The lesson's FCN with {hidden} channels in fc6 and fc7 has {total:,} parameters. They belong to VGG16's "
        f"frozen convolutions and to these layers: {layers}. How many does training change, and how many are frozen?",
        answer=Numbers(("Trainable", "Frozen"), (trainable, total - trainable)),
        state={"hidden": hidden},
        hint="Add up the layers of the head: training changes all of them. The rest of the parameters is VGG16.",
        solution=f"The head has {trainable:,} parameters, all trainable. The remaining {total:,} − {trainable:,} = "
        f"{total - trainable:,} belong to VGG16, keep their ImageNet values and need no gradient.",
        mistakes={
            (total - trainable, trainable): "The other way round: frozen parameters keep their values.",
            (total, 0): "VGG16 is frozen: training does not change it.",
            (head[-1].trainable, total - head[-1].trainable): "Training changes the whole head, not its last layer "
            "alone.",
        },
    )
