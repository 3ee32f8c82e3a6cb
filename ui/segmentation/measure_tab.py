"""The tab "Measure": the page's mask compared with the true one."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import full_size, masks, photos
from core.data import sample_photos
from ui.common import streamlit_workarounds, theme
from ui.common.page_state import escaped
from ui.common.streamlit_workarounds import UploadedFile
from ui.segmentation import photo_input, predictions
from ui.segmentation.overlay_settings import OverlaySettings, Prediction, predict_page
from ui.segmentation.state import Photo, session

BOUNDARY_LONGEST = 2000
"""Longest side, in pixels, at which boundaries are compared: their tolerance is a share of the diagonal."""
MEASURES = {
    "IoU": "Intersection over union of the two masks",
    "Dice": "Twice the intersection over the sum of both masks",
    "Pixel accuracy": "Share of the pixels on which both masks agree, background included",
    "Boundary F": "How many boundary pixels lie within 2 % of the diagonal of the other mask's boundary",
    "Error of the mask": "Share of the pixels on which the masks differ, after the threshold",
    "Error of the map": "Mean absolute error of the probability, before the threshold",
}


@dataclass(frozen=True)
class Measured:
    """The `MEASURES` by name, each 0..1; how many pixels are wrong; both masks as the page shows them, (h, w) bool."""

    values: dict[str, float]
    wrong: int
    mask: np.ndarray
    truth: np.ndarray


def measures(prediction: Prediction, truth: np.ndarray, page_size: tuple[int, int]) -> Measured:
    """Measure a prediction at the size of its true mask, (H, W) bool; `page_size` is (h, w) of the page's picture."""
    mask, size = prediction.mask, truth.shape
    error = sum(np.abs(prediction.probability(rows) - truth[rows]).sum(dtype=float) for rows in full_size.strips(size))
    wrong = np.count_nonzero(mask != truth)
    reduced = photos.shrunk_size(size, BOUNDARY_LONGEST)
    values = {
        "IoU": masks.iou(mask, truth),
        "Dice": masks.dice(mask, truth),
        "Pixel accuracy": 1 - wrong / truth.size,
        "Boundary F": masks.boundary_f(masks.shrunk(mask, reduced), masks.shrunk(truth, reduced)),
        "Error of the mask": wrong / truth.size,
        "Error of the map": error / truth.size,
    }
    return Measured(values, wrong, masks.shrunk(mask, page_size), masks.shrunk(truth, page_size))


@st.cache_data(max_entries=100, show_spinner="Measuring; large photos take turns", hash_funcs=predictions.BY_KEY)
def _measured(
    photo: predictions.OnScreen,
    settings: OverlaySettings,
    truth_key: str,  # noqa: ARG001 - the cache needs it
    _truth: np.ndarray,
    _file: Photo,
) -> Measured:
    with full_size.turn(photo.size[0] * photo.size[1]):
        pixels = predictions.at_own_size(_file, photo)
        return measures(predict_page(photo, pixels, settings), _truth, photo.pixels.shape[:2])


def differences(photo: np.ndarray, first: np.ndarray, second: np.ndarray, opacity: float = 0.75) -> np.ndarray:
    """The photo in grey; blue stripes where only the first mask is, orange where only the second is, light where both.

    Args:
        photo: (H, W, 3) uint8; the masks are (H, W) bool.
    """
    ground = np.repeat(photos.luma(photo)[..., None] * 0.6 + 60, 3, axis=2).astype(np.uint8)
    rows, columns = np.indices(first.shape, sparse=True)
    stripes = (rows + columns) // 4 % 2 == 0  # never colour alone
    removed = first & ~second
    picture = masks.overlay(ground, first & second, (255, 255, 255), 0.35)
    picture = masks.overlay(picture, removed & stripes, theme.rgb(theme.OKABE_ITO["sky"]), 1.0)
    picture = masks.overlay(picture, removed & ~stripes, theme.rgb(theme.OKABE_ITO["blue"]), opacity)
    return masks.overlay(picture, second & ~first, theme.rgb(theme.OKABE_ITO["vermilion"]), opacity)


def true_mask(photo: predictions.OnScreen) -> np.ndarray | None:
    """The photo's true mask, (H, W) bool at its own size: the uploaded one, or else the sample's; None without either.

    Raises:
        photos.PhotoError: the uploaded mask cannot be read or has another size.
    """
    own = session().true_masks.get(photo.key)
    if own is None:
        return _sample_mask(photo.key)
    bits = predictions.checked(_decoded(own, photo.size))
    return np.unpackbits(bits, count=photo.size[0] * photo.size[1]).view(bool).reshape(photo.size)


@st.cache_data(max_entries=20, show_spinner=False, hash_funcs=predictions.BY_KEY)
def _decoded(mask: Photo, size: tuple[int, int]) -> np.ndarray | str:
    try:
        return np.packbits(photos.decode_mask(mask.data, size))  # 6 MB at most
    except photos.PhotoError as error:
        return str(error)


@st.cache_data(max_entries=20, show_spinner=False)
def _sample_mask(key: str) -> np.ndarray | None:
    names = {photo_input.sample(name).key: name for name in sample_photos.SAMPLES}
    return sample_photos.true_mask(names[key]) if key in names else None


def measure_tab(file: Photo, photo: predictions.OnScreen, settings: OverlaySettings) -> None:
    """The tab; `photo` is `file` as the page shows it."""
    true_masks = session().true_masks

    def add(upload: UploadedFile) -> None:
        remove(photo.key)
        true_masks[photo.key] = Photo(upload.getvalue(), "the true mask", upload.name, upload.file_id)

    def remove(key: str) -> None:
        if key in true_masks:
            streamlit_workarounds.forget_upload(true_masks.pop(key).file_id)

    left, right = st.columns([2, 3], gap="large")
    with left:
        photo_input.upload_field(
            f"True mask of this photo, {photo.size[1]} × {photo.size[0]} pixels, white where the object is",
            f"true_mask_{photo.key[:12]}",
            add,
        )
        own = true_masks.get(photo.key)
        if own is not None:
            photo_input.listed_file(own, "Remove the true mask", remove, photo.key)
        try:
            truth = true_mask(photo)
        except photos.PhotoError as error:
            st.error(escaped(error), icon=":material/broken_image:")
            return
        if truth is None:
            st.info(
                "Upload the true mask of this photo to measure how close the predicted mask is. To try it, download "
                "a mask from this page and upload it here.",
                icon=":material/rule:",
            )
            return
        measured = _measured(photo, settings.of_mask, own.key if own else "", truth, file)
        with st.grid(2, min_column_width=130):
            for name, value in measured.values.items():
                st.metric(name, f"{value:.3f}", help=MEASURES[name])
    with right:
        st.image(
            differences(photo.pixels, measured.truth, measured.mask),
            "Blue stripes: missed. Orange: too much. Light: correct.",
            "stretch",
            alt=f"The photo in grey with the {measured.wrong} pixels where the mask differs from the true one",
        )
        caption = f"{theme.number(measured.wrong)} of {theme.number(truth.size)} pixels are wrong."
        if own is None:  # down here, where it moves nothing
            caption += " The true mask of this sample was drawn by hand; upload another one to compare with that."
        st.caption(caption)
