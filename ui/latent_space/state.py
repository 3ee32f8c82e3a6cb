"""State of the latent space page: its settings, which the URL copies, and what the session keeps besides.

For other modules: `active_plane()` is the model in use, `MyAutoencoder` the user's own.
"""

from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import ClassVar

import numpy as np
import streamlit as st

from core import autoencoder
from core.autoencoder import codes, digits, model_file
from core.autoencoder.codes import Codes
from core.autoencoder.density import Density
from core.autoencoder.interpolation import View
from core.autoencoder.model_file import TrainedAutoencoder
from core.autoencoder.network import Autoencoder
from core.autoencoder.training_job import TrainingJob
from ui.common.my_model import JobSetting, MyModel
from ui.common.page_state import PageState
from ui.common.settings import ChoiceSetting, FloatSetting, IntSetting, SubsetSetting, SwitchSetting, TextSetting
from ui.latent_space import plane as chart
from ui.latent_space.live_digit import payload

LESSON_POINT = (2.0, -4.0)  # the lesson decodes this point
MAX_SAVED = 24
LIMIT = 1000.0  # a point further out than this is a typing error
TABS = ("Saved points", "Neighbours", "Reconstruct", "Draw", "Walk", "Train", "Lesson")
WALKS = ("Between two points", "Along saved points")


MARKED, SAVED = "Marked point", "Saved: "


def centre_name(digit: int) -> str:
    """The name of the middle of a class in the lists of the tab Walk."""
    return f"Middle of the {digit}s"


def _walk_end(text: str) -> str:
    if text not in (MARKED, *map(centre_name, range(10))) and not text[:60].startswith(SAVED):
        raise ValueError("There is no such point.")
    return text[:60]


def _end_setting(label: str, digit: int) -> TextSetting:
    return TextSetting(label, "a point in the list of the tab Walk", centre_name(digit), _walk_end)


STATE = PageState(
    "latent_space",
    {
        "z1": FloatSetting("z1", -LIMIT, LIMIT, LESSON_POINT[0]),
        "z2": FloatSetting("z2", -LIMIT, LIMIT, LESSON_POINT[1]),
        "latent_tab": ChoiceSetting("Tab", TABS, TABS[0]),
        "density": SwitchSetting("Density"),
        "atlas": SwitchSetting("Atlas"),
        "columns": IntSetting("Digits across the atlas", 8, 40, 16),
        "use_own": SwitchSetting("My model", default=True),
        "test_digit": IntSetting("Test digit", 0, 9999, 0),
        "digit_from": ChoiceSetting("Digit from", ("Drawing", "Picture"), "Drawing"),
        "walk": ChoiceSetting("Walk", WALKS, WALKS[0]),
        "walk_from": _end_setting("From", digits.LESSON_CLASSES[0]),
        "walk_to": _end_setting("To", digits.LESSON_CLASSES[-1]),
        "walk_steps": IntSetting("Number of steps", 5, 40, 15),
        "walk_step": IntSetting("Step", 1, 40, 1),
        "train_classes": SubsetSetting("Digits", tuple(range(10)), [0, 1, 7]),
        "train_epochs": IntSetting("Epochs", 1, 60, 5),
        "train_batch": ChoiceSetting("Batch size", ("32", "64", "128", "256"), "128"),
        "train_rate": ChoiceSetting("Learning rate", ("0.0003", "0.001", "0.003", "0.01"), "0.003"),
        "train_seed": IntSetting("Random seed", 0, 9999, 0),
        "train_job": JobSetting("Training", TrainingJob),
    },
)


@dataclass(frozen=True)
class Plane:
    """An autoencoder with the codes of its digits.

    `key` identifies the plane. `source` names the data set, as in `digits.Digits`. `test_codes` are those of up to 500
    test digits, drawn in the plane; `known` those of all training digits.
    """

    key: str
    source: str
    autoencoder: Autoencoder
    test_codes: Codes
    known: Codes

    @property
    def classes(self) -> list[int]:
        """The classes that the autoencoder was trained on."""
        return np.unique(self.known.labels).tolist()

    @cached_property
    def density(self) -> Density:
        """The density of the training digits in the plane."""
        return Density(self.known)

    @cached_property
    def decoder(self) -> str:
        """The decoder's weights for the browser."""
        return payload(self.autoencoder.decoder)


@dataclass
class LatentSession:
    """What a session keeps of this page besides the settings."""

    saved: list[tuple[float, float]] = field(default_factory=list)  # saved points, oldest first
    drawing: str = ""  # data URL of the PNG in the square of the tab Draw
    upload: np.ndarray | str | None = None  # the uploaded digit (28, 28) uint8, or why it cannot be read
    clicked: tuple[float, float] | None = None  # the latest clicked point
    axes: tuple[str, View] | None = None  # the plane's key and the range of its axes


def session() -> LatentSession:
    """This session's `LatentSession`."""
    return st.session_state.setdefault("latent_space", LatentSession())


@st.cache_resource(show_spinner="Loading the autoencoder")
def pretrained_plane() -> Plane:
    """The plane of the pre-trained model. core.weights.WeightsError if one of its files is missing or altered."""
    test_codes, known = codes.load()
    return Plane("pretrained", digits.MNIST, autoencoder.load(), test_codes, known)


@dataclass
class MyAutoencoder(MyModel):
    """The user's own autoencoder, as a plane. A new one turns the switch "My model" on."""

    NAME: ClassVar[str] = "my_autoencoder"
    STATE: ClassVar[PageState] = STATE
    JOB: ClassVar[str] = "train_job"
    FILE: ClassVar[str] = "autoencoder.npz"
    FORMAT: ClassVar[ModuleType] = model_file
    plane: Plane | None = None

    def adopt(self, model: TrainedAutoencoder) -> None:
        """See `MyModel`."""
        super().adopt(model)
        self.plane = Plane(self.key, model.source, model.autoencoder, model.test_codes, model.known)
        STATE.update(use_own=True)
        st.session_state.pop(chart.LAYER, None)  # the visible part of the other plane


def active_plane() -> Plane:
    """The user's own plane if there is one and "My model" is on, else the pre-trained one.

    Call it before the switch "My model" is drawn.
    """
    my = MyAutoencoder.of_session()
    my.collect()
    return my.plane if my.plane and STATE["use_own"] else pretrained_plane()


def marked_point() -> tuple[float, float]:
    """The marked point (z1, z2)."""
    return STATE["z1"], STATE["z2"]


def mark(point, *, clicked: bool = False) -> None:
    """Mark a point, brought within LIMIT, and save it; above MAX_SAVED points the oldest is dropped.

    Args:
        clicked: whether it was clicked in the plane, so that it is visible in any case.
    """
    # Four decimals, as in the URL: Back must give the same point.
    point = tuple(round(min(max(float(z), -LIMIT), LIMIT), 4) + 0.0 for z in point)
    STATE.update(z1=point[0], z2=point[1])
    page_session = session()
    page_session.saved[:] = [*(each for each in page_session.saved if each != point), point][-MAX_SAVED:]
    if clicked:
        page_session.clicked = point


def remove_saved(point) -> None:
    """Remove one saved point."""
    session().saved[:] = [each for each in session().saved if each != point]


def axes(plane: Plane) -> View:
    """The range of the axes: all digits that are shown, and the marked point.

    After a click the axes stay as they are: the point is visible, perhaps in a plane that the user has zoomed out.
    """
    page_session, point = session(), marked_point()
    if page_session.axes is None or page_session.axes[0] != plane.key or page_session.clicked != point:
        page_session.axes = plane.key, chart.extent(plane.test_codes.points, point)
    return page_session.axes[1]


def decoded(plane: Plane, points) -> np.ndarray:
    """Points (n, 2) -> their digits (n, 28, 28)."""
    return plane.autoencoder.decode(np.array(points, np.float32).reshape(-1, 2))
