"""The tab "Levels": the network's six score maps, and what each skip connection contributes."""

import numpy as np
import streamlit as st

from core import full_size, masks, photos
from core.fcn.segmenter import Maps
from ui.common import pictures, theme
from ui.segmentation import predictions
from ui.segmentation.measure_tab import differences, true_mask
from ui.segmentation.overlay_settings import OverlaySettings, predict, predict_page
from ui.segmentation.predictions import ALL_ON
from ui.segmentation.state import SKIPS, STATE, STRIDES, Photo, session

LONGEST = 640  # pixels of a picture
TALLEST = 380  # pixels of the page
WIDGETS = 80  # pixels for the widget above a picture, so that both pictures are side by side


@st.cache_data(max_entries=200, show_spinner="Measuring; large photos take turns", hash_funcs=predictions.BY_KEY)
def level_ious(
    photo: predictions.OnScreen,
    skips: tuple[bool, ...],
    settings: OverlaySettings,
    truth_key: str,  # noqa: ARG001 - the cache needs it
    _truth: np.ndarray | None,
    _file: Photo,
) -> tuple[list[float], float]:
    """IoU of each level's mask, coarse to fine, and of the page's, with the true mask or, without one, the page's.

    As in the tab Measure: at the photo's own size, small regions ignored.
    """
    with full_size.turn(photo.size[0] * photo.size[1]):
        page = predict_page(photo, predictions.at_own_size(_file, photo), settings).mask
        truth = page if _truth is None else _truth
        levels = predictions.insight(photo, skips).levels
        ious = [masks.iou(predict(level.values[..., 0], photo.size, settings).mask, truth) for level in levels]
        return ious, masks.iou(page, truth)


@st.fragment
def levels_tab(file: Photo, photo: predictions.OnScreen, settings: OverlaySettings) -> None:
    """The tab; `photo` is `file` as the page shows it."""
    try:
        truth = true_mask(photo)
    except photos.PhotoError:  # the tab Measure says so
        truth = None
    own = session().true_masks.get(photo.key)
    pixels = photos.shrunk(photo.pixels, LONGEST)
    size = pixels.shape[:2]

    def mask(level: Maps) -> np.ndarray:
        return predict(level.values[..., 0], size, settings).mask

    def ious(skips: tuple[bool, ...]) -> tuple[list[float], float]:
        return level_ious(photo, skips, settings.of_mask, own.key if own else "", truth, file)

    levels, (all_ious, iou_of_page) = predictions.insight(photo, ALL_ON).levels, ious(ALL_ON)
    st.markdown(
        "At the coarsest level the network knows *what* is there, on a few cells. Each further level doubles height "
        "and width and refines it with skip features."
        + (" Last, the edges of the map move to those of the photo." if settings.refined else "")
    )
    with st.grid(len(levels) + settings.refined, min_column_width=120, gap="small") as grid:
        for level, iou in zip(levels, all_ious, strict=True):
            rows, columns = level.values.shape[:2]
            with grid.cell():
                pictures.show(
                    photos.to_uint8(level.at(size, smooth=False)),
                    f"Score map at stride {level.stride}, {rows} × {columns} cells, white where the object is",
                    f"1/{level.stride}: {rows} × {columns}  \nIoU {iou:.3f}",
                )
        if settings.refined:
            with grid.cell():
                pictures.show(
                    photos.to_uint8(predict_page(photo, pixels, settings).edges(slice(None))),
                    "The map with refined edges, white where the object is",
                    f"Refined: {photo.size[0]} × {photo.size[1]}  \nIoU {iou_of_page:.3f}",
                )
    against = "the page's mask; upload the true one in the tab Measure" if truth is None else "the true mask"
    st.caption(f"Probability of object: black 0, white 1. IoU with {against}.")

    left, right = st.columns(2, gap="large")
    wide = max(1, round(TALLEST * size[1] / size[0]))
    with left:
        with st.container(height=WIDGETS, border=False):
            stride = st.select_slider(
                STATE.settings["level"].label, STRIDES, format_func="1/{}".format, key="level", persist_state="session"
            )
        at = STRIDES.index(stride)
        st.container(width=wide).image(
            masks.overlay(pixels, mask(levels[at]), theme.rgb(settings.colour), settings.opacity),
            f"The mask if the network ended at stride {stride}: IoU {all_ious[at]:.3f}",
            "stretch",
            alt=f"The photo under the mask of the score map at stride {stride}",
        )
    with right:
        with st.container(height=WIDGETS, border=False):
            on = STATE.pills("skips", format_func="1/{}".format)
        skips = tuple(stride in on for stride in SKIPS)
        selected = ious(skips)[0][-1]
        st.container(width=wide).image(
            differences(pixels, mask(levels[-1]), mask(predictions.insight(photo, skips).levels[-1])),
            f"All five: IoU {all_ious[-1]:.3f}. Selected: {selected:.3f}. Blue stripes: removed. Orange: added.",
            "stretch",
            alt="How the mask changes with the selected skip connections",
        )
    STATE.write_url()
