"""The segmentation page's tab "Train": a network of one's own on one's own photos, beside the shipped one."""

import numpy as np
import streamlit as st

from core import masks
from core.autoencoder.model_file import OwnModelError
from core.data import datasets, synthetic_shapes
from ui.common import theme
from ui.common.running import running, switched_off
from ui.common.training_curves import curves
from ui.segmentation import predictions

LONGEST = 320
"""Longest side in pixels at which a visitor's photos are kept: twice what the network looks at."""
LARGEST = 256
"""MB of an upload; .streamlit/config.toml holds the server to it."""
MADE_UP, OWN = "Coloured shapes", "My photos"
SHIPPED, NEW = "The shipped network", "Random weights"


def train_tab(photo: predictions.OnScreen) -> None:
    """Data, settings, a running training or its result, the trained network on a photo, download and upload.

    `photo` is the page's.
    """
    if switched_off():
        with st.columns(2)[0]:
            _take_away_and_bring_back()
        if "own_fcn" in st.session_state:
            _tried(photo, None)
        _the_lessons()
        return
    _collect()
    settings, watch = st.columns([2, 3], gap="large")
    job = st.session_state.get("fcn_job")
    busy = job is not None and job.running
    with settings:
        found = _dataset(busy)
        chosen = _settings(busy)
        if busy:
            st.button("Stop", icon=":material/stop:", on_click=job.stop, width="stretch", key="fcn_stop")
        else:
            st.button(
                "Train",
                icon=":material/play_arrow:",
                type="primary",
                width="stretch",
                key="fcn_train",
                disabled=found is None,
                on_click=_start,
                args=(found, chosen),
            )
        _take_away_and_bring_back()
    with watch:
        if found is not None:
            _as_read(found)
        if busy:
            running(job, _drawn)
        elif job is not None and (job.progress or job.problem):
            _ended(job)
        if "own_fcn" in st.session_state:
            _tried(photo, found)
    _the_lessons()


def _dataset(busy: bool) -> datasets.Dataset | None:
    source = st.segmented_control(
        "Learn from",
        [MADE_UP, OWN],
        default=MADE_UP,
        required=True,
        key="fcn_source",
        disabled=busy,
        persist_state="session",
    )
    if source == MADE_UP:
        st.caption(
            "Drawn here from the seed. Only the discs are the object: the shipped network finds every shape and has to "
            "learn to leave squares and triangles alone."
        )
        return datasets.Dataset(_shapes(st.session_state.get("fcn_seed", 0)))
    files = st.file_uploader(
        "A zip of photos and masks, or the lesson's three .npy files together",
        ["zip", "npy"],
        accept_multiple_files=True,
        key="fcn_files",
        disabled=busy,
        max_upload_size=LARGEST,
        help="In the zip: images/NAME.jpg and masks/NAME.png of one size, white on the object. The three files: "
        + ", ".join(datasets.TRIPLE)
        + ".",
    )
    key = tuple(file.file_id for file in files)
    if key and st.session_state.get("fcn_read", ((), None))[0] != key:
        with st.spinner("Reading the photos"):
            st.session_state.fcn_read = key, _read(files)
    known, result = st.session_state.get("fcn_read", ((), None))
    if key and known != key:
        return None
    if isinstance(result, str):
        with st.container(border=True):
            st.markdown(":material/warning: The files could not be read as photos with masks.")
            st.text(result)  # it may quote a stranger's file name: text, never Markdown
        return None
    if result is None:
        st.caption("Nothing is written to disk; the photos stay in this visit and are gone with it.")
    return result


@st.cache_data(max_entries=20, show_spinner=False)
def _shapes(seed: int) -> list[datasets.Pair]:
    return synthetic_shapes.drawn(seed=seed)


def _read(files) -> datasets.Dataset | str:
    try:
        return datasets.uploaded({file.name: file.getvalue() for file in files}, LONGEST)
    except datasets.DatasetError as error:
        return str(error)


def _settings(busy: bool) -> dict:
    kept = {"disabled": busy, "persist_state": "session"}
    start = st.segmented_control("Start from", [SHIPPED, NEW], default=SHIPPED, required=True, key="fcn_start", **kept)
    left, right = st.columns(2)
    epochs = left.number_input("Epochs", 1, 200, 10, key="fcn_epochs", **kept)
    rate = right.selectbox("Learning rate", [0.0001, 0.0003, 0.001, 0.003], index=2, key="fcn_rate", **kept)
    crop = left.selectbox(
        "Crop", [64, 96, 128, 160], index=1, key="fcn_crop", help="Side of the random crops, pixels", **kept
    )
    seed = right.number_input("Seed", 0, 9999, 0, key="fcn_seed", **kept)
    return {"from_shipped": start == SHIPPED, "epochs": epochs, "rate": rate, "crop": crop, "seed": seed}


def _start(found: datasets.Dataset, chosen: dict) -> None:
    from core.fcn import training_job  # TensorFlow: only when something is to be trained

    st.session_state.fcn_job = training_job.FcnJob(found.pairs, training_job.Settings(**chosen))


def _collect() -> None:
    """Make the network of a training that has ended the visitor's own."""
    job = st.session_state.get("fcn_job")
    if job and job.trained and st.session_state.get("fcn_collected") is not job:
        st.session_state.fcn_collected = job
        _adopt(job.trained)


def _adopt(network) -> None:
    st.session_state.own_fcn = network
    st.session_state.own_maps = {}


def _as_read(found: datasets.Dataset) -> None:
    pairs = found.pairs
    number = 1
    if len(pairs) > 1:
        number = st.slider(f"As it was read, photo of {len(pairs)}", 1, len(pairs), 1, key=f"fcn_shown_{len(pairs)}")
    pair = pairs[number - 1]
    pictures = {
        "Photo": pair.photo,
        "Channel 0: background": np.uint8(255) * ~pair.mask,
        "Channel 1: object": np.uint8(255) * pair.mask,
    }
    for column, (caption, picture) in zip(st.columns(3, gap="small", border=True), pictures.items(), strict=True):
        told = f"{caption}, photo {number} as it was read"
        column.image(picture, caption, "stretch", output_format="PNG", alt=told)


def _ended(job) -> None:
    if job.problem:
        st.warning(job.problem, icon=":material/warning:")
    else:
        stopped, epoch = job.progress.fraction < 1, job.progress.epoch
        ending = f"Stopped in epoch {epoch}" if stopped else f"Trained for {epoch} epoch{'s' * (epoch > 1)}"
        after = job.progress.history[-1] if job.progress.history else None
        iou = f": IoU {job.before['iou']:.2f} before, {after['iou']:.2f} now" if after else ""
        photos = "1 photo" if len(job.watched) == 1 else f"{len(job.watched)} photos"
        st.success(f"{ending}{iou}, on {photos} held out. This network is yours alone.", icon=":material/check:")
    _drawn(job)


def _drawn(job) -> None:
    history = job.progress.history if job.progress else ()
    left, right = st.columns(2, gap="small")
    left.plotly_chart(
        curves({"Loss": [epoch["loss"] for epoch in history]}, job.settings.epochs),
        key="fcn_loss",
        config={"displayModeBar": False},
        alt="Loss by epoch of your training",
    )
    measured = [*filter(None, [job.before]), *history]
    right.plotly_chart(
        curves(
            {name: [m[name.lower()] for m in measured] for name in ("IoU", "Accuracy")},
            job.settings.epochs,
            first=0,
            shares=True,
        ),
        key="fcn_measured",
        config={"displayModeBar": False},
        alt="IoU and pixel accuracy on the photos held out, before the first epoch and after each",
    )


def _tried(photo: predictions.OnScreen, found: datasets.Dataset | None) -> None:
    job = st.session_state.get("fcn_job")
    watched = job.watched if job and st.session_state.get("fcn_collected") is job else []
    testing = found.testing if found else []
    places = ["The photo above", *["Held out"] * bool(watched), *["Without a mask"] * bool(testing)]
    place = st.segmented_control("Try it on", places, default=places[0], required=True, key="fcn_try", wrap=True)
    others = {"Held out": [pair.photo for pair in watched], "Without a mask": testing}.get(place)
    pixels, truth, shipped = photo.pixels, None, None
    if others:
        i = 1
        if len(others) > 1:
            i = st.slider("Photo", 1, len(others), 1, key=f"fcn_tried_{place}_{len(others)}")
        pixels = others[i - 1]
        truth = watched[i - 1].mask if place == "Held out" else None
    else:
        shipped = predictions.probability_map(photo)
    maps = {
        "The shipped network": shipped if shipped is not None else _map(predictions.network(), "shipped", pixels),
        "Yours": _map(st.session_state.own_fcn, "own", pixels),
    }
    for column, (whose, coarse) in zip(st.columns(2, gap="small"), maps.items(), strict=True):
        mask = masks.enlarged(coarse, pixels.shape[:2]) > 0.5
        told = f"{whose}: {100 * masks.share(mask):.1f} % covered"
        if truth is not None:
            told += f", IoU {masks.iou(mask, truth):.2f}"
        picture = masks.overlay(pixels, mask, theme.rgb(theme.OUTPUT), 0.55)
        column.image(picture, told, "stretch", output_format="JPEG", alt=told)


def _map(network, whose: str, pixels: np.ndarray) -> np.ndarray:
    kept = st.session_state.own_maps
    key = whose, hash(pixels.tobytes())
    if key not in kept:
        kept[key] = network.coarse_map(pixels)
    return kept[key]


def _take_away_and_bring_back() -> None:
    own = st.session_state.get("own_fcn")
    st.download_button(
        "Download your network",
        lambda: _file(own),
        "segmentation.npz",
        icon=":material/download:",
        disabled=own is None,
        on_click="ignore",
        width="stretch",
        key="fcn_download",
    )
    file = st.file_uploader("Load a network from here", ["npz"], key="fcn_file", max_upload_size=LARGEST)
    if file is None or st.session_state.get("fcn_file_id") == file.file_id:
        return
    from core.fcn import model_file

    try:
        network = model_file.from_bytes(file.getvalue())
    except OwnModelError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    st.session_state.fcn_file_id = file.file_id
    _adopt(network)
    st.rerun()


def _file(network) -> bytes:
    from core.fcn import model_file

    return model_file.to_bytes(network)


def _the_lessons() -> None:
    with st.expander("What the lesson's network does otherwise", icon=":material/school:"):
        st.markdown(
            "What is trained here is the shipped network, 5 million numbers and one score a pixel, turned into a "
            "probability by a sigmoid. The lesson's FCN differs in four ways.\n\n"
            "- **A frozen VGG16.** Of its 136 514 116 numbers 14 714 688 are VGG16's and stay as they are; the others, "
            "most of them in one 7×7 convolution, are trained.\n"
            "- **Softmax over two channels.** Background and object each have a score, and the larger one wins. With "
            "two classes only the difference counts: it is a sigmoid with twice the weights.\n"
            "- **ReLU on the scores.** A score at stride 32 cannot fall below zero, and where both are zero no "
            "gradient passes: what is deepest in the network may stop learning. Repaired, scores are linear.\n"
            "- **No preprocessing.** VGG16 learned from pictures in the order blue, green, red, less a mean colour; "
            "the lesson hands it red, green, blue from 0 to 255, so its features fit less well. Repaired, the "
            "network does this itself.\n\n"
            "It is too large to train for visitors. In a copy of this app:"
        )
        st.code("python -m core.training lesson --data PATH --encoder imagenet   # and --repaired", language="bash")
