"""The segmentation page's tab "Levels": one network's six score maps, and what each skip connection is worth."""

import numpy as np
import streamlit as st

from core import masks, photos
from core.fcn import segmenter
from ui.common import theme
from ui.segmentation import overlay_settings, predictions

SKIPS = segmenter.STRIDES[1:]
FIRST_OFF = 16  # the skip that is off at first sight: every sample is found worse without it
LONGEST = 640  # pixels of a picture
TALLEST = 380  # pixels of the page
WIDGETS = 80  # pixels that a widget above a picture has, so that both pictures stand side by side


def grey(values: np.ndarray) -> np.ndarray:
    """Probabilities, 0..1, as uint8."""
    return np.round(255 * values).astype(np.uint8)


def scored(insight: segmenter.Insight, truth: np.ndarray, threshold: float) -> list[float]:
    """IoU of each level's mask with a boolean (H, W) one, coarse to fine."""
    return [masks.iou(level.at(truth.shape) > threshold, truth) for level in insight.levels]


def switched(photo: np.ndarray, whole: np.ndarray, cut: np.ndarray, opacity: float = 0.75) -> np.ndarray:
    """The photo in grey; what only the first mask covers striped blue, what only the second does vermilion."""
    ground = np.repeat(photo.mean(axis=2, keepdims=True) * 0.6 + 60, 3, axis=2).astype(np.uint8)
    lost, gained = whole & ~cut, cut & ~whole
    rows, columns = np.indices(whole.shape, sparse=True)
    stripes = (rows + columns) // 4 % 2 == 0  # never colour alone
    both = masks.overlay(ground, whole & cut, (255, 255, 255), 0.35)
    missing = masks.overlay(both, lost & stripes, theme.rgb(theme.OKABE_ITO["sky"]), 1.0)
    missing = masks.overlay(missing, lost & ~stripes, theme.rgb(theme.OKABE_ITO["blue"]), opacity)
    return masks.overlay(missing, gained, theme.rgb(theme.OKABE_ITO["vermilion"]), opacity)


@st.fragment
def levels(data: bytes, photo: np.ndarray, truth: np.ndarray | None, look: overlay_settings.Look) -> None:
    """The tab.

    Args:
        data: the photo's file.
        photo: (H, W, 3) uint8, as the page shows it.
        truth: the true mask, (H, W) bool, where it was given.
    """
    photo = photos.shrunk(photo, LONGEST)
    size = photo.shape[:2]
    insight = predictions.insight(data)
    whole = insight.levels[-1].at(size) > look.threshold
    if truth is None:
        reference, against = whole, "the finest level's mask; give the true one under Measure"
    else:
        reference, against = masks.resized(np.float32(truth), size) > 0.5, "the true mask, small regions kept"
    ious = scored(insight, reference, look.threshold)
    st.markdown(
        "Deep down the network knows *what* is there, on a handful of cells; each level above doubles height and width "
        "and corrects what it took over by the features of that size."
    )
    with st.grid(len(segmenter.STRIDES), min_column_width=120, gap="small") as grid:
        for level, iou in zip(insight.levels, ious, strict=True):
            rows, columns = level.values.shape[:2]
            with grid.cell():
                st.image(
                    grey(level.at(size, smooth=False)),
                    f"1/{level.stride}: {rows} × {columns}  \nIoU {iou:.3f}",
                    "stretch",
                    output_format="PNG",
                    alt=f"Score map at stride {level.stride}, {rows} × {columns} cells, white where the object is",
                )
    st.caption(f"Probability of object, black 0, white 1. IoU with {against}.")

    left, right = st.columns(2, gap="large")
    wide = max(1, round(TALLEST * size[1] / size[0]))
    with left:
        with st.container(height=WIDGETS, border=False):
            stride = st.select_slider(
                "Level", segmenter.STRIDES, 16, format_func=lambda s: f"1/{s}", key="level", persist_state="session"
            )
        at = segmenter.STRIDES.index(stride)
        mask = insight.levels[at].at(size) > look.threshold
        st.container(width=wide).image(
            masks.overlay(photo, mask, theme.rgb(look.colour), look.opacity),
            f"The mask if the network ended at stride {stride}: IoU {ious[at]:.3f}",
            "stretch",
            output_format="JPEG",
            alt=f"The photo under the mask of the score map at stride {stride}",
        )
    with right:
        with st.container(height=WIDGETS, border=False):
            on = st.pills(
                "Skips switched on",
                SKIPS,
                selection_mode="multi",
                default=[s for s in SKIPS if s != FIRST_OFF],
                format_func=lambda s: f"1/{s}",
                key="skips",
                persist_state="session",
            )
        cut = predictions.insight(data, tuple(s in on for s in SKIPS)).levels[-1].at(size) > look.threshold
        iou = masks.iou(cut, reference)
        st.container(width=wide).image(
            switched(photo, whole, cut),
            f"All five: IoU {ious[-1]:.3f}. As chosen: {iou:.3f}. Striped blue is lost, orange comes in.",
            "stretch",
            output_format="JPEG",
            alt="Where the mask changes when the chosen skips are switched off",
        )
