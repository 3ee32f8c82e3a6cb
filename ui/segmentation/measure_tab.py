"""The segmentation page's tab "Measure": the found mask against the true one."""

from contextlib import suppress
from hashlib import sha256

import numpy as np
import streamlit as st

from core import masks, photos
from core.data import sample_photos
from ui.common import theme
from ui.segmentation import levels_tab, overlay_settings, predictions
from ui.segmentation.downloads import found_at_own_size
from ui.segmentation.photo_input import MEGABYTES


@st.cache_data(max_entries=20, show_spinner=False)
def _decoded(data: bytes, size: tuple[int, int]) -> np.ndarray:
    return photos.decode_mask(data, size)


@st.cache_data(max_entries=20, show_spinner=False)
def _drawn(key: str) -> np.ndarray | None:
    """The true mask of the sample photo whose file has this SHA-256; None where it is no sample's."""
    for name in sample_photos.SAMPLES:
        if sha256(sample_photos.sample(name)).hexdigest() == key:
            return sample_photos.true_mask(name)
    return None


def given_truth(photo: predictions.OnScreen) -> np.ndarray | None:
    """The true mask of this photo, (H, W) bool at its own size: the visitor's, or the sample's own; else None."""
    data = st.session_state.get("truths", {}).get(photo.key)
    if data is not None:
        with suppress(photos.PhotoError):  # the tab says it
            return _decoded(data, photo.size)
    return _drawn(photo.key)


def figures(found: overlay_settings.Found, truth: np.ndarray) -> dict[str, float]:
    """The measures by name, each 0..1; of the error less is better, of the others more."""
    return {
        "IoU": masks.iou(found.mask, truth),
        "Dice": masks.dice(found.mask, truth),
        "Pixel accuracy": masks.pixel_accuracy(found.mask, truth),
        "Mean absolute error": masks.mean_absolute_error(found.probability, truth),
        "Boundary F": masks.boundary_f(found.mask, truth),
    }


HELP = {
    "IoU": "Intersection over union of the two masks",
    "Dice": "Twice the intersection over the sum of both masks",
    "Pixel accuracy": "Share of the pixels on which both agree, background included",
    "Mean absolute error": "Of the probability, before the threshold",
    "Boundary F": "How many boundary pixels lie within 2 % of the diagonal of the other mask's boundary",
}


def measure(data: bytes, photo: predictions.OnScreen, look: overlay_settings.Look) -> None:
    """The tab."""
    truths = st.session_state.setdefault("truths", {})
    key = f"truth_{photo.key[:12]}"

    def uploaded() -> None:
        file = st.session_state[key]
        truths.pop(photo.key, None)
        if file:
            truths[photo.key] = file.getvalue()

    left, right = st.columns([2, 3], gap="large")
    with left:
        st.file_uploader(
            f"True mask of this photo, {photo.size[1]} × {photo.size[0]} pixels, white where the object is",
            ["png", "jpg", "jpeg", "webp"],
            key=key,
            on_change=uploaded,
            max_upload_size=MEGABYTES,
        )
        own = truths.get(photo.key)
        if own is not None and not st.session_state.get(key):  # the field forgets its file while another tab is open
            st.button("Forget the mask given before", icon=":material/delete:", on_click=truths.pop, args=(photo.key,))
        try:
            truth = _drawn(photo.key) if own is None else _decoded(own, photo.size)
        except photos.PhotoError as error:
            st.error(str(error), icon=":material/broken_image:")
            return
        if truth is None:
            st.info(
                "Give the mask that the network should have found, and how near it came is measured here. A mask saved "
                "from this page will do to try it.",
                icon=":material/rule:",
            )
            return
        found = found_at_own_size(data, look)
        with st.grid(2, min_column_width=130):
            for name, value in figures(found, truth).items():
                st.metric(name, f"{value:.3f}", help=HELP[name])
    with right:
        seen = photo.pixels
        mask, true = (masks.resized(np.float32(m), seen.shape[:2]) > 0.5 for m in (found.mask, truth))
        wrong = np.count_nonzero(found.mask != truth)
        st.image(
            levels_tab.switched(seen, true, mask),
            "Striped blue: missed. Orange: too much. Light: right.",
            "stretch",
            output_format="JPEG",
            alt=f"The photo in grey with the {wrong} pixels where the found mask differs from the true one",
        )
        told = f"{theme.number(wrong)} of {theme.number(truth.size)} pixels are wrong."
        if own is None:  # said down here, where its coming and going moves nothing
            told += " The true mask was drawn by hand for this sample; give another to measure against it."
        st.caption(told)
