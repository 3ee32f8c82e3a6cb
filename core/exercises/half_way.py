"""What lies half-way between two digits of the latent plane?"""

from itertools import combinations

import numpy as np

from core.autoencoder.digits import LESSON_CLASSES
from core.autoencoder.interpolation import walk
from core.exercises import networks
from core.exercises.answers import Choice
from core.exercises.question import Question

TITLE = "Half-way between two digits"
DIFFERENT = 0.015  # least mean squared difference of two pictures to choose from


def draw(seed: int) -> Question:
    """Four pictures; see `core.exercises.question.Exercise`. Errors: `core.exercises.networks`."""
    rng = np.random.default_rng(seed)
    by_class = {c: [p for p in networks.clear_points() if networks.neighbours(p)[0] == c] for c in LESSON_CLASSES}
    while True:
        first, second, other = LESSON_CLASSES if seed == 0 else rng.permutation(LESSON_CLASSES).tolist()[:3]
        start, end, elsewhere = (by_class[c][rng.integers(len(by_class[c]))] for c in (first, second, other))
        middle = tuple(walk(np.array([start, end]), 3)[1].tolist())
        half_way, *ends, third = networks.decoded(middle, start, end, elsewhere)
        pictures = (half_way, np.mean(ends, axis=0), ends[0], third)
        if min(np.square(a - b).mean() for a, b in combinations(pictures, 2)) >= DIFFERENT:
            break
    return Question(
        text=f"Two points are marked, a {first} and a {second}. What does the decoder draw half-way between them?",
        answer=Choice.shuffled(seed, pictures),
        state={"points": (start, end)},
        hint="The decoder draws one shape from one code. It does not lay two digits on top of each other.",
        solution=f"The middle of the two codes is ({middle[0]:.2f}, {middle[1]:.2f}), a code like any other: one shape "
        "that changes smoothly along the way. The mean of two pictures would show both digits at once.".replace(
            "-", "−"
        ),
        result={"point": middle},
    )
