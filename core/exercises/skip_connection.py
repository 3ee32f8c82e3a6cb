"""Which skip connection is off?"""

from core.data.sample_photos import SAMPLES
from core.exercises import networks
from core.exercises.answers import Choice
from core.exercises.question import Question, pick
from core.fcn.architecture import STRIDES

TITLE = "Which skip connection is off?"
SKIPS = STRIDES[1:]
ASKED = (16, 8, 4)
CASES = [("Cat", 16), *((photo, stride) for photo in SAMPLES for stride in (*ASKED, None))]
"""(sample photo, stride of the skip connection that is off)."""


def switched(stride: int | None) -> tuple[bool, ...]:
    """All skip connections on, except for that at `stride`."""
    return tuple(each != stride for each in SKIPS)


def draw(seed: int) -> Question:
    """One skip connection or none is off; see `core.exercises.question.Exercise`. Errors: `core.exercises.networks`."""
    photo, off = pick(CASES, seed)
    finest = {s: networks.score_maps(photo, switched(s))[-1].values[..., 0] for s in (None, *ASKED)}
    changes = [f"{100 * ((finest[s] > 0.5) != (finest[None] > 0.5)).mean():.1f} % at stride {s}" for s in ASKED]
    state = f"The skip connection at stride {off} is off" if off else "All of them are on"
    return Question(
        text=f"The first picture is the network's probability map of the photo {photo} with all skip connections. In "
        "the second one, one of them may be off. Which one?",
        answer=Choice((*(f"At stride {s}" for s in ASKED), "None: all are on"), (*ASKED, None).index(off)),
        state={"photo": photo, "pictures": {"All are on": finest[None], "One may be off": finest[off]}},
        hint="A skip connection at stride s adds features of cells of s × s pixels. How large are the differences?",
        solution=f"{state}. Without one, the mask of this photo changes on {', '.join(changes)}. The coarser the skip "
        "connection, the larger the parts that it decides about; the finer ones place the edges.",
        result={"skips": switched(off)},
    )
