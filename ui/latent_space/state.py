"""What the latent page remembers of a visitor: the marked point, the kept ones, and whose model is in use."""

import math
import uuid
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from core import autoencoder
from core.autoencoder import codes
from core.autoencoder.codes import Codes
from core.autoencoder.density import Density
from core.autoencoder.network import Autoencoder
from ui.latent_space.live_digit import payload

LESSON_POINT = (2.0, -4.0)  # the lesson decodes it at its end
KEPT_AT_MOST = 24
FAR = 1000.0  # a point further out than this is a slip of the keyboard


@dataclass(frozen=True)
class Plane:
    """An autoencoder, the codes its plane shows (500 test digits) and those of all digits it was trained on.

    `key` tells one plane from another; `source` names where the digits come from, as `digits.Digits` does.
    """

    key: str
    source: str
    autoencoder: Autoencoder
    shown: Codes
    known: Codes

    @property
    def classes(self) -> list[int]:
        """The classes that the autoencoder was trained on."""
        return np.unique(self.known.labels).tolist()

    @cached_property
    def density(self) -> Density:
        """How many of the known digits there are around a point."""
        return Density(self.known)

    @cached_property
    def decoder(self) -> str:
        """The decoder's weights for the browser."""
        return payload(self.autoencoder.decoder)


@st.cache_resource(show_spinner="Loading the autoencoder")
def shipped_plane() -> Plane:
    """The plane that the app starts with. core.weights.WeightsError where a file of it is missing or altered."""
    shown, known = codes.load()
    return Plane("shipped", "MNIST", autoencoder.load(), shown, known)


def current_plane() -> Plane:
    """The visitor's own plane where one was trained or loaded and is switched on, else the shipped one."""
    job = st.session_state.get("training_job")
    if job and job.trained and st.session_state.get("collected") is not job:
        st.session_state.collected = job
        made = job.trained
        adopt(made.source, made.autoencoder, made.shown, made.known)
    if st.session_state.pop("adopted", False):  # a widget's value can only be set before the widget is drawn
        st.session_state.use_own = True
    own = st.session_state.get("own_plane")
    return own if own and st.session_state.get("use_own", True) else shipped_plane()


def adopt(source: str, model: Autoencoder, shown: Codes, known: Codes) -> None:
    """Make a model the visitor's own, in place of the one before; the shipped one stays as it is."""
    st.session_state.own_plane = Plane(uuid.uuid4().hex, source, model, shown, known)
    st.session_state.adopted = True
    st.session_state.pop("plane_layer", None)  # what was visible of the other plane


def marked() -> tuple[float, float]:
    """The marked point: where the visitor last clicked, else what the address names, else the lesson's."""
    if "marked" not in st.session_state:
        st.session_state.marked = address_point() or LESSON_POINT
    return st.session_state.marked


def kept() -> list[tuple[float, float]]:
    """The points the visitor kept, oldest first; they outlive a change of pages."""
    return st.session_state.setdefault("kept", [])


def mark(point) -> None:
    """Mark a point and keep it; the oldest kept one makes room where there are KEPT_AT_MOST.

    A point further out than FAR, which a plane zoomed far out may offer, is brought back to it.
    """
    point = tuple(min(max(float(z), -FAR), FAR) for z in point)
    st.session_state.marked = st.session_state.z1, st.session_state.z2 = point
    st.session_state.kept = [*(each for each in kept() if each != point), point][-KEPT_AT_MOST:]
    st.query_params.update(z1=f"{point[0]:.4f}", z2=f"{point[1]:.4f}")


def forget(point) -> None:
    """Remove one kept point."""
    st.session_state.kept = [each for each in kept() if each != point]


def forget_all() -> None:
    """Remove all kept points."""
    st.session_state.kept = []


def address_point() -> tuple[float, float] | None:
    """The point ?z1=...&z2=... of the address; None without one, and with a warning on the page where it is none."""
    given = [st.query_params.get(name) for name in ("z1", "z2")]
    if given == [None, None]:
        return None
    try:
        point = float(given[0]), float(given[1])
    except (TypeError, ValueError):
        point = (math.nan, math.nan)
    if all(abs(z) <= FAR for z in point):
        return point
    st.warning(
        f"The address asks for a point that is none; z1 and z2 must be numbers between −{FAR:.0f} and {FAR:.0f}. "
        "The lesson's point is shown instead.",
        icon=":material/warning:",
    )
    return None


def decoded(plane: Plane, points) -> np.ndarray:
    """Points (n, 2) -> their digits (n, 28, 28)."""
    return plane.autoencoder.decode(np.array(points, np.float32).reshape(-1, 2))
