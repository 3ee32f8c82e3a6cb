"""Where in the latent plane will a digit land?"""

from core.exercises import networks
from core.exercises.answers import Point
from core.exercises.question import Question, pick

TITLE = "Where will this digit land?"
RADIUS = 1.5


def draw(seed: int) -> Question:
    """A digit to encode; see `core.exercises.question.Exercise`. Errors: `core.exercises.networks`."""
    image = networks.decoded(pick(networks.clear_points(), seed))[0]
    z1, z2 = networks.digits().encode(image[None])[0].astype(float).round(2).tolist()
    digit, count = networks.neighbours((z1, z2))
    return Question(
        text="The encoder reads this digit. Click in the latent plane where its code will be.",
        answer=Point((z1, z2), RADIUS),
        state={"pictures": {"Digit": image}},
        hint="Similar digits have similar codes. Compare its slant and width with digits in the plane.",
        solution=f"Its code is z1 = {z1:.2f}, z2 = {z2:.2f}. {count} of the {networks.NEIGHBOURS} nearest training "
        f"digits are {digit}s. A click is right up to {RADIUS} away.".replace("-", "−"),
        result={"point": (z1, z2)},
    )
