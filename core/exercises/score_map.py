"""Which stride made a score map?"""

from core.data.sample_photos import SAMPLES
from core.exercises import networks
from core.exercises.answers import Choice
from core.exercises.question import Question, pick
from core.fcn.architecture import STRIDES

TITLE = "Stride of a score map"
ASKED = STRIDES[:4]
CASES = [("Cat", 16), *((photo, stride) for photo in SAMPLES for stride in ASKED)]
"""(sample photo, stride)."""


def draw(seed: int) -> Question:
    """A score map with its cells; see `core.exercises.question.Exercise`. Errors: `core.exercises.networks`."""
    photo, stride = pick(CASES, seed)
    maps = {each.stride: each for each in networks.score_maps(photo)}
    height, width = maps[STRIDES[-1]].values.shape[:2]
    rows, columns = maps[stride].values.shape[:2]
    return Question(
        text=f"Inside the network, the photo {photo} has {height} × {width} pixels. At which stride is this score map?",
        answer=Choice(tuple(f"Stride {each}" for each in ASKED), ASKED.index(width // columns)),
        state={"photo": photo, "pictures": {"Score map": maps[stride].at((height, width), smooth=False)}},
        hint=f"Count or estimate the cells in one row. {width} divided by their number is the stride.",
        solution=f"The map has {rows} × {columns} cells, and {width} / {columns} = {width // columns}. Each cell has "
        f"one score for {stride} × {stride} pixels.",
        result={"stride": stride},
    )
