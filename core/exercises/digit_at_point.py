"""Which digit is at a point of the latent plane?"""

from core.autoencoder.digits import LESSON_CLASSES
from core.exercises import networks
from core.exercises.answers import Choice
from core.exercises.question import Question, pick

TITLE = "Digit at a point"


def draw(seed: int) -> Question:
    """A point where one class is dense; see `core.exercises.question.Exercise`. Errors: `core.exercises.networks`."""
    point = pick(networks.clear_points(), seed)
    digit, count = networks.neighbours(point)
    return Question(
        text=f"Which digit does the decoder draw at z1 = {point[0]:.1f}, z2 = {point[1]:.1f}?".replace("-", "−"),
        answer=Choice(tuple(map(str, LESSON_CLASSES)), LESSON_CLASSES.index(digit)),
        state={"point": point},
        hint="Find the point in the plane. Which class do the digits around it have?",
        solution=f"{count} of the {networks.NEIGHBOURS} nearest training digits are {digit}s. The decoder has learned "
        f"to draw {digit}s from codes like this one.",
    )
