"""Is there training data at a point of the latent plane?"""

from functools import cache

import numpy as np

from core.exercises import networks
from core.exercises.answers import Choice
from core.exercises.question import Question, pick

TITLE = "Is there training data here?"
LEVELS = {"dense": "Many training digits", "sparse": "Few training digits", "empty": "No training digits"}
MARGIN = 1.5  # how clearly a point must be on its side of a limit


def measured(point: networks.LatentPoint) -> tuple[float, float]:
    """The density at a point, in digits per unit area, and the distance of the nearest training digit."""
    density = networks.density()
    return float(density.at(np.array([point]))[0]), float(density.nearest(point, 1)[1][0])


@cache
def clear_points(level: str) -> tuple[networks.LatentPoint, ...]:
    """The points of a grid with this level, without those near the limit to another one."""
    density = networks.density()
    limits = {
        "dense": lambda here, _: here > MARGIN * density.dense,
        "sparse": lambda here, distance: here < density.dense / MARGIN and distance < density.reach / MARGIN,
        "empty": lambda _, distance: distance > MARGIN * density.reach,
    }
    grid = map(tuple, np.mgrid[-8:9:0.5, -8:7:0.5].reshape(2, -1).T.tolist())
    return tuple(point for point in grid if density.level(point) == level and limits[level](*measured(point)))


def draw(seed: int) -> Question:
    """Many, few or no training digits; see `core.exercises.question.Exercise`. Errors: `core.exercises.networks`."""
    density, levels = networks.density(), list(LEVELS)
    asked = levels[np.random.default_rng([seed, 1]).integers(len(levels))]
    z1, z2 = point = pick(clear_points(asked), seed) if seed else networks.LESSON_POINT
    here, distance = measured(point)
    return Question(
        text=f"How many training digits are near z1 = {z1:.1f}, z2 = {z2:.1f}?".replace("-", "−"),
        answer=Choice(tuple(LEVELS.values()), levels.index(density.level(point))),
        state={"point": point},
        hint="Many: as dense as at nine of ten training digits. No: the nearest one is unusually far away.",
        solution=f"The nearest training digit is {distance:.2f} away; almost all of them have a neighbour within "
        f"{density.reach:.2f}. The density is {here:.0f} per unit area; nine of ten training digits have at least "
        f"{density.dense:.0f}. The decoder draws something everywhere, also without examples.",
    )
