"""Photos with masks to train on: coloured shapes or your own, the same in every tab that trains."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.data import datasets, synthetic_shapes
from ui.common import pictures
from ui.segmentation.state import PHOTOS, STATE

LONGEST = 320
"""Longest side, in pixels, to which your photos are scaled down: more than a network sees."""
LARGEST = 256
"""MB of an upload; .streamlit/config.toml limits the server to it."""


@dataclass
class _Upload:
    """What your files hold, or a sentence that says why they cannot be read; `upload_id` identifies the files."""

    upload_id: tuple[str, ...] = ()
    content: datasets.Dataset | str | None = None


def training_data(*, busy: bool) -> datasets.Dataset | None:
    """The choice of the data, disabled while `busy`; None where there is nothing to train on yet."""
    source = STATE.choice("fcn_source", disabled=busy)
    if source == PHOTOS:
        return _uploaded(busy)
    st.caption("Drawn from the random seed. Only the discs are objects: a network has to ignore squares and triangles.")
    return datasets.Dataset(_shapes(STATE["fcn_seed"]))


@st.cache_data(max_entries=20, show_spinner=False)
def _shapes(seed: int) -> list[datasets.Pair]:
    return synthetic_shapes.drawn(seed=seed)


def _uploaded(busy: bool) -> datasets.Dataset | None:
    ours = st.session_state.setdefault("training_data", _Upload())
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
    if upload_id and upload_id != ours.upload_id:
        with st.spinner("Reading the photos"):
            ours.upload_id, ours.content = upload_id, _read(files)
    if isinstance(ours.content, str):
        with st.container(border=True):
            st.markdown(":material/warning: The files could not be read as photos with masks.")
            st.text(ours.content)  # it may quote the name of a file: plain text, never Markdown
        return None
    if ours.content is None:
        st.caption("Your photos are kept in memory until this session ends. They are not written to disk.")
    return ours.content


def _read(files: list) -> datasets.Dataset | str:
    try:
        return datasets.uploaded({file.name: file.getvalue() for file in files}, LONGEST)
    except datasets.DatasetError as error:
        return str(error)


def choose_photo(count: int) -> int:
    """A slider over the training photos, from 0; none where there is one photo."""
    if count == 1:
        return 0
    key = f"fcn_shown_{count}"
    label = f"Training photo {st.session_state.get(key, 1)} of {count}"
    return st.slider(label, 1, count, 1, key=key) - 1


def show_pair(channels: dict[str, np.ndarray], number: int) -> None:
    """A training photo and the two channels of its mask side by side: uint8 pictures by their captions."""
    for column, (caption, picture) in zip(st.columns(3, gap="small", border=True), channels.items(), strict=True):
        with column:
            pictures.show(picture, f"{caption}, training photo {number}", caption)
