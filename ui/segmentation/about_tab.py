"""The tab "About the network": its figures, from the manifest that was written when it was trained."""

import streamlit as st

from core import weights
from core.fcn import architecture
from ui.common import theme
from ui.common.page import weights_error_shown

METRICS = {
    "iou": ("Mean IoU", "Intersection over union of the mask and the true mask"),
    "boundary_f": ("Boundary F", "How well the boundary of the mask follows the true one"),
    "wrong_pixels": ("Error of the mask", "Share of the pixels that are wrong at threshold 0.5"),
    "mean_absolute_error": ("Error of the map", "Mean absolute error of the probability, before the threshold"),
    "expected_calibration_error": (
        "Calibration error",
        "Mean difference between the probability and the share of object: see How sure it is",
    ),
}
FIGURES = {
    "held_out": dict.fromkeys(METRICS, float),
    "parameters": float,
    "photos": {"training": float, "held_out": float},
}


@weights_error_shown()
def about_tab() -> None:
    """The tab."""
    facts = weights.facts(weights.FCN, FIGURES)
    with st.grid(4, min_column_width=130):
        for name, (label, explanation) in METRICS.items():
            st.metric(label, f"{facts['held_out'][name]:.3f}", help=explanation)
        st.metric("Parameters", theme.number(facts["parameters"]))
        st.metric("Training photos", theme.number(facts["photos"]["training"]))
        st.metric("Held-out photos", theme.number(facts["photos"]["held_out"]))
    encoder = architecture.app_network().encoder
    st.markdown(
        "Measured on held-out photos, which training never used, each at its own size. The encoder is "
        f"EfficientNet-Lite0, pre-trained on ImageNet. It reduces the photo to 1/{encoder[-1].stride} of its height "
        "and width and finds *what* is there. Transposed convolutions enlarge the maps again, and skip connections "
        "add the encoder's features of each size, which restore *where* it is. There is no dense layer, so a photo "
        "may have any size and shape.\n\n"
        "It was trained on DUTS-TR, photos in which people marked the object that stands out. It finds nothing if "
        "nothing stands out, selects the most striking of several objects, and blurs hair, spokes and leaves. It is "
        "for research and education only, because of the terms of its training photos."
    )
