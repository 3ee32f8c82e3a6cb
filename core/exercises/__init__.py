"""Exercises: questions with drawn numbers, whose answers `core` computes.

Each module asks one question: `TITLE`, and `draw(seed)`, which returns a `question.Question` with the text, the kind of
answer, a hint, a worked solution and the state of the live page. Seed 0 has the lesson's own numbers, if there are any.

    question = EXERCISES["output-size"].draw(7)
    question.check(3)

question           what all of them share
answers            the kinds of answers: numbers, a choice, a cell of a grid, a point of the latent plane
networks           the pre-trained networks, loaded once
output_size        output cells with VALID and a stride
padding            rows that SAME adds on each side
cell_value         the value of one output cell
output_cell        the output cell of a window
parameters         parameters of a convolution
round_trip         what returns after Conv2D and Conv2DTranspose
inserted_zeros     zeros between and around the cells of a transposed layer's input
overlap            kernel and stride with uneven overlap
receptive_field    the receptive field of three layers
bottleneck         numbers between encoder and decoder
digit_at_point     the digit at a point of the latent plane
landing_point      the point of a digit
half_way           the digit half-way between two others
training_data      whether there is training data at a point
task               the output for classification and for segmentation
iou                IoU of two small masks
pixel_accuracy     a high accuracy with a low IoU
skip_connection    the skip connection that is off
score_map          the stride of a score map
frozen_parameters  trainable and frozen parameters of the lesson's FCN
"""

from core.exercises import (
    bottleneck,
    cell_value,
    digit_at_point,
    frozen_parameters,
    half_way,
    inserted_zeros,
    iou,
    landing_point,
    output_cell,
    output_size,
    overlap,
    padding,
    parameters,
    pixel_accuracy,
    receptive_field,
    round_trip,
    score_map,
    skip_connection,
    task,
    training_data,
)
from core.exercises.question import Exercise

BY_SUBJECT: dict[str, dict[str, Exercise]] = {
    "convolution": {
        "output-size": output_size,
        "padding": padding,
        "cell-value": cell_value,
        "output-cell": output_cell,
        "parameters": parameters,
        "round-trip": round_trip,
        "inserted-zeros": inserted_zeros,
        "overlap": overlap,
        "receptive-field": receptive_field,
    },
    "autoencoder": {
        "bottleneck": bottleneck,
        "digit-at-point": digit_at_point,
        "landing-point": landing_point,
        "half-way": half_way,
        "training-data": training_data,
    },
    "fcn": {
        "task": task,
        "iou": iou,
        "pixel-accuracy": pixel_accuracy,
        "skip-connection": skip_connection,
        "score-map": score_map,
        "frozen-parameters": frozen_parameters,
    },
}
"""Package of core whose live page an exercise belongs to -> the exercises, by the name that a URL uses."""

EXERCISES: dict[str, Exercise] = {
    name: exercise for exercises in BY_SUBJECT.values() for name, exercise in exercises.items()
}

__all__ = ["BY_SUBJECT", "EXERCISES"]
