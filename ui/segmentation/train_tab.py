"""The segmentation page's tab "Train": a network on coloured shapes or on your photos."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import ClassVar

import numpy as np
import streamlit as st

from core import masks
from core.data import datasets
from core.fcn import model_file, training_job
from core.fcn.segmenter import Segmenter
from core.fcn.training_job import FcnJob, Settings
from ui.common import theme, train_tab
from ui.common.my_model import MyModel, Status
from ui.common.page_state import PageState
from ui.common.training_curves import curves
from ui.segmentation import predictions
from ui.segmentation.state import PRETRAINED, STARTS, STATE
from ui.segmentation.training_data import choose_photo, show_pair, training_data

ON_PAGE, HELD_OUT, TESTING = "The photo above", "Held-out photos", "Photos without masks"


@dataclass
class MyNetwork(MyModel):
    """Your own network, and the photos to train it on.

    `ious` has the IoU before and after each epoch of the latest training from each starting point, all measured on the
    photos that `measured_on` identifies.
    """

    NAME: ClassVar[str] = "my_network"
    STATE: ClassVar[PageState] = STATE
    JOB: ClassVar[str] = "fcn_job"
    FILE: ClassVar[str] = "segmentation.npz"
    FORMAT: ClassVar[ModuleType] = model_file
    dataset: datasets.Dataset | None = None
    ious: dict[str, list[float]] = field(default_factory=dict)
    measured_on: bytes = b""


def train_own(photo: predictions.OnScreen) -> None:
    """Draw the tab; `photo` is the photo of the page."""
    my = MyNetwork.of_session()
    my.collect()
    my.dataset = None
    train_tab.train_tab(
        my,
        partial(_settings, my),
        partial(_draw, my),
        figures=_figures,
        preview=partial(_preview, my),
        trial=partial(_trial, my, photo),
    )


def _settings(my: MyNetwork, busy: bool) -> Callable | None:
    my.dataset = training_data(busy=busy)
    start = STATE.choice("fcn_start", disabled=busy)
    with st.grid(2):
        epochs = STATE.number("fcn_epochs", disabled=busy)
        rate = float(STATE.select("fcn_rate", disabled=busy))
        crop = int(STATE.select("fcn_crop", help="Side of the random crops, in pixels", disabled=busy))
        seed = STATE.number("fcn_seed", disabled=busy)
    settings = Settings(training_job.STARTS[STARTS.index(start)], epochs, rate, crop, seed)
    return partial(FcnJob, my.dataset.pairs, settings) if my.dataset else None


def _preview(my: MyNetwork) -> None:
    """One training photo with the two channels of its mask."""
    if my.dataset is None:
        return
    number = choose_photo(len(my.dataset.pairs))
    pair = my.dataset.pairs[number]
    pictures = {
        "Photo": pair.photo,
        "Channel 0: background": np.uint8(255) * ~pair.mask,
        "Channel 1: object": np.uint8(255) * pair.mask,
    }
    show_pair(pictures, number + 1)


def _figures(job) -> str:
    if not job.progress.history:
        return ""
    photos = "1 held-out photo" if len(job.held_out) == 1 else f"{len(job.held_out)} held-out photos"
    return f"IoU on {photos}: {job.before['iou']:.2f} before, {job.progress.history[-1]['iou']:.2f} now."


def _draw(my: MyNetwork, job: training_job.FcnJob) -> None:
    history = job.progress.history if job.progress else ()
    measured = [*filter(None, [job.before]), *history]
    photos = b"".join(pair.photo.tobytes() for pair in job.held_out[:2])
    if my.measured_on != photos:
        my.measured_on, my.ious = photos, {}
    own = STARTS[training_job.STARTS.index(job.settings.start)]
    my.ious[own] = [figures["iou"] for figures in measured]
    lines = {"IoU": my.ious[own], "Accuracy": [figures["accuracy"] for figures in measured]}
    lines |= {f"IoU: {start}": values for start, values in my.ious.items() if start != own}
    charts = {
        "fcn_loss": (
            curves({"Loss": [epoch["loss"] for epoch in history]}, job.settings.epochs),
            "Loss by epoch of your training",
        ),
        "fcn_measured": (
            curves(lines, job.settings.epochs, first=0, shares=True),
            "IoU and accuracy on the held-out photos, before and after each epoch; the IoU from other starting points",
        ),
    }
    for column, (key, (figure, alt)) in zip(st.columns(2, gap="small"), charts.items(), strict=True):
        column.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)


def _trial(my: MyNetwork, photo: predictions.OnScreen) -> None:
    """The masks of the pre-trained network and of yours on a photo."""
    held_out = my.job.held_out if my.status in (Status.TRAINED, Status.STOPPED) else []
    others = {
        HELD_OUT: [(pair.photo, pair.mask) for pair in held_out],
        TESTING: [(pixels, None) for pixels in (my.dataset.testing if my.dataset else [])],
    }
    places = [ON_PAGE, *(place for place, photos in others.items() if photos)]
    place = st.segmented_control("Try it on", places, default=ON_PAGE, required=True, key="fcn_try", wrap=True)
    if place == ON_PAGE:
        pixels, truth, pretrained = photo.pixels, None, predictions.probability_map(photo)
    else:
        photos, number = others[place], 1
        if len(photos) > 1:
            number = st.slider("Photo", 1, len(photos), 1, key=f"fcn_tried_{place}_{len(photos)}")
        pixels, truth = photos[number - 1]
        pretrained = _map("pre-trained", pixels, predictions.network())
    maps = {PRETRAINED: pretrained, "Your network": _map(my.key, pixels, my.model)}
    for column, (whose, coarse) in zip(st.columns(2, gap="small"), maps.items(), strict=True):
        mask = masks.enlarged(coarse, pixels.shape[:2]) > 0.5
        caption = f"{whose}: {100 * masks.share(mask):.1f} % covered"
        if truth is not None:
            caption += f", IoU {masks.iou(mask, truth):.2f}"
        picture = masks.overlay(pixels, mask, theme.rgb(theme.OUTPUT), 0.55)
        column.image(picture, caption, "stretch", alt=caption)


@st.cache_data(max_entries=200, show_spinner=False)
def _map(key: str, pixels: np.ndarray, _network: Segmenter) -> np.ndarray:  # noqa: ARG001 - `key` is for the cache
    return _network.coarse_map(pixels)
