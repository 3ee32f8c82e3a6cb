"""The segmentation page's tab "Train": a network on coloured shapes or on your photos."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import ClassVar

import numpy as np
import streamlit as st

from core import masks
from core.data import datasets, synthetic_shapes
from core.fcn import model_file
from core.fcn.segmenter import Segmenter
from ui.common import theme, train_tab
from ui.common.my_model import MyModel, Status
from ui.common.training_curves import curves
from ui.segmentation import predictions

LONGEST = 320
"""Longest side, in pixels, to which your photos are scaled down: twice what the network sees."""
LARGEST = 256
"""MB of an upload; .streamlit/config.toml limits the server to it."""
SHAPES, PHOTOS = "Coloured shapes", "Your photos"
PRETRAINED, RANDOM = "The pre-trained network", "Random weights"
ON_PAGE, HELD_OUT, TESTING = "The photo above", "Held-out photos", "Photos without masks"


@dataclass
class MyNetwork(MyModel):
    """Your own network, and the photos to train it on.

    `upload` is what your files hold, or a sentence that says why they cannot be read; `upload_id` identifies the files.
    """

    NAME: ClassVar[str] = "my_network"
    FILE: ClassVar[str] = "segmentation.npz"
    FORMAT: ClassVar[ModuleType] = model_file
    upload_id: tuple[str, ...] = ()
    upload: datasets.Dataset | str | None = None
    dataset: datasets.Dataset | None = None


def train_own(photo: predictions.OnScreen) -> None:
    """Draw the tab; `photo` is the photo of the page."""
    my = MyNetwork.of_session()
    my.collect()
    my.dataset = None
    train_tab.train_tab(
        my,
        partial(_settings, my),
        _draw,
        figures=_figures,
        preview=partial(_preview, my),
        trial=partial(_trial, my, photo),
    )
    _differences()


def _settings(my: MyNetwork, busy: bool) -> Callable | None:
    common = {"disabled": busy, "persist_state": "session"}
    source = st.segmented_control(
        "Train on", [SHAPES, PHOTOS], default=SHAPES, required=True, key="fcn_source", **common
    )
    if source == SHAPES:
        my.dataset = datasets.Dataset(_shapes(st.session_state.get("fcn_seed", 0)))
        st.caption(
            "Drawn from the random seed. Only the discs are objects: the pre-trained network finds every shape and has "
            "to learn to ignore squares and triangles."
        )
    else:
        my.dataset = _uploaded(my, busy)
    start = st.segmented_control(
        "Start from", [PRETRAINED, RANDOM], default=PRETRAINED, required=True, key="fcn_start", **common
    )
    left, right = st.columns(2)
    epochs = left.number_input("Epochs", 1, 200, 10, key="fcn_epochs", **common)
    rate = right.selectbox("Learning rate", [0.0001, 0.0003, 0.001, 0.003], index=2, key="fcn_rate", **common)
    crop = left.selectbox(
        "Crop", [64, 96, 128, 160], index=1, key="fcn_crop", help="Side of the random crops, in pixels", **common
    )
    seed = right.number_input("Random seed", 0, 9999, 0, key="fcn_seed", **common)
    settings = {"from_shipped": start == PRETRAINED, "epochs": epochs, "rate": rate, "crop": crop, "seed": seed}
    return partial(_job, my.dataset.pairs, settings) if my.dataset else None


def _job(pairs: list[datasets.Pair], settings: dict, connected: Callable[[], bool]):
    from core.fcn import training_job  # TensorFlow: only when a training starts

    return training_job.FcnJob(pairs, training_job.Settings(**settings), connected)


@st.cache_data(max_entries=20, show_spinner=False)
def _shapes(seed: int) -> list[datasets.Pair]:
    return synthetic_shapes.drawn(seed=seed)


def _uploaded(my: MyNetwork, busy: bool) -> datasets.Dataset | None:
    files = st.file_uploader(
        "A zip file with photos and masks, or the lesson's three .npy files together",
        ["zip", "npy"],
        accept_multiple_files=True,
        key="fcn_files",
        disabled=busy,
        max_upload_size=LARGEST,
        help="In the zip file: images/NAME.jpg and masks/NAME.png of the same size, white on the object. The three "
        f"files: {', '.join(datasets.TRIPLE)}.",
    )
    upload_id = tuple(file.file_id for file in files)
    if upload_id and upload_id != my.upload_id:
        with st.spinner("Reading the photos"):
            my.upload_id, my.upload = upload_id, _read(files)
    if isinstance(my.upload, str):
        with st.container(border=True):
            st.markdown(":material/warning: The files could not be read as photos with masks.")
            st.text(my.upload)  # it may quote the name of a file: plain text, never Markdown
        return None
    if my.upload is None:
        st.caption("Your photos are kept in memory until this session ends. They are not written to disk.")
    return my.upload


def _read(files: list) -> datasets.Dataset | str:
    try:
        return datasets.uploaded({file.name: file.getvalue() for file in files}, LONGEST)
    except datasets.DatasetError as error:
        return str(error)


def _preview(my: MyNetwork) -> None:
    """One training photo with the two channels of its mask."""
    if my.dataset is None:
        return
    pairs, number = my.dataset.pairs, 1
    if (count := len(pairs)) > 1:
        key = f"fcn_shown_{count}"
        label = f"Training photo {st.session_state.get(key, 1)} of {count}"
        number = st.slider(label, 1, count, 1, key=key)
    pair = pairs[number - 1]
    pictures = {
        "Photo": pair.photo,
        "Channel 0: background": np.uint8(255) * ~pair.mask,
        "Channel 1: object": np.uint8(255) * pair.mask,
    }
    for column, (caption, picture) in zip(st.columns(3, gap="small", border=True), pictures.items(), strict=True):
        alt = f"{caption}, training photo {number}"
        column.image(picture, caption, "stretch", output_format="PNG", alt=alt)


def _figures(job) -> str:
    if not job.progress.history:
        return ""
    photos = "1 held-out photo" if len(job.held_out) == 1 else f"{len(job.held_out)} held-out photos"
    return f"IoU on {photos}: {job.before['iou']:.2f} before, {job.progress.history[-1]['iou']:.2f} now."


def _draw(job) -> None:
    history = job.progress.history if job.progress else ()
    measured = [*filter(None, [job.before]), *history]
    ious = {name: [figures[name.lower()] for figures in measured] for name in ("IoU", "Accuracy")}
    charts = {
        "fcn_loss": (
            curves({"Loss": [epoch["loss"] for epoch in history]}, job.settings.epochs),
            "Loss by epoch of your training",
        ),
        "fcn_measured": (
            curves(ious, job.settings.epochs, first=0, shares=True),
            "IoU and pixel accuracy on the held-out photos, before the first epoch and after each",
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
        column.image(picture, caption, "stretch", output_format="JPEG", alt=caption)


@st.cache_data(max_entries=200, show_spinner=False)
def _map(key: str, pixels: np.ndarray, _network: Segmenter) -> np.ndarray:  # noqa: ARG001 - `key` is for the cache
    return _network.coarse_map(pixels)


def _differences() -> None:
    with st.expander("How the lesson's network differs", icon=":material/school:"):
        st.markdown(
            "This tab trains the app's network. It has about 5 million parameters and one score per pixel, which a "
            "sigmoid turns into a probability. The lesson's FCN differs in four ways.\n\n"
            "- **A frozen VGG16.** Of its 136 514 116 parameters, 14 714 688 belong to VGG16 and stay fixed. The rest "
            "is trained; most of it is in one 7×7 convolution.\n"
            "- **Softmax over two channels.** Background and object each have a score, and the larger one wins. With "
            "two classes only the difference of the scores counts: the softmax is a sigmoid of that difference.\n"
            "- **ReLU on the scores.** A score at stride 32 cannot be negative. Where both scores are zero, no "
            "gradient passes, and the deepest layers may stop learning. The repaired network has linear scores.\n"
            "- **No preprocessing.** VGG16 was trained on images with the channels blue, green, red, minus a mean "
            "colour. The lesson gives it red, green, blue from 0 to 1, so its features fit less well. The "
            "repaired network preprocesses its input.\n\n"
            "It is too large to train on this server. In a copy of this project:"
        )
        st.code("python -m core.training lesson --data PATH --encoder imagenet   # and --repaired", language="bash")
